"""Whether finished data keep to their schema and to the rules of their kind. Never raises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError as BrokenSchema
from jsonschema.exceptions import ValidationError
from jsonschema.validators import validator_for
from pydantic import ValidationError as ModelError

from schemas import pointer
from schemas.json_schema.fields import Field
from schemas.record import Issue, Severity
from schemas.registry import Schema


def check(data: dict[str, Any], schema: Schema) -> tuple[Issue, ...]:
    """Every issue: what is missing, what breaks the schema, what breaks a rule."""
    missing = list(_missing(schema.root, data, at=""))
    absent = {issue.path for issue in missing}
    broken = [issue for issue in _broken(data, schema) if issue.path not in absent]
    rules = [issue for rule in schema.rules for issue in rule(data)]
    return (*_unhonoured(schema), *missing, *broken, *rules)


def _missing(field: Field, value: Any, *, at: str) -> Iterator[Issue]:
    """Required values that were not found, told in words instead of as a breach of a type."""
    if field.is_object and isinstance(value, Mapping):
        for child in field.properties:
            yield from _missing(child, value.get(child.name), at=at + pointer.join(child.name))
    elif field.is_array and isinstance(value, list) and field.items is not None:
        for index, item in enumerate(value):
            yield from _missing(field.items, item, at=at + pointer.join(index))
    elif value is None and field.required and not field.nullable and field.path:
        name = field.title or field.name
        message = f"{name!r} is required, but was not found in the document"
        yield Issue(code="missing", severity=Severity.ERROR, path=at, message=message)


def _broken(data: Any, schema: Schema) -> Iterator[Issue]:
    validator_class = validator_for(schema.json_schema, default=Draft202012Validator)
    validator = validator_class(schema.json_schema, format_checker=FormatChecker())
    try:
        errors = sorted(validator.iter_errors(data), key=lambda error: list(map(str, error.path)))
    except BrokenSchema as error:
        yield Issue(code="schema_invalid", severity=Severity.ERROR, message=error.message)
        return
    yield from map(_breach, errors)
    if not errors and schema.model is not None:
        yield from _refused(data, schema)


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
            path = pointer.join(*item["loc"])
            yield Issue(code="schema_violation", severity=Severity.ERROR, path=path, message=item["msg"])


def _unhonoured(schema: Schema) -> Iterator[Issue]:
    for item in schema.unhonoured:
        message = f"{item.keyword!r} is not followed: {item.reason}"
        yield Issue(code="schema_keyword", severity=Severity.WARNING, path=item.path, message=message)
