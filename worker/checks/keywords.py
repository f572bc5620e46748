"""The keywords of JSON Schema that jsonschema checks by `re` or in binary numbers, checked within limits.

jsonschema runs `patternProperties`, and what `additionalProperties` and `unevaluatedProperties` leave
to it, through `re`, which keeps the interpreter until it is done: no thread could end it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator

from worker.checks import patterns

Keyword = Callable[[Validator, Any, Any, Any], Iterator[ValidationError]]
_TAKES_ALL = ("additionalProperties", "unevaluatedProperties")
_ALL_AT_ONCE = ("allOf", "anyOf", "oneOf")


def pattern(_validator: Validator, expression: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """A text matches; raises TimeoutError where that cannot be told in time."""
    if isinstance(value, str) and not patterns.found(expression, value):
        yield ValidationError(f"{value!r} does not match {expression!r}")


def pattern_properties(
    validator: Validator, given: Mapping[str, Any], value: Any, _schema: Any
) -> Iterator[ValidationError]:
    """Properties whose names match an expression keep to its schema."""
    if not isinstance(value, dict):
        return
    for expression, below in given.items():
        for name, part in value.items():
            if patterns.found(expression, name):
                yield from _descend(validator, part, below, path=name, schema_path=expression)


def additional_properties(
    validator: Validator, below: Any, value: Any, schema: Any
) -> Iterator[ValidationError]:
    """Properties that are neither named nor match an expression keep to another schema."""
    if isinstance(value, dict):
        yield from _rest(validator, below, value, known=_named(schema, value), what="additional")


def unevaluated_properties(
    validator: Validator, below: Any, value: Any, schema: Any
) -> Iterator[ValidationError]:
    """Properties that no part of the schema has looked at keep to another schema."""
    if isinstance(value, dict):
        yield from _rest(
            validator, below, value, known=_evaluated(validator, value, schema), what="unevaluated"
        )


def multiple_of(_validator: Validator, step: float, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """A multiple, in decimal numbers as they are written: in binary ones, 2.22 is none of 0.01."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and Decimal(repr(value)) % Decimal(repr(step)):
        yield ValidationError(f"{value!r} is not a multiple of {step!r}")


LIMITED: Mapping[str, Keyword] = MappingProxyType(
    {
        "pattern": pattern,
        "patternProperties": pattern_properties,
        "additionalProperties": additional_properties,
        "unevaluatedProperties": unevaluated_properties,
        "multipleOf": multiple_of,
    }
)
"""Every keyword that is checked here, by its name."""


def _rest(
    validator: Validator, below: Any, value: Mapping[str, Any], *, known: set[str], what: str
) -> Iterator[ValidationError]:
    others = [name for name in value if name not in known]
    if below is False and others:
        yield ValidationError(f"properties that are not allowed: {', '.join(map(repr, others))} ({what})")
    elif isinstance(below, Mapping):
        for name in others:
            yield from _descend(validator, value[name], below, path=name)


def _named(schema: Any, value: Mapping[str, Any]) -> set[str]:
    """The properties that `properties` and `patternProperties` of a schema speak of."""
    listed, expressions = schema.get("properties", {}), schema.get("patternProperties", {})
    return {name for name in value if name in listed or any(patterns.found(one, name) for one in expressions)}


def _evaluated(validator: Validator, value: Mapping[str, Any], schema: Any) -> set[str]:
    """The properties that a schema, or a part of it that holds, has looked at."""
    if not isinstance(schema, Mapping):
        return set()
    found = _named(schema, value)
    for branch in _holding(validator, value, schema):
        found |= _evaluated(validator, value, branch)
        if any(keyword in branch for keyword in _TAKES_ALL):
            found |= value.keys()
    return found


def _holding(validator: Validator, value: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Any]:
    """The schemas within a schema that speak of the same value and hold for it."""
    for keyword in ("$ref", "$dynamicRef"):
        if keyword in schema:
            yield validator._resolver.lookup(schema[keyword]).contents  # type: ignore[attr-defined]  # noqa: SLF001 (no public way to what a reference means)
    yield from (below for name, below in schema.get("dependentSchemas", {}).items() if name in value)
    for keyword in _ALL_AT_ONCE:
        yield from (below for below in schema.get(keyword, ()) if _holds(validator, value, below))
    if "if" in schema:
        holds = _holds(validator, value, schema["if"])
        if holds:
            yield schema["if"]
        yield schema.get("then" if holds else "else")


def _holds(validator: Validator, value: Any, schema: Any) -> bool:
    return next(_descend(validator, value, schema), None) is None


def _descend(validator: Validator, value: Any, schema: Any, **where: str) -> Iterator[ValidationError]:
    """The errors of a part; jsonschema's own protocol leaves this method out."""
    errors: Iterator[ValidationError] = validator.descend(value, schema, **where)  # type: ignore[attr-defined]
    return errors
