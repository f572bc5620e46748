"""Fields of a JSON Schema."""

from __future__ import annotations

from typing import Any

from schemas.json_schema import fields, resolve


def field_of(schema: dict[str, Any], path: str) -> fields.Field:
    root, _ = fields.build(resolve.resolve(schema))
    return next(field for field in root.walk() if field.path == path)


def with_x(definition: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": definition}, **more}
