from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from schemas.registry import from_json_schema
from tests.build import page_of
from worker.reading.engines.base import Reading
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.text.page_lines import PageLines

NUMBER, TEXT = {"type": "number"}, {"type": "string"}
DAY = {"type": "string", "format": "date"}


def reading_of(pages: Sequence[PageLines], **fields: Any) -> Reading:
    items = {"type": "array", "items": {"type": "object", "properties": fields}}
    schema = from_json_schema({"type": "object", "properties": {"lines": items}}, name="mine")
    return read_lines(pages, schema.root)


def rows_of(pages: Sequence[PageLines], **fields: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = reading_of(pages, **fields).data["lines"]
    return found


def test_a_table_goes_on_behind_the_foot_of_its_page() -> None:
    first = page_of(
        [(60, "Date"), (260, "Details"), (820, "Amount")],
        [(60, "01 Sep"), (260, "Rent"), (860, "20.00")],
        *[""] * 14,
        "Our bank is a member of the guarantee fund, see overleaf",
    )
    second = page_of(
        "Statement of September 2025",
        "Page 2",
        [(60, "Date"), (260, "Details"), (820, "Amount")],
        [(60, "11 Sep"), (260, "Power"), (860, "7.50")],
    )
    found = rows_of([first, replace(second, number=2)], date=DAY, details=TEXT)
    assert [(row["date"], row["details"]) for row in found] == [
        ("2025-09-01", "Rent"),
        ("2025-09-11", "Power"),
    ]


def test_columns_whose_names_nobody_knows_are_told_by_what_stands_in_them() -> None:
    page = page_of(
        [(60, "Xyzzy"), (260, "Description"), (620, "Plugh"), (820, "Vendor")],
        [(60, "03/09/2025"), (260, "Oil change"), (620, "2,114"), (840, "Moss")],
        [(60, "17/09/2025"), (260, "New tyre"), (620, "2,139"), (840, "Reed")],
    )
    found = rows_of([page], visited=DAY, description=TEXT, hourMeter=NUMBER, vendor=TEXT)
    assert [(row["visited"], row["description"], row["hourMeter"]) for row in found] == [
        ("2025-09-03", "Oil change", 2114.0),
        ("2025-09-17", "New tyre", 2139.0),
    ]


def test_a_number_that_was_read_with_its_unit_is_parted_from_it() -> None:
    page = page_of(
        [(60, "Description"), (500, "Quantity"), (640, "Unit"), (820, "Amount")],
        [(60, "White wine"), (560, "48,00 UN"), (860, "20,00")],
        [(60, "Red wine"), (560, "36,00 CX"), (860, "7,50")],
    )
    found = rows_of([page], description=TEXT, quantity=NUMBER, unit=TEXT, amount=NUMBER)
    assert [(row["quantity"], row["unit"]) for row in found] == [(48.0, "UN"), (36.0, "CX")]


def test_a_day_without_its_year_is_in_doubt_where_the_document_has_several_years() -> None:
    page = page_of(
        "Statement of 3 January 2026, period from 15 December 2025 to 3 January 2026",
        [(60, "Date"), (260, "Details"), (820, "Amount")],
        [(60, "28 Dec"), (260, "Rent"), (860, "20.00")],
    )
    reading = reading_of([page], date=DAY, amount=NUMBER)
    assert reading.evidence["/lines/0/date"].confidence < 0.6
    assert any(issue.path == "/lines/0/date" for issue in reading.issues)


def test_no_row_ends_in_a_rate() -> None:
    page = page_of([(60, "Rye bread"), (860, "4.50")], [(60, "Butter milk"), (860, "3.00")])
    assert rows_of([page], name=TEXT, discount=NUMBER) == []
