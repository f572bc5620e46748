"""References in a JSON Schema, and schemas without end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SchemaError
from schemas.json_schema import fields, resolve
from schemas.registry import from_json_schema
from tests.schema_fields import field_of, with_x


def test_references_are_followed_and_what_stands_beside_them_wins() -> None:
    schema = with_x(
        {"$ref": "#/$defs/price", "title": "Fare"},
        **{"$defs": {"price": {"type": "number", "title": "Price", "minimum": 0}}},
    )
    found = field_of(schema, "/x")
    assert (found.title, found.types, found.bounds) == ("Fare", ("number",), {"minimum": 0})


def test_references_may_chain_and_point_into_other_parts() -> None:
    schema = {
        "type": "object",
        "definitions": {"a": {"$ref": "#/properties/y"}},
        "properties": {"x": {"$ref": "#/definitions/a"}, "y": {"type": "integer"}},
    }
    assert field_of(schema, "/x").types == ("integer",)


scalars = st.sampled_from(
    [
        {"type": "string"},
        {"type": ["number", "null"]},
        {"enum": ["a", "b", None]},
        {"type": "boolean"},
        {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        {"type": "string", "format": "date"},
        {"const": 3},
    ]
)


nodes = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        st.builds(
            lambda props: {"type": "object", "properties": props},
            st.dictionaries(st.text(min_size=1, max_size=6), inner, max_size=4),
        ),
        st.builds(lambda node: {"allOf": [node]}, inner),
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1, max_size=8), nodes, max_size=5))
def test_any_schema_becomes_a_tree_without_references_and_with_every_property(
    properties: dict[str, Any],
) -> None:
    root, _ = fields.build(resolve.resolve({"type": "object", "properties": properties}))
    assert [child.name for child in root.properties] == list(properties)
    assert resolve.resolve({"type": "object", "properties": properties}) == resolve.resolve(
        resolve.resolve({"type": "object", "properties": properties})
    )


@pytest.mark.parametrize("keyword", ["not", "if", "contains"])
def test_references_that_leave_the_schema_are_refused_wherever_they_stand(keyword: str) -> None:
    for reference in ("http://127.0.0.1:9/x.json", "file:///etc/hostname", "other.json"):
        with pytest.raises(SchemaError):
            from_json_schema(with_x({"type": "array", keyword: {"$ref": reference}}), name="mine")


def test_a_reference_beside_allof_keeps_what_it_points_to() -> None:
    schema = with_x(
        {"$ref": "#/$defs/A", "properties": {"o": {"type": "string"}}, "allOf": [{"required": ["o"]}]},
        **{"$defs": {"A": {"type": "object", "properties": {"p": {"type": "string"}}}}},
    )
    assert {field_of(schema, "/x/p").name, field_of(schema, "/x/o").name} == {"p", "o"}
    assert field_of(schema, "/x/o").required


def test_a_schema_that_multiplies_itself_is_refused() -> None:
    chain = {f"l{n}": with_x({"$ref": f"#/$defs/l{n + 1}"}) for n in range(60)}
    with pytest.raises(SchemaError):
        from_json_schema(
            {**with_x({"$ref": "#/$defs/l0"}), "$defs": {**chain, "l60": {"type": "string"}}}, name="m"
        )


def test_references_that_multiply_are_refused_before_they_do() -> None:
    raw: dict[str, Any] = {"$defs": {"d0": {"type": "string"}}, "$ref": "#/$defs/d30"}
    for level in range(1, 31):
        both = {"$ref": f"#/$defs/d{level - 1}"}
        raw["$defs"][f"d{level}"] = {"type": "object", "properties": {"a": both, "b": both}}
    with pytest.raises(SchemaError, match="parts"):
        resolve.resolve(raw)
