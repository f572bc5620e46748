from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, field_validator

from schemas import registry
from schemas.errors import SchemaError
from schemas.json_schema import fields, keywords, resolve
from schemas.registry import from_json_schema


def field_of(schema: dict[str, Any], path: str) -> fields.Field:
    root, _ = fields.build(resolve.resolve(schema))
    return next(field for field in root.walk() if field.path == path)


def with_x(definition: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": definition}, **more}


@pytest.mark.parametrize(
    "definition",
    [
        {"type": ["string", "null"]},
        {"type": "string", "nullable": True},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"oneOf": [{"type": "null"}, {"type": "string"}]},
        {"anyOf": [{"type": ["string", "null"]}]},
        {"allOf": [{"type": ["string", "null"]}]},
    ],
)
def test_null_is_said_in_many_ways_and_understood_in_one(definition: dict[str, Any]) -> None:
    found = field_of(with_x(definition), "/x")
    assert (found.types, found.nullable) == (("string",), True)


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


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        (with_x({"$ref": "#/$defs/node"}, **{"$defs": {"node": with_x({"$ref": "#/$defs/node"})}}), "$ref"),
        (with_x({"$ref": "https://example.com/s.json"}), "$ref"),
        (with_x({"$ref": "#/$defs/none"}), "$ref"),
        (with_x({"allOf": [{"type": "string"}, {"type": "number"}]}), "type"),
        (with_x({"type": "money"}), "type"),
        (with_x({"type": "string", "pattern": "("}), "pattern"),
        (with_x(False), "false"),
        ({"type": "array", "items": {}}, "type"),
        ([], "type"),
    ],
)
def test_what_cannot_be_read_by_is_refused_with_its_keyword(schema: Any, keyword: str) -> None:
    with pytest.raises(SchemaError) as refusal:
        from_json_schema(schema, name="mine")
    assert refusal.value.keyword == keyword


def test_allof_merges_properties_requirements_and_the_tightest_bounds() -> None:
    schema = {
        "allOf": [
            {"type": "object", "properties": {"x": {"type": "number", "minimum": 1}}, "required": ["x"]},
            {"properties": {"x": {"minimum": 3, "maximum": 9}, "y": {"type": "string"}}},
        ]
    }
    found = field_of(schema, "/x")
    assert (found.bounds, found.required) == ({"minimum": 3, "maximum": 9}, True)
    assert field_of(schema, "/y").types == ("string",)


def test_alternatives_of_scalars_allow_the_types_of_all() -> None:
    assert field_of(with_x({"anyOf": [{"type": "number"}, {"type": "string"}]}), "/x").types == (
        "number",
        "string",
    )
    assert field_of(with_x({"anyOf": [{"const": "a"}, {"const": "b"}]}), "/x").enum == ("a", "b")


def test_alternatives_of_objects_are_joined_and_said_to_be() -> None:
    branches = [with_x({"type": "string"}), {"type": "object", "properties": {"y": {"type": "number"}}}]
    root, unhonoured = fields.build(resolve.resolve(with_x({"anyOf": branches})))
    assert [child.name for child in root.properties[0].properties] == ["x", "y"]
    assert [(item.keyword, item.path) for item in unhonoured] == [("anyOf", "/x")]


@pytest.mark.parametrize(
    "keyword",
    [
        "patternProperties",
        "prefixItems",
        "unevaluatedProperties",
        "unevaluatedItems",
        "contentSchema",
        "colour",
    ],
)
def test_no_keyword_is_dropped_silently(keyword: str) -> None:
    kind = from_json_schema(with_x({"type": "string", keyword: {}}), name="mine")
    assert [item.keyword for item in kind.unhonoured] == [keyword]


def test_tuples_and_open_maps_are_named_too() -> None:
    kind = from_json_schema(
        with_x({"type": "array", "items": [{"type": "string"}]}, additionalProperties={"type": "string"}),
        name="mine",
    )
    assert {item.keyword for item in kind.unhonoured} == {"prefixItems", "additionalProperties"}


def test_a_required_name_without_a_property_is_named() -> None:
    kind = from_json_schema(with_x({"type": "string"}, required=["x", "ghost"]), name="mine")
    assert ["ghost" in item.reason for item in kind.unhonoured] == [True]


def test_every_keyword_belongs_to_one_set_only() -> None:
    sets = [keywords.STRUCTURE, keywords.BOUNDS, keywords.CHECKED, keywords.ANNOTATIONS, keywords.UNSUPPORTED]
    assert sum(map(len, sets)) == len(keywords.KNOWN)


def test_order_bounds_and_formats_are_kept() -> None:
    schema = {
        "type": "object",
        "properties": {
            "b": {"type": "string", "format": "date"},
            "a": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "object", "properties": {"n": {"type": "integer", "maximum": 5}}},
            },
        },
    }
    root, _ = fields.build(resolve.resolve(schema))
    assert [field.path for field in root.walk()] == ["", "/b", "/a", "/a/*", "/a/*/n"]
    assert field_of(schema, "/b").format == "date"
    assert field_of(schema, "/a").bounds == {"minItems": 1}
    assert field_of(schema, "/a/*/n").bounds == {"maximum": 5}


class Voucher(BaseModel):
    code: str
    worth: float | None = None

    @field_validator("code")
    @classmethod
    def starts_with_v(cls, code: str) -> str:
        if not code.startswith("V"):
            raise ValueError("codes start with V")
        return code


def test_a_pydantic_class_is_a_schema() -> None:
    kind = registry.from_model(Voucher)
    assert kind.name == "Voucher"
    assert [(field.name, field.types, field.nullable) for field in kind.root.properties] == [
        ("code", ("string",), False),
        ("worth", ("number",), True),
    ]


@pytest.mark.parametrize("name", registry.kinds())
def test_every_kind_is_bilingual_nullable_and_complete(name: str) -> None:
    kind = registry.kind(name)
    assert kind.unhonoured == ()
    assert kind.model is not None
    assert kind.model.model_validate({}).model_dump(mode="json") is not None
    for field in kind.root.walk():
        if field.path and not field.path.endswith("/*"):
            assert field.title
            assert field.description
            assert any(ord(char) > 0x4E00 for char in field.hints["x-description-zh"])
            assert field.nullable or field.is_array or field.is_object


def test_the_same_schema_has_the_same_hash_and_another_one_another() -> None:
    one = from_json_schema(with_x({"type": "string"}), name="a")
    same = from_json_schema(json.loads(json.dumps(one.json_schema)), name="b")
    other = from_json_schema(with_x({"type": "number"}), name="a")
    assert one.sha256 == same.sha256 != other.sha256


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


def test_null_must_be_allowed_by_type_and_enum_alike() -> None:
    assert not field_of(with_x({"type": ["string", "null"], "enum": ["a", "b"]}), "/x").nullable
    assert not field_of(with_x({"type": "string", "enum": ["a", None]}), "/x").nullable
    assert field_of(with_x({"type": ["string", "null"], "enum": ["a", None]}), "/x").nullable


def test_a_reference_beside_allof_keeps_what_it_points_to() -> None:
    schema = with_x(
        {"$ref": "#/$defs/A", "properties": {"o": {"type": "string"}}, "allOf": [{"required": ["o"]}]},
        **{"$defs": {"A": {"type": "object", "properties": {"p": {"type": "string"}}}}},
    )
    assert {field_of(schema, "/x/p").name, field_of(schema, "/x/o").name} == {"p", "o"}
    assert field_of(schema, "/x/o").required


def test_alternatives_keep_every_type_and_name_what_they_lose() -> None:
    assert field_of(with_x({"anyOf": [{"type": "integer"}, {"const": "unlimited"}]}), "/x").types == (
        "integer",
        "string",
    )
    kind = from_json_schema(
        with_x(
            {"anyOf": [{"type": "object", "additionalProperties": {"type": "integer"}}, {"type": "string"}]}
        ),
        name="m",
    )
    assert {item.keyword for item in kind.unhonoured} == {"additionalProperties", "anyOf"}


def test_conditions_in_allof_do_not_contradict_each_other() -> None:
    rule = {"if": {"required": ["x"]}, "then": {"required": ["y"]}}
    schema = {
        "allOf": [rule, {"if": {"required": ["y"]}, "then": {"required": ["x"]}}],
        **with_x({"type": "string"}),
    }
    assert field_of(schema, "/x").types == ("string",)


def test_a_schema_that_multiplies_itself_is_refused() -> None:
    chain = {f"l{n}": with_x({"$ref": f"#/$defs/l{n + 1}"}) for n in range(60)}
    with pytest.raises(SchemaError):
        from_json_schema(
            {**with_x({"$ref": "#/$defs/l0"}), "$defs": {**chain, "l60": {"type": "string"}}}, name="m"
        )


@pytest.mark.parametrize(
    "raw",
    [
        with_x({"type": "string"}, required=True),
        with_x({"enum": 3}),
        with_x({"type": "string", "title": "\ud800"}),
    ],
)
def test_what_is_no_schema_is_an_error_of_ours_or_none(raw: Any) -> None:
    with contextlib.suppress(SchemaError):
        from_json_schema(raw, name="m")


def test_references_that_multiply_are_refused_before_they_do() -> None:
    raw: dict[str, Any] = {"$defs": {"d0": {"type": "string"}}, "$ref": "#/$defs/d30"}
    for level in range(1, 31):
        both = {"$ref": f"#/$defs/d{level - 1}"}
        raw["$defs"][f"d{level}"] = {"type": "object", "properties": {"a": both, "b": both}}
    with pytest.raises(SchemaError, match="parts"):
        resolve.resolve(raw)
