"""The tree of fields a reader fills, made from a resolved schema: the second half."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas import pointer
from schemas.errors import SchemaError
from schemas.json_schema.composition import json_type
from schemas.json_schema.keywords import BOUNDS, KNOWN, UNSUPPORTED

_OPEN_ENDED = "values whose names or number are not fixed are not read"
_TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean"})


@dataclass(frozen=True, slots=True)
class Field:
    """One place in the data to fill.

    `path` is a JSON Pointer in which `*` stands for any index of an array. `types` holds the
    JSON types allowed apart from null; a scalar has neither `properties` nor `items`.
    """

    name: str
    path: str
    types: tuple[str, ...]
    nullable: bool = False
    required: bool = False
    title: str = ""
    description: str = ""
    format: str | None = None
    pattern: str | None = None
    enum: tuple[Any, ...] | None = None
    default: Any = None
    bounds: Mapping[str, Any] = field(default_factory=dict)
    hints: Mapping[str, Any] = field(default_factory=dict)
    properties: tuple[Field, ...] = ()
    items: Field | None = None

    @property
    def is_object(self) -> bool:
        """Whether it holds named fields."""
        return "object" in self.types

    @property
    def is_array(self) -> bool:
        """Whether it holds any number of items."""
        return "array" in self.types

    def walk(self) -> Iterator[Field]:
        """Itself and every field below it, in document order."""
        yield self
        for child in self.properties:
            yield from child.walk()
        if self.items is not None:
            yield from self.items.walk()


@dataclass(frozen=True, slots=True)
class Unhonoured:
    """A keyword that the reading cannot follow, with the field it stands at."""

    keyword: str
    path: str
    reason: str


def build(resolved: Mapping[str, Any]) -> tuple[Field, tuple[Unhonoured, ...]]:
    """The field tree and what in the schema it leaves out; raises SchemaError."""
    unhonoured: list[Unhonoured] = []
    root = _field(resolved, name="", path="", required=True, unhonoured=unhonoured)
    if not root.is_object:
        raise SchemaError("the top level must be an object", keyword="type", pointer="")
    return root, tuple(unhonoured)


def _field(
    node: Mapping[str, Any], *, name: str, path: str, required: bool, unhonoured: list[Unhonoured]
) -> Field:
    types = _types(node, path)
    _report(node, path, unhonoured)
    _check_pattern(node, path)
    properties: tuple[Field, ...] = ()
    items: Field | None = None
    if "object" in types:
        needed = set(node.get("required", ()))
        properties = tuple(
            _field(
                child, name=key, path=path + pointer.join(key), required=key in needed, unhonoured=unhonoured
            )
            for key, child in node.get("properties", {}).items()
        )
        _report_missing(needed - {child.name for child in properties}, path, unhonoured)
    if "array" in types and "prefixItems" not in node:
        item = node.get("items", {})
        items = _field(item, name=name, path=path + "/*", required=True, unhonoured=unhonoured)
    return Field(
        name=name,
        path=path,
        types=types,
        required=required,
        properties=properties,
        items=items,
        nullable=bool(node.get("x-nullable")),
        title=str(node.get("title", "")),
        description=str(node.get("description", "")),
        format=node.get("format"),
        pattern=node.get("pattern"),
        enum=tuple(node["enum"]) if "enum" in node else None,
        default=node.get("default"),
        bounds={key: node[key] for key in sorted(BOUNDS & node.keys())},
        hints={key: node[key] for key in node if key.startswith("x-") and key != "x-nullable"},
    )


def _types(node: Mapping[str, Any], path: str) -> tuple[str, ...]:
    given = node.get("type")
    types = tuple(given) if isinstance(given, list) else (given,) if given else _inferred(node)
    unknown = [name for name in types if name not in _TYPES]
    if unknown:
        raise SchemaError(f"unknown type {unknown[0]!r}", keyword="type", pointer=path)
    return types


def _inferred(node: Mapping[str, Any]) -> tuple[str, ...]:
    """The types of a node that does not name them."""
    if "properties" in node:
        return ("object",)
    if "items" in node or "prefixItems" in node:
        return ("array",)
    if node.get("enum"):
        return tuple(dict.fromkeys(json_type(value) for value in node["enum"]))
    if {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} & node.keys():
        return ("number",)
    return ("string",)


def _report(node: Mapping[str, Any], path: str, unhonoured: list[Unhonoured]) -> None:
    open_ended = [keyword for keyword in node if keyword in UNSUPPORTED]
    if isinstance(node.get("additionalProperties"), Mapping):
        open_ended.append("additionalProperties")
    unknown = [keyword for keyword in node if keyword not in KNOWN and not keyword.startswith("x-")]
    unhonoured.extend(Unhonoured(keyword, path, _OPEN_ENDED) for keyword in open_ended)
    unhonoured.extend(Unhonoured(keyword, path, "not a keyword of JSON Schema") for keyword in unknown)
    if "x-alternatives" in node:
        reason = "read as one object with the fields of all"
        unhonoured.append(Unhonoured(node["x-alternatives"], path, reason))


def _report_missing(names: set[str], path: str, unhonoured: list[Unhonoured]) -> None:
    for name in sorted(names):
        reason = f"{name!r} is required but has no entry under properties"
        unhonoured.append(Unhonoured("required", path, reason))


def _check_pattern(node: Mapping[str, Any], path: str) -> None:
    for keyword in ("pattern", "x-pattern"):
        try:
            re.compile(node.get(keyword) or "")
        except (re.error, TypeError, ArithmeticError, RecursionError) as error:
            raise SchemaError(f"not a regular expression: {error}", keyword=keyword, pointer=path) from error
    labels = node.get("x-labels", [])
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise SchemaError("must be a list of texts", keyword="x-labels", pointer=path)
