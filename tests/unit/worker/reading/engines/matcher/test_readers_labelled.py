"""Schemas of users, of which nothing is known but what their fields are called."""

from __future__ import annotations

from typing import Any

import pytest

from schemas import registry
from tests.build import page_of
from tests.rows import mine, read
from tests.unit.worker.reading.engines.matcher.test_readers import RECEIPT
from worker.reading.engines.matcher import concepts
from worker.reading.engines.matcher.readers.registry import fill_root
from worker.reading.engines.matcher.rows import arrange
from worker.reading.engines.matcher.sheet import lay_out


def test_a_plain_schema_with_only_titles_is_enough() -> None:
    kind = mine(
        train={"type": "string", "title": "车次"},
        fare={"type": "number", "title": "票价"},
        employee_name={"type": "string"},
        orderTotal={"type": "number"},
        badgeNumber={"type": "integer"},
    )
    data = read(
        kind,
        [(60, "青山站"), (450, "G1418"), (700, "临江站")],
        [(60, "票价"), (300, "55.50")],
        "Employee: Kim Lee",
        [(60, "Order total"), (700, "71.20")],
        [(60, "Badge no"), (300, "4711")],
    )
    assert data["train"] == "G1418"
    assert (data["fare"], data["orderTotal"]) == (55.5, 71.2)
    assert (data["employee_name"], data["badgeNumber"]) == ("Kim Lee", 4711)


def test_labels_beside_below_and_inline() -> None:
    kind = mine(colour={"type": "string"}, depth={"type": "number"}, maker={"type": "string"})
    data = read(kind, "Colour: dark green", [(60, "Depth"), (400, "Maker")], [(60, "12.5"), (400, "Ostrand")])
    assert data == {"colour": "dark green", "depth": 12.5, "maker": "Ostrand"}


def test_enums_booleans_and_types() -> None:
    kind = mine(
        size={"enum": ["small", "large"]},
        fragile={"type": "boolean", "title": "Fragile"},
        count={"type": "integer", "title": "Count"},
        due={"type": "string", "format": "date", "title": "Due"},
    )
    data = read(kind, "Size: large", "☑ Fragile", "Count: 12", "Due: 4 May 2024")
    assert data == {"size": "large", "fragile": True, "count": 12, "due": "2024-05-04"}


def test_a_users_own_table() -> None:
    kind = mine(
        readings={
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"station": {"type": "string"}, "level": {"type": "number"}},
            },
        }
    )
    data = read(
        kind,
        [(60, "Station"), (500, "Level")],
        [(60, "Northgate"), (500, "2.31")],
        [(60, "Weir"), (500, "1.90")],
    )
    assert data["readings"] == [{"station": "Northgate", "level": 2.31}, {"station": "Weir", "level": 1.9}]


def test_what_the_engine_cannot_do_is_named() -> None:
    from worker.reading.engines.matcher.candidates import Unsupported

    kind = registry.kind("description")
    sheet = lay_out(arrange([page_of("a sign")]), concepts.lexicon())
    unsupported = {
        name for name, found in fill_root(kind.root, sheet).fields.items() if isinstance(found, Unsupported)
    }
    assert unsupported == {"summary", "objects", "details"}


def test_a_value_beside_its_own_title_is_meant_whatever_the_library_thinks() -> None:
    assert read(mine(name={"type": "string"}), "Name: Kim Lee") == {"name": "Kim Lee"}
    assert read(mine(gate={"type": "string"}), "Gate: North 4") == {"gate": "North 4"}
    kind = mine(total={"type": "number", "x-labels": ["Endstand"]})
    assert read(kind, [(60, "Miete"), (700, "700.00")], [(60, "Endstand"), (700, "5.00")]) == {"total": 5.0}


@pytest.mark.parametrize(
    ("definition", "row", "value"),
    [
        ({"enum": ["S", "M", "L"]}, "Thing: M", "M"),
        ({"enum": [1, 2, 3]}, "Thing: 2", 2),
        ({"enum": ["groß", "klein"]}, "Thing: groß", "groß"),
        ({"enum": ["new", "old"]}, "Thinking of New York", None),
        ({"type": ["string", "integer"]}, "Thing: AB12", "AB12"),
        ({"type": "number"}, "Thing: -120.50", -120.5),
        ({"type": "number"}, "Thing: −5.5", -5.5),
        ({"type": "integer", "maximum": 99}, "Thing: 300", None),
        ({"type": "string", "x-pattern": "[A-Z]*"}, "thing", None),
        ({"type": "string"}, "Things: Kim", "Kim"),
    ],
)
def test_types_signs_and_bounds(definition: dict[str, Any], row: str, value: Any) -> None:
    assert read(mine(thing=definition), row)["thing"] == value


@pytest.mark.parametrize("name", ["items", "rooms", "entries", "lines", "products"])
@pytest.mark.parametrize(
    "shape",
    [
        {"type": "object", "properties": {"a": {"type": "string"}}},
        {"type": "array", "items": {"type": "string"}},
        {"type": "array", "prefixItems": [{}]},
    ],
)
def test_names_of_tables_with_other_shapes_break_nothing(name: str, shape: dict[str, Any]) -> None:
    data = read(mine(**{name: shape}), *RECEIPT)
    assert isinstance(data[name], list | dict)


def test_columns_of_dates_and_choices_take_their_types() -> None:
    item = {
        "type": "object",
        "properties": {"day": {"type": "string", "format": "date"}, "status": {"enum": ["ok", "bad"]}},
    }
    kind = mine(checks={"type": "array", "items": item})
    data = read(
        kind,
        [(60, "Day"), (500, "Status")],
        [(60, "05/11/2019"), (500, "OK")],
        [(60, "06/11/2019"), (500, "bad")],
    )
    assert data["checks"] == [{"day": "2019-11-05", "status": "ok"}, {"day": "2019-11-06", "status": "bad"}]
