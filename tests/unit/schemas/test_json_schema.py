"""JSON Schemas as trees of fields."""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any

import pytest
from pydantic import BaseModel, field_validator

from schemas import registry
from schemas.errors import SchemaError
from schemas.json_schema import fields, keywords, resolve
from schemas.registry import from_json_schema
from tests.schema_fields import field_of, with_x


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
    for said in ("x-title-zh", "x-description-zh"):
        assert any(ord(char) > 0x4E00 for char in kind.json_schema[said])
    assert " ".join(re.findall("[A-Z][a-z]*", kind.model.__name__)).capitalize() == kind.json_schema["title"]
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


def test_null_must_be_allowed_by_type_and_enum_alike() -> None:
    assert not field_of(with_x({"type": ["string", "null"], "enum": ["a", "b"]}), "/x").nullable
    assert not field_of(with_x({"type": "string", "enum": ["a", None]}), "/x").nullable
    assert field_of(with_x({"type": ["string", "null"], "enum": ["a", None]}), "/x").nullable


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
