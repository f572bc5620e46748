"""Values of lists and tables, found in their own rows."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from schemas.record import Evidence
from schemas.registry import from_json_schema, kind
from tests.build import line
from tests.grounded import cited, rows
from worker.reading.engines.vision import grounding
from worker.reading.engines.vision.grounding.bids import assign


def row_of(evidence: Evidence) -> int:
    """The number of the row that a value cites."""
    return round((evidence.citations[0].box[1] * 1400 - 60) / 44)


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
