"""Two schema nodes made one: `both` for allOf (all must hold), `any_of` for anyOf and oneOf."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from schemas import pointer
from schemas.errors import SchemaError
from schemas.json_schema.keywords import ANNOTATIONS, CHECKED, UNSUPPORTED

Node = dict[str, Any]

_TIGHTEST: dict[str, Callable[..., Any]] = {
    "minimum": max,
    "exclusiveMinimum": max,
    "minLength": max,
    "minItems": max,
    "maximum": min,
    "exclusiveMaximum": min,
    "maxLength": min,
    "maxItems": min,
}
_FIRST_WINS = CHECKED | ANNOTATIONS | {"pattern", "format"}
"""What only describes, or is checked on the finished data by the schema as it was given."""


def both(first: Node, second: Node, *, at: str) -> Node:
    """A node that holds where both hold; raises SchemaError where none can."""
    merged = dict(first)
    merged.pop("x-nullable", None)
    for key, value in second.items():
        if key == "x-nullable":
            continue
        merged[key] = value if key not in merged else _same_key(key, merged[key], value, at)
    constrained = [node for node in (first, second) if _constrains(node)]
    if all(node.get("x-nullable") for node in constrained or [first, second]):
        merged["x-nullable"] = True
    return merged


def any_of(branches: Sequence[Node]) -> Node:
    """A node loose enough for every branch: types and enums joined, properties united."""
    if len(branches) == 1:
        return dict(branches[0])
    merged: Node = {}
    types = _joined([_types(branch) for branch in branches])
    if types:
        merged["type"] = types[0] if len(types) == 1 else types
    if all("enum" in branch for branch in branches):
        merged["enum"] = _joined([branch["enum"] for branch in branches])
    merged |= _united_properties(branches)
    items = [branch["items"] for branch in branches if "items" in branch]
    if items:
        merged["items"] = any_of(items)
    merged |= _said_by_all(branches)
    for branch in branches:  # what cannot be followed must still be named
        merged |= {key: value for key, value in branch.items() if key in UNSUPPORTED}
        if isinstance(branch.get("additionalProperties"), dict):
            merged["additionalProperties"] = branch["additionalProperties"]
    if any(branch.get("x-nullable") for branch in branches):
        merged["x-nullable"] = True
    return merged


def _united_properties(branches: Sequence[Node]) -> Node:
    """The properties of all branches; required are those that every branch requires."""
    properties: Node = {}
    for branch in branches:
        for name, child in branch.get("properties", {}).items():
            properties[name] = any_of([properties[name], child]) if name in properties else child
    if not properties:
        return {}
    required = [name for name in properties if all(name in b.get("required", ()) for b in branches)]
    return {"properties": properties, "required": required}


def _said_by_all(branches: Sequence[Node]) -> Node:
    """What every branch says alike."""
    alike: Node = {}
    for key in ("format", "pattern", "title", "description"):
        said = {branch.get(key) for branch in branches}
        if len(said) == 1 and None not in said:
            alike[key] = said.pop()
    return alike


def _constrains(node: Node) -> bool:
    return any(key in node for key in ("type", "enum", "properties", "items"))


def _same_key(key: str, one: Any, other: Any, at: str) -> Any:
    if one == other or key in _FIRST_WINS or key.startswith("x-"):
        return one
    if key in _TIGHTEST:
        return _TIGHTEST[key](one, other)
    if key in {"properties", "required"}:
        names = [*one, *(name for name in other if name not in one)]
        return {name: _property(name, one, other, at) for name in names} if key == "properties" else names
    if key == "type":
        return _common_type(one, other, at)
    if key == "enum":
        return [value for value in one if value in other]
    if key == "items":
        return both(one, other, at=at + "/items")
    if key == "additionalProperties" and False in (one, other):
        return False
    raise SchemaError("two parts of allOf contradict each other", keyword=key, pointer=at)


def _property(name: str, one: Node, other: Node, at: str) -> Node:
    if name in one and name in other:
        return both(one[name], other[name], at=at + pointer.join("properties", name))
    return dict(one.get(name) or other[name])


def _common_type(one: Any, other: Any, at: str) -> Any:
    ones, others = _as_list(one), _as_list(other)
    common = [name for name in ones if name in others]
    if "integer" not in common and {"number", "integer"} <= {*ones, *others}:
        common.append("integer")
    if not common:
        raise SchemaError("two parts of allOf contradict each other", keyword="type", pointer=at)
    return common[0] if len(common) == 1 else common


def has_parts(node: Node) -> bool:
    """Whether a node is, or may be, an object or an array."""
    return bool({"object", "array"} & set(_types(node)))


def _types(node: Node) -> list[str]:
    """The types of a node, told by its other keywords where it does not name them."""
    if "type" in node:
        return _as_list(node["type"])
    if "properties" in node or "additionalProperties" in node:
        return ["object"]
    if "items" in node or "prefixItems" in node:
        return ["array"]
    return _joined([[json_type(value)] for value in node.get("enum", ())])


def json_type(value: Any) -> str:
    """The JSON type of a value, as schemas name it."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if isinstance(value, int) else "number"
    return "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "string"


def _as_list(types: Any) -> list[str]:
    return list(types) if isinstance(types, list) else [types]


def _joined(lists: Sequence[Sequence[Any]]) -> list[Any]:
    joined: list[Any] = []
    for values in lists:
        joined.extend(value for value in values if value not in joined)
    return joined
