from __future__ import annotations

import time
from typing import Any

import pytest

from schemas import registry
from worker.checks import validate
from worker.errors import SchemaInvalid, SchemaTooLarge


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def with_text(text: str) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": {"type": "string", "description": text}}}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(100_000)}},
        {"type": "object", "properties": {"a": {"anyOf": [{"const": n} for n in range(20_000)]}}},
        {"type": "object", "required": [f"p{n}" for n in range(100_000)]},
        nested(20_000),
        with_text("x" * 300_000),
        {"type": "object", "properties": {"a": {"pattern": "a" * 5000}}},
        {"type": "object", "properties": {"a": {"x-pattern": "(?:(?:a{1000}){1000}){1000}"}}},
        {"type": "object", "patternProperties": {"(?:(?:a{1000}){1000}){1000}": {}}},
    ],
    ids=["properties", "alternatives", "required", "levels", "bytes", "pattern", "x-pattern", "names"],
)
def test_a_schema_beyond_a_limit_is_refused_at_once(schema: dict[str, Any]) -> None:
    started = time.monotonic()
    with pytest.raises(SchemaTooLarge) as caught:
        validate.require_schema(schema)
    assert caught.value.code == "schema_too_large"
    assert time.monotonic() - started < 1


def test_what_is_no_json_is_said_so() -> None:
    with pytest.raises(SchemaInvalid):
        validate.require_schema({"type": "object", "default": object()})


def test_a_count_no_integer_holds_is_an_invalid_pattern() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "a{99999999999999999}"}}}
    with pytest.raises(SchemaInvalid):
        validate.require_schema(schema)


@pytest.mark.parametrize("kind", registry.kinds())
def test_shipped_kinds_are_far_below_every_limit(kind: str) -> None:
    validate.require_schema(dict(registry.kind(kind).json_schema))
