"""Whether a schema is one, and whether finished data keep to it and to the rules of their kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any

from jsonschema import Draft4Validator, Draft7Validator, Draft202012Validator, FormatChecker, validators
from jsonschema.exceptions import SchemaError as BrokenSchema
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from pydantic import ValidationError as ModelError
from referencing import Registry
from referencing.exceptions import Unresolvable

from schemas import pointer
from schemas.json_schema.fields import Field
from schemas.record import Issue, Severity
from schemas.registry import Schema
from worker.checks import keywords, patterns, schema_limits
from worker.errors import SchemaInvalid

_DRAFTS = (Draft202012Validator, Draft7Validator, Draft4Validator)
_CHECK_FAILS = (
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    re.error,
    patterns.Broken,
    TimeoutError,
    Unresolvable,
)
"""What checks raise on data or schemas they were not written for; validators may be a user's code."""
_PATTERN_SECONDS = 5.0
_ABOUT_NULL = frozenset({"type", "enum", "const", "anyOf", "oneOf", "format", "pattern"})


def require_schema(raw: Any) -> None:
    """Raise SchemaTooLarge, or SchemaInvalid for what is no JSON Schema, in the words of the metaschema."""
    if not isinstance(raw, dict):
        raise SchemaInvalid(detail="it is not a JSON object")
    schema_limits.require_small(raw)
    try:
        _draft(raw).check_schema(raw)
    except BrokenSchema as error:
        where = pointer.join(*error.absolute_path) or "/"
        raise SchemaInvalid(detail=f"{error.message} at {where}") from error
    except _CHECK_FAILS as error:
        raise SchemaInvalid(detail=str(error)) from error


def check(data: dict[str, Any], schema: Schema) -> tuple[Issue, ...]:
    """Every issue: what is missing, what breaks the schema, what breaks a rule. Never raises.

    All the regular expressions of the schema together have `_PATTERN_SECONDS`.
    """
    missing = list(_missing(schema.root, data, at=""))
    absent = {issue.path for issue in missing}
    with patterns.within(_PATTERN_SECONDS):
        broken = [issue for issue in _tried(_broken, data, schema) if issue.path not in absent]
    rules = chain.from_iterable(_tried(rule, data) for rule in schema.rules)
    return (*_unhonoured(schema), *missing, *broken, *rules)


def _draft(raw: Mapping[str, Any]) -> type[Validator]:
    """The draft a schema names, or else the newest one by which it is valid."""
    if "$schema" in raw:
        named: type[Validator] = validator_for(raw, default=Draft202012Validator)
        return named
    valid = (draft for draft in _DRAFTS if draft(draft.META_SCHEMA).is_valid(raw))
    return next(valid, Draft202012Validator)


def _tried(check_: Callable[..., Iterable[Issue]], *arguments: Any) -> list[Issue]:
    """The issues of one check, or that it could not be made."""
    try:
        return list(check_(*arguments))
    except _CHECK_FAILS as error:
        name = getattr(check_, "__name__", "check").strip("_")
        message = f"{name} could not be checked: {error}"
        return [Issue(code="check_failed", severity=Severity.WARNING, message=message)]


def _missing(field: Field, value: Any, *, at: str) -> Iterator[Issue]:
    """Required values that were not found, told in words instead of as a breach of a type."""
    if field.is_object and isinstance(value, Mapping):
        for child in field.properties:
            if child.name in value or child.required:
                yield from _missing(child, value.get(child.name), at=at + pointer.join(child.name))
    elif field.is_array and isinstance(value, list) and field.items is not None:
        for index, item in enumerate(value):
            yield from _missing(field.items, item, at=at + pointer.join(index))
    elif value is None and field.required and not field.nullable and field.path:
        name = field.title or field.name
        message = f"{name!r} is required, but was not found in the document"
        yield Issue(code="missing", severity=Severity.ERROR, path=at, message=message)


def _broken(data: Any, schema: Schema) -> Iterator[Issue]:
    """Breaches of the schema as it was given; references are never fetched."""
    nullable = {field.path for field in schema.root.walk() if field.nullable}
    errors = [
        error for error in _validator(schema).iter_errors(data) if not _is_allowed_null(error, nullable)
    ]
    yield from map(_breach, sorted(errors, key=lambda error: list(map(str, error.path))))
    if not errors and schema.model is not None:
        yield from _refused(data, schema)


@lru_cache(maxsize=256)
def _validator(schema: Schema) -> Validator:
    """What checks data of a schema; finding its draft takes longer than most checks."""
    draft = validators.extend(_draft(schema.json_schema), dict(keywords.LIMITED))  # type: ignore[no-untyped-call]
    found: Validator = draft(schema.json_schema, format_checker=FormatChecker(), registry=Registry())
    return found


def _is_allowed_null(error: ValidationError, nullable: set[str]) -> bool:
    """Null where OpenAPI's `nullable` allows it, which JSON Schema itself does not know."""
    if error.instance is not None or error.validator not in _ABOUT_NULL:
        return False
    return pointer.join(*("*" if isinstance(part, int) else part for part in error.absolute_path)) in nullable


def _breach(error: ValidationError) -> Issue:
    path = pointer.join(*error.absolute_path)
    return Issue(code="schema_violation", severity=Severity.ERROR, path=path, message=error.message)


def _refused(data: Any, schema: Schema) -> Iterator[Issue]:
    """What a pydantic class's own validators say."""
    assert schema.model is not None
    try:
        schema.model.model_validate(data)
    except ModelError as error:
        for item in error.errors(include_url=False, include_input=False):
            path = _existing(data, item["loc"])
            yield Issue(code="schema_violation", severity=Severity.ERROR, path=path, message=item["msg"])


def _existing(data: Any, location: tuple[int | str, ...]) -> str:
    """The longest part of a pydantic location that is a place in the data."""
    for length in range(len(location), 0, -1):
        path = pointer.join(*location[:length])
        try:
            pointer.get(data, path)
        except LookupError:
            continue
        return path
    return ""


def _unhonoured(schema: Schema) -> Iterator[Issue]:
    for item in schema.unhonoured:
        message = f"{item.keyword!r} at {item.path or '/'} is not followed: {item.reason}"
        path = item.path.partition("/*")[0]
        yield Issue(code="schema_keyword", severity=Severity.WARNING, path=path, message=message)
