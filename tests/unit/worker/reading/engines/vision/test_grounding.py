from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.page import Line
from schemas.record import Evidence
from schemas.registry import from_json_schema, kind
from tests.build import line
from worker.reading.engines.vision import grounding
from worker.reading.engines.vision.grounding.bids import assign
from worker.reading.engines.vision.token_evidence import TokenEvidence
from worker.reading.text.frame import Frame

LINES = {
    1: (line(60, 60, "Grand total RM 1,234.50"), line(60, 120, "Dated 5 March 2019")),
    2: (line(60, 60, "Höllberg & Söhne"),),
}


def rows(*texts: str | tuple[tuple[float, str], ...]) -> dict[int, tuple[Line, ...]]:
    """A page of rows, each a text or texts at x."""
    lines: list[Line] = []
    for number, row in enumerate(texts):
        cells = ((60.0, row),) if isinstance(row, str) else row
        lines.extend(line(x, 60 + 44 * number, text) for x, text in cells)
    return {1: tuple(lines)}


def row_of(evidence: Evidence) -> int:
    """The number of the row that a value cites."""
    return round((evidence.citations[0].box[1] * 1400 - 60) / 44)


def cited(evidence: Evidence) -> list[str]:
    return [citation.text for citation in evidence.citations]


def one(value: Any, *texts: str) -> list[str]:
    [evidence] = grounding.locate({"value": value}, rows(*texts)).values()
    return cited(evidence)


def test_values_are_found_where_they_are_printed() -> None:
    data = {
        "total": 1234.5,
        "date": "2019-03-05",
        "name": "höllberg & söhne",
        "nowhere": "zzzz",
        "none": None,
    }
    found = grounding.locate(data, LINES)
    assert found["/total"].citations[0].text == "1,234.50"
    assert found["/date"].citations[0].text == "5 March 2019"
    assert found["/name"].citations[0].page == 2
    assert found["/nowhere"].citations == ()
    assert found["/nowhere"].confidence < found["/total"].confidence
    assert "/none" not in found


def test_a_letter_read_differently_is_forgiven_and_trusted_less() -> None:
    found = grounding.locate({"name": "Hollberg & Sohne"}, LINES)["/name"]
    assert found.citations[0].page == 2
    assert found.confidence < 0.6


@given(st.text(min_size=1, max_size=30))
def test_any_part_of_a_line_is_found_in_it(text: str) -> None:
    printed = line(60, 60, "abc " + text + " xyz")
    found = grounding.locate({"v": text}, {1: (printed,)})["/v"]
    for citation in found.citations:
        assert citation.text in printed.text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
        max_leaves=12,
    ),
    st.lists(st.text(max_size=20), max_size=8),
)
def test_whatever_the_data_and_the_lines_every_value_has_evidence(data: Any, texts: list[str]) -> None:
    pages = {
        1: [line(60, 60 + 44 * number, text) for number, text in enumerate(texts)],
        2: [line(60, 60, text) for text in texts[:2]],
    }
    found = grounding.locate({"value": data}, pages)
    for evidence in found.values():
        assert 0 < evidence.confidence < 1


@pytest.mark.parametrize(
    ("value", "printed", "found"),
    [
        (-12.5, "Total -12.50", "-12.50"),
        (-12.5, "Total (12.50)", "(12.50)"),
        (-12.5, "12.50- EUR", "12.50-"),
        (-12.5, "Total -€12.50", "-€12.50"),
        (12.5, "Total -12.50", None),
        (12.5, "Total (12.50)", None),
        (2, "pages (2)", "2"),
        (1234.5, "1 234,50 EUR", "1 234,50"),
        (1234.5, "1\u00a0234,50", "1\u00a0234,50"),
        (2, "2 100.00", "2"),
        (100, "2 100.00", "100.00"),
        (46.61, "RM46.61", "46.61"),
        (4.2, "3.6x4.2 m", "4.2"),
        (42, "INV-2026-0042", None),
        (2026, "INV-2026-0042", None),
        (500, "Rs.500", "500"),
        (2.018, "12.03.2018", None),
        (12.5, "Total 12. 50", "12. 50"),
        (12345678901234567, "No 12345678901234568", None),
        (12345678901234567, "No 12345678901234567", "12345678901234567"),
    ],
)
def test_numbers_are_found_whole_with_their_signs_and_thousands(
    value: float, printed: str, found: str | None
) -> None:
    assert one(value, printed) == ([found] if found else [])


@pytest.mark.parametrize(
    ("value", "printed", "found"),
    [
        ("Kim", "Kimberly Ltd", None),
        ("Kim", "KIM LEE", "KIM"),
        ("20", "2020-01-01 total", None),
        ("101", "10 1", None),
        ("19", "VAT 19.50", None),
        ("0042", "INV-2026-0042", "0042"),
        ("Sales Manager", "SeniorSalesManager", "SalesManager"),
        ("Muller", "Muller-Lüdenscheidt", "Muller"),
        ("合计", "价税合计（大写）", "合计"),
        ("1234.50", "sum 1,234.50", "1,234.50"),
        ("2024-03-04", "Due 04/03/2024", "04/03/2024"),
        ("2024-03-04", "Due 03/04/2024", "03/04/2024"),
        ("2024-03-04", "Due 04/03/2025", None),
        ("18:21", "at 18:21:09", "18:21:09"),
        ("18:21:10", "at 18:21:09", None),
        ("EUR", "Total € 5.00", "€"),
        ("***", "paid *** cash", "***"),
    ],
)
def test_texts_and_days_are_found_from_word_border_to_word_border(
    value: str, printed: str, found: str | None
) -> None:
    assert one(value, printed) == ([found] if found else [])


def test_a_text_of_several_lines_cites_each_of_them() -> None:
    address = "22, Jalan Hijau 5, Taman Hijau, 43300 Seri Kembangan"
    lines = ("SHOP", "22, JALAN HIJAU 5,", "TAMAN HIJAU", "43300 SERI KEMBANGAN.", "Tel 22")
    assert one(address, *lines) == ["22, JALAN HIJAU 5", "TAMAN HIJAU", "43300 SERI KEMBANGAN"]
    [evidence] = grounding.locate({"a": address.replace("Kemb", "Kenb")}, rows(*lines)).values()
    assert len(evidence.citations) == 3
    assert evidence.confidence < 0.6


RECEIPT = {
    "items": [
        {"quantity": 1, "description": "Coffee", "amount": 5.0},
        {"quantity": 1, "description": "Tea", "amount": 5.0},
    ],
    "total": 5.0,
}


def test_repeated_values_cite_their_own_rows() -> None:
    lines = rows("Page 1 of 2   Order 1", "1 Coffee 5.00", "1 Tea 5.00", "TOTAL 5.00")
    found = grounding.locate(RECEIPT, lines, root=kind("receipt").root)
    assert {at: row_of(evidence) for at, evidence in found.items()} == {
        "/items/0/quantity": 1,
        "/items/0/description": 1,
        "/items/0/amount": 1,
        "/items/1/quantity": 2,
        "/items/1/description": 2,
        "/items/1/amount": 2,
        "/total": 3,
    }


def test_a_quantity_is_no_digit_of_an_article_number_or_a_name() -> None:
    lines = rows(
        "Page 1 of 2",
        "WASH BALL-1S",
        ((60, "9064 2"), (400, "1 X"), (600, "1.13"), (800, "1.13")),
        "RICE 2kg",
        ((60, "9064 1"), (400, "2 X"), (600, "2.83"), (800, "5.66")),
        "BAG 3",
        ((60, "9099 1"), (600, "0.20"), (800, "0.20")),
    )
    items = [
        {"description": "WASH BALL-1S", "quantity": 1, "amount": 1.13},
        {"description": "RICE 2kg", "quantity": 2, "amount": 5.66},
        {"description": "BAG 3", "quantity": 3, "amount": 0.2},
    ]
    found = grounding.locate({"items": items}, lines)
    assert found["/items/1/quantity"].citations[0].box[0] == 0.4
    assert found["/items/2/quantity"].citations == ()
    assert {row_of(found[f"/items/{n}/amount"]) for n in range(3)} == {2, 4, 6}


def test_equal_rows_are_cited_one_after_the_other() -> None:
    lines = rows("Coffee 5.00", "Coffee 5.00", "Coffee 5.00", "Total 15.00")
    items = [{"name": "Coffee", "amount": 5.0}] * 3
    found = grounding.locate({"items": items}, lines)
    assert [row_of(found[f"/items/{n}/amount"]) for n in range(3)] == [0, 1, 2]
    assert [row_of(found[f"/items/{n}/name"]) for n in range(3)] == [0, 1, 2]


def test_an_item_more_than_there_are_rows_borrows_none() -> None:
    items = [{"name": "Coffee", "amount": 5.0}] * 3
    found = grounding.locate({"items": items}, rows("Coffee 5.00", "Coffee 5.00"))
    places = [evidence.citations[0].box for evidence in found.values() if evidence.citations]
    assert len(places) == len(set(places)) == 4


def test_the_label_beside_a_value_decides() -> None:
    lines = rows(
        "Invoice date 2024-03-04",
        "Due date 2024-03-04",
        ((60, "Subtotal"), (700, "50.00")),
        ((60, "Total"), (700, "50.00")),
        ((60, "Cash"), (700, "50.00")),
    )
    data = {
        "due_date": "2024-03-04",
        "cash": 50.0,
        "total": 50.0,
        "issue_date": "2024-03-04",
        "subtotal": 50.0,
    }
    found = grounding.locate(data, lines)
    assert {at: row_of(evidence) for at, evidence in found.items()} == {
        "/due_date": 1,
        "/cash": 4,
        "/total": 3,
        "/issue_date": 0,
        "/subtotal": 2,
    }


def test_the_schemas_titles_and_hints_are_labels() -> None:
    number = {"type": "number"}
    schema = from_json_schema(
        {
            "type": "object",
            "properties": {
                "a": {**number, "title": "Netto"},
                "b": {**number, "x-labels": ["zu zahlen"]},
                "c": {**number, "x-title-zh": "合计"},
            },
        },
        name="t",
    )
    lines = rows("合  计 50.00", "Zu zahlen 50.00", "Netto 50.00")
    found = grounding.locate({"a": 50.0, "b": 50.0, "c": 50.0}, lines, root=schema.root)
    assert [row_of(found[at]) for at in ("/a", "/b", "/c")] == [2, 1, 0]


def test_values_of_one_object_stand_together() -> None:
    lines = rows(
        "SELLER", "Ahorn", "10 Main Street", "Tax 555", "", "BUYER", "Birke", "10 Main Street", "Tax 555"
    )
    party = {"address": "10 Main Street", "tax": "555"}
    data = {"buyer": {"name": "Birke", **party}, "seller": {"name": "Ahorn", **party}}
    found = grounding.locate(data, lines)
    assert [row_of(found[f"/seller/{key}"]) for key in ("address", "tax")] == [2, 3]
    assert [row_of(found[f"/buyer/{key}"]) for key in ("address", "tax")] == [7, 8]


def test_a_place_that_two_sums_share_is_doubted_for_the_one_it_does_not_name() -> None:
    found = grounding.locate({"subtotal": 50.0, "total": 50.0}, rows("Total 50.00"))
    assert cited(found["/subtotal"]) == cited(found["/total"]) == ["50.00"]
    assert found["/subtotal"].confidence < found["/total"].confidence


def test_a_currency_may_be_cited_for_every_item() -> None:
    items = [{"name": "Coffee", "currency": "EUR"}, {"name": "Tea", "currency": "EUR"}]
    found = grounding.locate({"items": items}, rows("Prices in EUR", "Coffee 5.00", "Tea 4.00"))
    assert cited(found["/items/0/currency"]) == cited(found["/items/1/currency"]) == ["EUR"]


def test_a_value_is_looked_up_on_the_page_it_was_read_from() -> None:
    pages = {1: [line(60, 60, "Total 50.00")], 2: [line(60, 60, "Total 50.00")]}
    told = {"/total": TokenEvidence(page=2, probability=0.9)}
    found = grounding.locate({"total": 50.0}, pages, token_evidence=told)
    assert [citation.page for citation in found["/total"].citations] == [2]


def test_boxes_are_on_the_page_as_it_came() -> None:
    found = grounding.locate({"name": "Höllberg"}, LINES, frames={2: Frame(quarter_turns=2)})["/name"]
    x0, y0, _, _ = found.citations[0].box
    assert x0 > 0.5
    assert y0 > 0.5


def test_500_rows_over_40_pages_take_seconds_and_not_minutes() -> None:
    pages = {
        page: tuple(line(60, 60 + 26 * row, "Coffee 1 5.00") for row in range(50)) for page in range(1, 41)
    }
    items = [{"name": "Coffee", "quantity": 1, "amount": 5.0}] * 500
    started = time.process_time()
    found = grounding.locate({"items": items}, pages)
    assert time.process_time() - started < 10
    places = [found[f"/items/{n}/amount"].citations[0] for n in range(500)]
    assert len({(place.page, place.box) for place in places}) == 500


def test_a_page_of_one_repeated_word_costs_no_more_than_others() -> None:
    pages = {1: tuple(line(60, 60 + 22 * row, "a " * 40, letter=12) for row in range(60))}
    texts = ["a " * count for count in range(1000, 1020)]
    started = time.process_time()
    found = grounding.locate({"texts": texts}, pages)
    assert time.process_time() - started < 6
    assert any(evidence.citations for evidence in found.values())


@given(
    st.dictionaries(
        st.integers(0, 6),
        st.lists(
            st.tuples(st.floats(0.05, 2), st.integers(0, 4)), max_size=5, unique_by=lambda offer: offer[1]
        ),
        max_size=5,
    )
)
def test_the_auction_gives_every_place_once_and_loses_next_to_nothing(
    offers: dict[int, list[tuple[float, int]]],
) -> None:
    given_ = assign(offers)
    assert len(set(given_.values())) == len(given_)
    worth = sum(value for bidder, place in given_.items() for value, at in offers[bidder] if at == place)
    assert worth >= _best(list(offers.values()), frozenset()) - 0.011 * len(offers) - 1e-9


def _best(offers: list[list[tuple[float, int]]], taken: frozenset[int]) -> float:
    if not offers:
        return 0.0
    first, *rest = offers
    ways = [value + _best(rest, taken | {at}) for value, at in first if at not in taken]
    return max([_best(rest, taken), *ways])
