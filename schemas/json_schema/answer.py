"""The JSON Schema of what a model answers about one page.

It is the user's schema in the form that guides a model best: every field is there, in order, null
where the page does not have it; texts, lists and numbers have an end even where the schema gives
none, so that a model that goes in circles comes to one. What belongs to the whole document (how
many items there must be, what is required) is left to the check of the finished data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.json_schema.fields import Field

MOST_CHARACTERS = 4000
MOST_ITEMS = 300
_LARGEST = 1e12
_DECIMALS = 1e-6
_NUMBERS = {"number", "integer"}
_OF_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


def answer_schema(root: Field) -> dict[str, Any]:
    """What to answer about a page; plain JSON Schema without references."""
    return _object(root)


def _node(field: Field) -> dict[str, Any]:
    if field.enum is not None:
        return {"enum": [*field.enum, None]}
    if field.is_object:
        return {**_object(field), "type": ["object", "null"]}
    if field.is_array:
        return _array(field)
    return {"type": [*field.types, "null"], **_text(field), **_number(field)}


def _object(field: Field) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {child.name: _node(child) for child in field.properties},
        "required": [child.name for child in field.properties],
        "additionalProperties": False,
    }


def _array(field: Field) -> dict[str, Any]:
    if field.items is None:
        return {"type": "array", "maxItems": 0}
    most = min(field.bounds.get("maxItems", MOST_ITEMS), MOST_ITEMS)
    return {"type": "array", "items": _item(field.items), "maxItems": most}


def _item(field: Field) -> dict[str, Any]:
    """An item of a list: one that is not on the page is no item, so only a cell that may be empty is null."""
    node = _node(field)
    if field.nullable and not field.is_object:
        return node
    if field.enum is not None:
        return {"enum": list(field.enum)}
    return {**node, "type": [name for name in _as_list(node["type"]) if name != "null"]}


def _text(field: Field) -> dict[str, Any]:
    if "string" not in field.types:
        return {}
    said = {key: value for key in ("format", "pattern") if (value := getattr(field, key))}
    least = {"minLength": field.bounds["minLength"]} if "minLength" in field.bounds else {}
    most = min(field.bounds.get("maxLength", MOST_CHARACTERS), MOST_CHARACTERS)
    return {**said, **least, "maxLength": max(most, least.get("minLength", 0))}


def _number(field: Field) -> dict[str, Any]:
    if not _NUMBERS & set(field.types):
        return {}
    given = {key: field.bounds[key] for key in _OF_NUMBERS if key in field.bounds}
    node = {**given, **_lower(given), **_upper(given)}
    if "number" in field.types:
        node.setdefault("multipleOf", _DECIMALS)
    return node


def _lower(given: Mapping[str, Any]) -> dict[str, float]:
    if "minimum" in given or "exclusiveMinimum" in given:
        return {}
    highest = min(given.get("maximum", 0), given.get("exclusiveMaximum", 0))
    return {"minimum": min(0, highest) - _LARGEST}


def _upper(given: Mapping[str, Any]) -> dict[str, float]:
    if "maximum" in given or "exclusiveMaximum" in given:
        return {}
    lowest = max(given.get("minimum", 0), given.get("exclusiveMinimum", 0))
    return {"maximum": max(0, lowest) + _LARGEST}


def _as_list(types: str | list[str]) -> list[str]:
    return [types] if isinstance(types, str) else types
