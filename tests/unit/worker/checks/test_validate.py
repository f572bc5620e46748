from __future__ import annotations

import time
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, field_validator

from schemas.registry import from_json_schema, from_model
from worker.checks import fit, validate


def issues(schema: dict[str, Any], data: dict[str, Any]) -> set[tuple[str, str]]:
    return {(issue.code, issue.path) for issue in validate.check(data, from_json_schema(schema, name="mine"))}


SCHEMA = {
    "type": "object",
    "required": ["id", "parts"],
    "properties": {
        "id": {"type": "string"},
        "level": {"type": "integer", "maximum": 3},
        "note": {"type": ["string", "null"]},
        "parts": {
            "type": "array",
            "uniqueItems": True,
            "items": {"type": "object", "required": ["n"], "properties": {"n": {"type": "number"}}},
        },
    },
}


def test_good_data_have_no_issue() -> None:
    assert issues(SCHEMA, {"id": "a", "level": 3, "note": None, "parts": [{"n": 1.5}]}) == set()


def test_what_is_required_and_missing_is_said_once_and_in_words() -> None:
    assert issues(SCHEMA, {"id": None, "parts": [{"n": None}]}) == {
        ("missing", "/id"),
        ("missing", "/parts/0/n"),
    }


def test_bounds_and_keywords_no_reader_can_follow_are_still_checked() -> None:
    found = issues(SCHEMA, {"id": "a", "level": 9, "parts": [{"n": 1}, {"n": 1}]})
    assert found == {("schema_violation", "/level"), ("schema_violation", "/parts")}


def test_keywords_that_are_not_followed_are_in_the_record() -> None:
    schema = {"type": "object", "properties": {"x": {"type": "object", "patternProperties": {"^a": {}}}}}
    assert issues(schema, {"x": {}}) == {("schema_keyword", "/x")}


class Even(BaseModel):
    number: int

    @field_validator("number")
    @classmethod
    def even(cls, number: int) -> int:
        if number % 2:
            raise ValueError("must be even")
        return number


def test_the_validators_of_a_class_are_asked() -> None:
    [issue] = validate.check({"number": 3}, from_model(Even))
    assert (issue.code, issue.path) == ("schema_violation", "/number")
    assert "even" in issue.message


def test_openapi_null_is_no_breach() -> None:
    schema = {"type": "object", "properties": {"x": {"type": "string", "nullable": True}}}
    assert issues(schema, {"x": None}) == set()


def test_a_check_that_cannot_be_made_is_an_issue_and_not_a_crash() -> None:
    for broken in ({"multipleOf": 0}, {"not": {"pattern": "("}}, {"minLength": "3"}):
        schema = {"type": "object", "properties": {"x": {**broken}}}
        assert issues(schema, {"x": "abc"}) <= {("check_failed", ""), ("schema_violation", "/x")}


@pytest.mark.parametrize(
    ("data", "shaped"),
    [
        ({"a": None, "part": {"n": None, "c": None}}, {"a": None, "b": "EUR"}),
        ({"a": 1.0, "part": {"n": None, "c": 2}}, {"a": 1.0, "b": "EUR", "part": {"n": None, "c": 2}}),
        (
            {"a": 1.0, "list": [{"n": None, "c": None}, None]},
            {"a": 1.0, "b": "EUR", "list": [{"n": None}, None]},
        ),
    ],
)
def test_data_take_the_shape_of_the_schema_at_every_level(
    data: dict[str, Any], shaped: dict[str, Any]
) -> None:
    part = {
        "type": "object",
        "required": ["n"],
        "properties": {"n": {"type": "number"}, "c": {"type": "integer"}},
    }
    schema = {
        "type": "object",
        "required": ["a"],
        "properties": {
            "a": {"type": "number"},
            "b": {"type": "string", "default": "EUR"},
            "part": part,
            "list": {"type": "array", "items": {**part, "type": ["object", "null"]}},
        },
    }
    root = from_json_schema(schema, name="m").root
    assert fit.fit(data, root) == shaped
    assert "/b" in set(fit.defaults(data, fit.fit(data, root), root))


def test_a_pattern_without_end_is_given_up() -> None:
    raw = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a|aa)+$"}}}
    started = time.monotonic()
    [issue] = validate.check({"a": "a" * 60 + "!"}, from_json_schema(raw, name="t"))
    assert time.monotonic() - started < 3
    assert issue.code == "check_failed"


EVIL: dict[str, Any] = {"^(a|a)*$": {}}
HARD = "a" * 40 + "!"


@pytest.mark.parametrize(
    "keywords",
    [
        {"patternProperties": EVIL},
        {"patternProperties": EVIL, "additionalProperties": {"type": "string"}},
        {"patternProperties": EVIL, "unevaluatedProperties": False},
        {"allOf": [{"patternProperties": EVIL}], "unevaluatedProperties": False},
        {"propertyNames": {"pattern": "^(a|a)*$"}},
        {"additionalProperties": {"pattern": "^(a|a)*$"}},
    ],
    ids=str,
)
def test_an_expression_in_any_keyword_costs_its_time_and_no_more(keywords: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {"x": {"type": "object", "properties": {HARD: {}}, **keywords}}}
    started = time.monotonic()
    validate.check({"x": {HARD: HARD, HARD + "b": HARD}}, from_json_schema(schema, name="mine"))
    assert time.monotonic() - started < 3


def test_expressions_of_a_schema_share_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validate, "_PATTERN_SECONDS", 0.2)
    schema = {"type": "object", "properties": {"x": {"type": "string", "pattern": "^(a|a)*$"}}}
    started = time.monotonic()
    found = issues(schema, {"x": HARD})
    assert ("check_failed", "") in found
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("keywords", "value", "fits"),
    [
        ({"patternProperties": {"^n": {"type": "integer"}}}, {"n1": 1, "other": "x"}, True),
        ({"patternProperties": {"^n": {"type": "integer"}}}, {"n1": "x"}, False),
        ({"patternProperties": {"^n": {}}, "additionalProperties": False}, {"n1": 1}, True),
        ({"patternProperties": {"^n": {}}, "additionalProperties": False}, {"m1": 1}, False),
        ({"properties": {"m": {}}, "additionalProperties": {"type": "integer"}}, {"m": "x", "k": "x"}, False),
        ({"allOf": [{"properties": {"m": {}}}], "unevaluatedProperties": False}, {"m": 1}, True),
        ({"allOf": [{"properties": {"m": {}}}], "unevaluatedProperties": False}, {"k": 1}, False),
        ({"$ref": "#/$defs/m", "unevaluatedProperties": False}, {"m": 1}, True),
        ({"anyOf": [{"required": ["m"]}], "unevaluatedProperties": False}, {"m": 1}, False),
        (
            {"if": {"required": ["m"]}, "then": {"properties": {"m": {}}}, "unevaluatedProperties": False},
            {"m": 1},
            True,
        ),
        (
            {"dependentSchemas": {"m": {"properties": {"m": {}}}}, "unevaluatedProperties": False},
            {"m": 1},
            True,
        ),
        ({"allOf": [{"additionalProperties": True}], "unevaluatedProperties": False}, {"k": 1}, True),
        ({"unevaluatedProperties": {"type": "integer"}}, {"k": "x"}, False),
    ],
    ids=str,
)
def test_open_ended_keywords_mean_what_they_mean_elsewhere(
    keywords: dict[str, Any], value: Any, fits: bool
) -> None:
    raw = {
        "type": "object",
        "properties": {"x": {"type": "object", **keywords}},
        "$defs": {"m": {"type": "object", "properties": {"m": {}}}},
    }
    breaches = [code for code, _ in issues(raw, {"x": value}) if code == "schema_violation"]
    assert (not breaches) == fits
    assert Draft202012Validator(raw).is_valid({"x": value}) == fits
