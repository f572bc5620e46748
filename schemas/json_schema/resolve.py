"""References inlined, combinations merged: the first half of making a schema plain.

The result holds no `$ref`, `$defs`, `allOf`, `const` or `nullable`, no `null` inside `type`,
`enum` or `anyOf`; instead a boolean `x-nullable` on every node that may be null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from schemas import pointer
from schemas.errors import SchemaError
from schemas.json_schema import composition

Node = dict[str, Any]

_LITERALS = frozenset({"enum", "const", "default", "examples", "example"})
_DEFINITIONS = frozenset({"$defs", "definitions"})
_MOST_NODES = 20_000
_MAX_DEPTH = 40  # levels; references that multiply grow without bound long before


def resolve(schema: Mapping[str, Any]) -> Node:
    """The schema without references and combinations; raises SchemaError."""
    if not isinstance(schema, Mapping):
        raise SchemaError("the schema must be a JSON object", keyword="type", pointer="")
    _refuse_outside(schema, at="")
    _require_bounded(schema)
    return _node(schema, root=schema, at="", seen=())


def _refuse_outside(part: Any, *, at: str) -> None:
    """No reference may leave the schema, wherever it stands: checking must not fetch anything."""
    if isinstance(part, Mapping):
        reference = part.get("$ref", "#")
        if isinstance(reference, str) and not reference.startswith("#"):
            _target(reference, {}, at)
        for key, value in part.items():
            if key not in _LITERALS:
                _refuse_outside(value, at=at + pointer.join(str(key)))
    elif isinstance(part, list):
        for index, value in enumerate(part):
            _refuse_outside(value, at=at + pointer.join(index))


def _require_bounded(schema: Mapping[str, Any]) -> None:
    """References that refer twice, and so on, multiply: refuse what would grow beyond all bounds."""
    sizes: dict[str, int] = {}

    def size(part: Any, seen: tuple[str, ...]) -> int:
        if isinstance(part, Mapping):
            own = 1 + sum(
                size(value, seen) for key, value in part.items() if key not in _LITERALS | _DEFINITIONS
            )
            return own + referred(part.get("$ref"), seen)
        return sum(size(value, seen) for value in part) if isinstance(part, list) else 0

    def referred(reference: Any, seen: tuple[str, ...]) -> int:
        if not isinstance(reference, str) or reference in seen:
            return 0
        if reference not in sizes:
            sizes[reference] = min(_MOST_NODES + 1, size(_target(reference, schema, ""), (*seen, reference)))
        return sizes[reference]

    if size(schema, ()) > _MOST_NODES:
        raise SchemaError(f"the schema has more than {_MOST_NODES} parts", keyword="$ref", pointer="")


def _node(raw: Any, *, root: Mapping[str, Any], at: str, seen: tuple[str, ...]) -> Node:
    if at.count("/") > 2 * _MAX_DEPTH:
        raise SchemaError("the schema is nested too deeply", keyword="$ref", pointer=at)
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
        node = composition.both(node, branch, at=at)
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
                keyword="$ref",
                pointer=at,
            )
        seen = (*seen, reference)
        target = _target(reference, root, at)
        definition = {k: v for k, v in target.items() if k not in {"$defs", "definitions"}}
        clash = {key for key in node if key in definition and node[key] != definition[key]}
        if clash - {"title", "description", "default", "examples"}:
            node = {**node, "allOf": [definition, *node.get("allOf", [])]}
        else:
            node = {**definition, **node}
    return node, seen


def _target(reference: Any, root: Mapping[str, Any], at: str) -> Mapping[str, Any]:
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise SchemaError(
            f"{reference!r} is outside this file; put the definition under $defs", keyword="$ref", pointer=at
        )
    try:
        found = pointer.get(root, unquote(reference[1:]))
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
    """Say in one way what `nullable`, type lists and enums say in three; all that are there must agree."""
    explicit = bool(node.pop("nullable", False)) or bool(node.get("x-nullable", False))
    admits: list[bool] = []
    if "type" in node:
        given = node["type"] if isinstance(node["type"], list) else [node["type"]]
        rest = [name for name in given if name != "null"]
        admits.append(len(rest) < len(given))
        if not rest:
            del node["type"]
            node["enum"] = [None]
        elif isinstance(node["type"], list):
            node["type"] = rest[0] if len(rest) == 1 else rest
    if isinstance(node.get("enum"), list):
        admits.append(None in node["enum"])
        node["enum"] = [value for value in node["enum"] if value is not None]
    if explicit or (admits and all(admits)):
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
    if node.get("items") is False:  # no items beyond those of prefixItems
        del node["items"]
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
    joined = composition.any_of(branches)
    if len(branches) > 1 and any(composition.has_parts(branch) for branch in branches):
        joined["x-alternatives"] = keyword
    # `both` would let a nullable branch vanish beside a node that does not say it is nullable.
    if joined.get("x-nullable") or nullable:
        joined["x-nullable"] = node["x-nullable"] = True
    return composition.both(node, joined, at=at)


def _is_null(node: Node) -> bool:
    return node.get("enum") == [] and bool(node.get("x-nullable"))


def _list(value: Any, keyword: str, at: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise SchemaError("must be a list", keyword=keyword, pointer=at)
    return value
