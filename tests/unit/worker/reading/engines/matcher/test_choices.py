from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from schemas import registry
from schemas.registry import from_json_schema
from tests.build import page_of
from worker.reading.engines.base import Reading
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.text.page_lines import PageLines

DELIVERY: dict[str, Any] = {"enum": ["courier", "post", "collection", None]}
TEXT: dict[str, Any] = {"type": ["string", "null"]}


def read(properties: dict[str, Any], page: PageLines) -> Reading:
    return read_lines(
        [page], from_json_schema({"type": "object", "properties": properties}, name="mine").root
    )


def entries(page: PageLines) -> dict[str, str]:
    listed = read_lines([page], registry.kind("form").root).data["entries"]
    return {entry["key"]: entry["value"] for entry in listed}


RIGHT = [(60, "Delivery:"), (260, "☐ Courier"), (460, "☒ Post"), (660, "☐ Collection")]
LEFT = [(60, "Delivery:"), (240, "Courier ☐"), (460, "Post ☒"), (640, "Collection ☐")]


@pytest.mark.parametrize(
    "page",
    [
        page_of(RIGHT),
        page_of(LEFT),
        page_of("Delivery:", [(90, "☐ Courier")], [(90, "☒ Post")], [(90, "☐ Collection")]),
        page_of(
            [(300, "Courier"), (500, "Post"), (700, "Collection")],
            [(60, "Delivery"), (340, "☐"), (520, "☒"), (760, "☐")],
        ),
    ],
    ids=["labels right", "labels left", "list", "grid"],
)
def test_the_option_of_a_question_that_was_marked(page: PageLines) -> None:
    reading = read({"delivery": DELIVERY, "carrier": TEXT}, page)
    assert reading.data == {"delivery": "post", "carrier": None}
    assert reading.evidence["/delivery"].confidence > 0.75
    assert entries(page)["Delivery"] == "Post"


def test_rows_of_a_grid_share_the_heads_of_its_columns() -> None:
    page = page_of(
        [(300, "Poor"), (500, "Good")],
        [(60, "Staff"), (320, "☐"), (520, "☒")],
        [(60, "Quiet"), (320, "☐"), (520, "☒")],
    )
    grade = {"enum": ["Poor", "Good", None]}
    assert read({"staff": grade, "quiet": grade}, page).data == {"staff": "Good", "quiet": "Good"}


def test_an_option_that_was_left_open_is_no_value() -> None:
    open_ = [(60, "Delivery:"), (260, "☐ Courier"), (460, "☐ Post"), (660, "☐ Collection")]
    assert read({"delivery": DELIVERY}, page_of(open_)).data == {"delivery": None}
    assert read({"delivery": TEXT}, page_of(open_)).data == {"delivery": None}
    assert read({"post": {"type": "boolean"}}, page_of(open_)).data == {"post": False}


def test_several_marks_are_a_list_and_a_doubt_where_one_was_asked_for() -> None:
    page = page_of([(60, "Allergies:"), (300, "☒ Nuts"), (460, "☐ Milk"), (620, "☒ Eggs")])
    listed = {"type": "array", "items": {"enum": ["Nuts", "Milk", "Eggs"]}}
    assert read({"allergies": listed}, page).data == {"allergies": ["Nuts", "Eggs"]}
    single = read({"allergies": {"enum": ["Nuts", "Milk", "Eggs", None]}}, page)
    assert single.evidence["/allergies"].confidence < 0.5
    assert entries(page) | {"Nuts": "checked", "Milk": "unchecked", "Eggs": "checked"} == entries(page)


def test_a_doubtful_mark_makes_its_answer_doubtful() -> None:
    page = page_of(RIGHT)
    marks = tuple(replace(mark, confidence=0.5 if mark.chosen else mark.confidence) for mark in page.marks)
    reading = read({"delivery": DELIVERY}, replace(page, marks=marks))
    assert reading.data["delivery"] == "post"
    assert reading.evidence["/delivery"].confidence < 0.5


def test_listed_values_side_by_side_without_a_mark_are_for_a_person() -> None:
    page = page_of([(60, "Delivery:"), (260, "Courier"), (460, "Post"), (660, "Collection")])
    reading = read({"delivery": DELIVERY}, page)
    found = reading.evidence.get("/delivery")
    assert found is None or found.confidence < 0.5


def test_yes_and_no_answer_a_question_of_either_type() -> None:
    page = page_of(
        [(60, "Smoker:"), (260, "☐ Yes"), (460, "☒ No")], [(60, "Insured:"), (260, "☒ Yes"), (460, "☐ No")]
    )
    asked: dict[str, Any] = {"smoker": {"type": "boolean"}, "insured": {"type": "boolean"}}
    assert read(asked, page).data == {"smoker": False, "insured": True}
    assert entries(page) == {"Smoker": "No", "Insured": "Yes"}
