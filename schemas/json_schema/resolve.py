"""References inlined, combinations merged: the first half of making a schema plain.

The result holds no `$ref`, `$defs`, `allOf`, `const` or `nullable`, no `null` inside `type`,
`enum` or `anyOf`; instead a boolean `x-nullable` on every node that may be null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from schemas import pointer
from schemas.errors import SchemaError
from schemas.json_schema import merge

Node = dict[str, Any]


def resolve(schema: Mapping[str, Any]) -> Node:
    """The schema without references and combinations; raises SchemaError."""
    if not isinstance(schema, Mapping):
        raise SchemaError("the schema must be a JSON object", keyword="type", pointer="")
    return _node(schema, root=schema, at="", seen=())


def _node(raw: Any, *, root: Mapping[str, Any], at: str, seen: tuple[str, ...]) -> Node:
    if raw is True:
        return {"x-nullable": True}
    if not isinstance(raw, Mapping):
        raise SchemaError("nothing can satisfy this schema", keyword="false", pointer=at)
    node = {key: value for key, value in raw.items() if key not in {"$defs", "definitions"}}
    node, seen = _inline(node, root=root, at=at, seen=seen)
    branches = [
        _node(branch, root=root, at=at + pointer.join("allOf", i), seen=seen)
        for i, branch in enumerate(_list(node.pop("allOf", []), "allOf", at))
    ]
    node = _nullable(_const(node))
    _descend(node, root=root, at=at, seen=seen)
    for branch in branches:
        node = merge.both(node, branch, at=at)
    for keyword in ("anyOf", "oneOf"):
        node = _alternatives(node, keyword, root=root, at=at, seen=seen)
    return node


def _inline(
    node: Node, *, root: Mapping[str, Any], at: str, seen: tuple[str, ...]
) -> tuple[Node, tuple[str, ...]]:
    """Follow `$ref`; what stands beside it (a title, say) goes before what it points to."""
    while "$ref" in node:
        reference = node.pop("$ref")
        if reference in seen:
            raise SchemaError(
                "a schema that contains itself has no end; unroll it to the depth you need",
                keyword="$ref", pointer=at,
            )  # fmt: skip
        seen = (*seen, reference)
        target = _target(reference, root, at)
        definition = {k: v for k, v in target.items() if k not in {"$defs", "definitions"}}
        clash = {key for key in node if key in definition and node[key] != definition[key]}
        if clash - {"title", "description", "default", "examples"}:
            node = {"allOf": [definition], **node}
        else:
            node = {**definition, **node}
    return node, seen


def _target(reference: Any, root: Mapping[str, Any], at: str) -> Mapping[str, Any]:
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise SchemaError(
            f"{reference!r} is outside this file; put the definition under $defs",
            keyword="$ref", pointer=at,
        )  # fmt: skip
    try:
        found = pointer.get(root, reference[1:])
    except (LookupError, ValueError, TypeError):
        found = None
    if not isinstance(found, Mapping):
        raise SchemaError(f"{reference!r} points to nothing", keyword="$ref", pointer=at)
    return found


def _const(node: Node) -> Node:
    if "const" in node:
        node["enum"] = [node.pop("const")]
    return node


def _nullable(node: Node) -> Node:
    """Say in one way what `nullable`, type lists and enums say in three."""
    nullable = bool(node.pop("nullable", False)) or bool(node.get("x-nullable", False))
    types = node.get("type")
    if isinstance(types, list):
        nullable = nullable or "null" in types
        rest = [name for name in types if name != "null"]
        node["type"] = rest[0] if len(rest) == 1 else rest
        if not rest:
            del node["type"]
            node["enum"] = []
    elif types == "null":
        nullable = True
        del node["type"]
        node["enum"] = []
    if isinstance(node.get("enum"), list) and None in node["enum"]:
        nullable = True
        node["enum"] = [value for value in node["enum"] if value is not None]
    if nullable:
        node["x-nullable"] = True
    return node


def _descend(node: Node, *, root: Mapping[str, Any], at: str, seen: tuple[str, ...]) -> None:
    if "properties" in node:
        if not isinstance(node["properties"], Mapping):
            raise SchemaError("must be an object", keyword="properties", pointer=at)
        node["properties"] = {
            str(name): _node(child, root=root, at=at + pointer.join("properties", name), seen=seen)
            for name, child in node["properties"].items()
        }
    if isinstance(node.get("items"), list):  # the tuple form of draft 7
        node["prefixItems"] = node.pop("items")
    if "items" in node:
        node["items"] = _node(node["items"], root=root, at=at + "/items", seen=seen)


def _alternatives(
    node: Node, keyword: str, *, root: Mapping[str, Any], at: str, seen: tuple[str, ...]
) -> Node:
    """One alternative beside null is that alternative; several are joined as far as they can be."""
    if keyword not in node:
        return node
    listed = _list(node.pop(keyword), keyword, at)
    branches = [
        _node(branch, root=root, at=at + pointer.join(keyword, i), seen=seen)
        for i, branch in enumerate(listed)
    ]
    nullable = any(_is_null(branch) for branch in branches)
    branches = [branch for branch in branches if not _is_null(branch)]
    if nullable:
        node["x-nullable"] = True
    if not branches:
        return node
    joined = merge.any_of(branches)
    if len(branches) > 1 and joined.get("type") == "object":
        joined["x-alternatives"] = keyword
    # `both` would let a nullable branch vanish beside a node that does not say it is nullable.
    if joined.get("x-nullable") or nullable:
        joined["x-nullable"] = node["x-nullable"] = True
    return merge.both(node, joined, at=at)


def _is_null(node: Node) -> bool:
    return node.get("enum") == [] and bool(node.get("x-nullable"))


def _list(value: Any, keyword: str, at: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise SchemaError("must be a list", keyword=keyword, pointer=at)
    return value
