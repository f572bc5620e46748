from __future__ import annotations

from collections.abc import Sequence

import pytest

from schemas import registry
from schemas.page import Line
from tests.build import HEIGHT, WIDTH, line, page_of
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.text.page_lines import PageLines


def entries(page: PageLines) -> dict[str | None, str | None]:
    listed = read_lines([page], registry.kind("form").root).data["entries"]
    return {entry["key"]: entry["value"] for entry in listed}


def placed(*lines: Line) -> PageLines:
    return PageLines(1, WIDTH, HEIGHT, tuple(lines))


def test_labels_over_their_values_in_boxes_beside_each_other() -> None:
    small = {"letter": 18.0}
    found = entries(
        placed(
            line(60, 60, "Customer", **small),
            line(400, 60, "Port of lading", **small),
            line(760, 60, "Invoice date", **small),
            line(60, 84, "Hous Trading"),
            line(400, 84, "ADDIS ABABA"),
            line(760, 84, "12.03.2024"),
        )
    )
    assert found == {
        "Customer": "Hous Trading",
        "Port of lading": "ADDIS ABABA",
        "Invoice date": "12.03.2024",
    }


def test_a_value_over_its_label() -> None:
    found = entries(page_of("27 May 2006", "Date", "", "Dubai", "City"))
    assert found == {"Date": "27 May 2006", "City": "Dubai"}


def test_sums_beside_another_table_keep_their_amounts() -> None:
    found = entries(
        page_of(
            [(60, "Notes on the goods"), (600, "Subtotal"), (900, "$"), (960, "31,140.00")],
            [(60, "as agreed by phone"), (600, "Tax total"), (900, "$"), (960, "1,183.32")],
        )
    )
    assert found["Subtotal"] == "$ 31,140.00"
    assert found["Tax total"] == "$ 1,183.32"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Age / Sex: 27 / F", {"Age": "27", "Sex": "F"}),
        ("Age / Sex: 27", {"Age / Sex": "27"}),
        ("Status: open/closed", {"Status": "open/closed"}),
    ],
)
def test_labels_of_two_names_are_two_where_their_value_has_two_parts(
    text: str, expected: dict[str, str]
) -> None:
    assert entries(page_of(text)) == expected


def test_a_value_goes_on_over_the_lines_under_it_up_to_the_next_label() -> None:
    found = entries(
        page_of(
            [(60, "Address:"), (300, "12 Main Street")],
            [(300, "Lodi CA 95240")],
            [(60, "Phone:"), (300, "0209 1234")],
        )
    )
    assert found == {"Address": "12 Main Street Lodi CA 95240", "Phone": "0209 1234"}


@pytest.mark.parametrize(
    "rows",
    [
        ("The goods stay ours", "until they are paid"),
        (
            "Please note that all of the goods stay ours until they are paid",
            "and that nothing may be sent back",
        ),
    ],
)
def test_lines_of_prose_are_no_labels_of_each_other(rows: Sequence[str]) -> None:
    assert entries(page_of(*rows)) == {}


def test_a_label_without_anything_filled_in_is_told_as_empty() -> None:
    assert entries(page_of("Phone:", "", "", "", "Fax: 030 4711")) == {"Phone": None, "Fax": "030 4711"}
