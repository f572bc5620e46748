"""Whether what is wrong or lacking on drawn sheets is told, and what is right is left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas import registry
from tests.build import line, page_of
from worker.reading.engines.base import Reading
from worker.reading.engines.matcher.engine import read_lines


def errors(reading: Reading) -> set[tuple[str, str]]:
    return {(issue.code, issue.path) for issue in reading.issues if issue.severity == "error"}


def receipt(*rows: str, seller: str = "HILLTOP STORES SDN BHD") -> Reading:
    return read_lines([page_of(seller, *rows)], registry.kind("receipt").root)


def test_an_article_number_is_no_telephone() -> None:
    reading = receipt("BISCUITS 9064074", "1 x 3.50 3.50", "TOTAL RM 3.50")
    assert reading.data["phone"] is None


@pytest.mark.parametrize("printed", ["03-2093 7358", "+60 3 2093 7358", "0320937358"])
def test_a_dialled_number_is_one_without_a_label(printed: str) -> None:
    assert receipt(printed, "TOTAL RM 3.50").data["phone"] == printed


@pytest.mark.parametrize(
    ("rows", "doubted"),
    [
        (("DATE 03/04/2018", "TOTAL 3.50"), True),
        (("DATE 03/04/2018", "TOTAL RM 3.50"), False),
        (("DATE 03/04/2018", "VALID UNTIL 28/04/2018", "TOTAL 3.50"), False),
    ],
)
def test_day_and_month_are_doubted_where_nothing_settles_their_order(
    rows: tuple[str, ...], doubted: bool
) -> None:
    reading = receipt(*rows)
    assert reading.data["date"] == "2018-04-03"
    assert (("doubtful", "/date") in errors(reading)) is doubted


def test_a_form_of_which_little_was_understood_says_so() -> None:
    prose = [
        f"the tenant keeps the {number}th rule of this house and all of its gardens" for number in range(8)
    ]
    reading = read_lines([page_of("Name: Ada Wren", *prose)], registry.kind("form").root)
    assert ("page_unexplained", "") in errors(reading)


@pytest.mark.parametrize(
    ("rows", "currency", "doubted"),
    [
        (("TOTAL $ 3.50",), "USD", True),
        (("12 Elm St, Austin, TX 78701", "TOTAL $ 3.50"), "USD", False),
        (("TOTAL MX$ 3.50",), "MXN", False),
        (("TOTAL 3.50 SEK",), "SEK", False),
        (("合计 ￥3.50",), "CNY", False),
    ],
)
def test_a_sign_of_several_countries_is_doubted_where_nothing_tells_which(
    rows: tuple[str, ...], currency: str, doubted: bool
) -> None:
    reading = receipt(*rows, seller="HILLTOP STORES")
    assert reading.data["currency"] == currency
    assert (("doubtful", "/currency") in errors(reading)) is doubted


def test_words_in_doubt_are_said_of_the_line_and_not_again_of_its_block() -> None:
    page = page_of()
    page = replace(page, lines=(line(60, 60, "hardly to be read", confidence=0.8),))
    assert errors(read_lines([page], registry.kind("text").root)) == {("doubtful", "/pages/0/lines/0")}


@pytest.mark.parametrize(
    ("seller", "row", "currency", "doubted"),
    [
        ("HILLTOP STORES SDN BHD", "TOTAL 3.50", "MYR", False),
        ("HILLTOP STORES", "SMOKED TURKEY 3.50", "TRY", True),
        ("HILLTOP STORES", "GST REG.NO : 001 TOTAL 3.50", None, False),
    ],
)
def test_money_without_a_sign_is_never_sure_by_the_name_of_a_country(
    seller: str, row: str, currency: str | None, doubted: bool
) -> None:
    reading = receipt(row, seller=seller)
    assert reading.data["currency"] == currency
    assert (("doubtful", "/currency") in errors(reading)) is doubted
