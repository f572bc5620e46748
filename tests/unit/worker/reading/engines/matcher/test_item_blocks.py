from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.registry import kind
from tests.build import page_of
from worker.reading.engines.matcher.adding_up import added_up
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.engines.matcher.graph import graph_of
from worker.reading.engines.matcher.wordings import shipped

Row = Sequence[tuple[float, str]] | str
NOT_ITEMS: list[Row] = [[(60, "TOTAL INCL. GST"), (800, "8.11")], [(60, "CASH"), (800, "10.00")]]


def items_of(*rows: Row) -> list[tuple[Any, ...]]:
    data = read_lines([page_of(*rows)], kind("receipt").root).data
    names = ("description", "quantity", "unit_price", "amount")
    return [tuple(item.get(name) for name in names) for item in data["items"]]


def test_words_stand_above_how_many_at_what_price() -> None:
    found = items_of(
        [(60, "WASH BALL-IS"), (900, "*S")],
        "GA01 - 12/480",
        [(60, "9064074"), (500, "2 X 1.13"), (800, "2.26")],
        [(60, "SPONGE KOREA"), (900, "*S")],
        "GB12 - 12/312",
        [(60, "9064017"), (500, "2 X"), (620, "2.83"), (800, "5.66")],
        [(60, "PLASTIC BAGS"), (900, "*S")],
        [(60, "99999"), (500, "1 X"), (620, "0.19"), (800, "0.19")],
        [(60, "Item(s) : 3")],
        *NOT_ITEMS,
    )
    assert found == [
        ("WASH BALL-IS", 2.0, 1.13, 2.26),
        ("SPONGE KOREA", 2.0, 2.83, 5.66),
        ("PLASTIC BAGS", 1.0, 0.19, 0.19),
    ]


def test_words_go_on_below_the_amount_where_items_begin_with_it() -> None:
    found = items_of(
        [(60, "BRAISED"), (510, "1"), (620, "20.00"), (790, "20.00")],
        "PORK LEG SMALL",
        [(60, "PLAIN RICE"), (510, "4"), (630, "180"), (800, "7.20")],
        "WITH FRIED EGG",
        [(500, "Total"), (790, "27.20")],
    )
    assert found == [
        ("BRAISED PORK LEG SMALL", 1.0, 20.0, 20.0),
        ("PLAIN RICE WITH FRIED EGG", 4.0, 1.8, 7.2),  # the point of 1.80 was not read
    ]


def test_parts_with_sums_of_their_own_are_one_list_and_returns_count_less_than_nothing() -> None:
    found = items_of(
        [(60, "WHITE BREAD"), (420, "2.13"), (560, "2"), (800, "4.26")],
        [(60, "WHOLEMEAL"), (420, "2.78"), (560, "-1"), (790, "-2.78")],
        [(300, "Total 0% supplies:"), (800, "1.48")],
        [(60, "CORN BUN"), (420, "0.72"), (560, "20"), (790, "14.40")],
        [(60, "BUTTER BUN"), (420, "1.84"), (560, "4"), (800, "7.36")],
        [(300, "Total 6% supplies:"), (790, "21.76")],
        [(300, "Total Payable:"), (790, "23.24")],
    )
    assert [(name, count, amount) for name, count, _, amount in found] == [
        ("WHITE BREAD", 2.0, 4.26),
        ("WHOLEMEAL", -1.0, -2.78),
        ("CORN BUN", 20.0, 14.4),
        ("BUTTER BUN", 4.0, 7.36),
    ]


def test_a_table_of_taxes_below_the_sum_holds_no_items() -> None:
    found = items_of(
        [(60, "VEGETABLES"), (800, "2.20")],
        [(60, "EGGS LARGE"), (800, "5.70")],
        [(60, "TOTAL"), (800, "7.90")],
        [(60, "GST Summary"), (500, "Amount"), (800, "Tax")],
        [(60, "SR"), (500, "1.20"), (800, "0.07")],
        [(60, "ZRL"), (500, "6.70"), (800, "0.00")],
    )
    assert [(name, amount) for name, _, _, amount in found] == [("VEGETABLES", 2.2), ("EGGS LARGE", 5.7)]


def test_the_amount_of_an_only_item_is_not_what_was_paid() -> None:
    assert items_of([(60, "TOTAL"), (800, "8.10")], [(60, "CASH"), (800, "8.10")], "Thank you") == []


@given(st.lists(st.integers(1, 99_999), min_size=2, max_size=12))
def test_whatever_amounts_add_up_are_found(cents: list[int]) -> None:
    amounts = [Decimal(one) / 100 for one in cents]
    rows: list[Row] = [[(60, "Thing of some kind"), (800, f"{one:.2f}")] for one in amounts]
    page = page_of("A SHOP", *rows, [(60, "TOTAL"), (800, f"{sum(amounts):.2f}")])
    (run,) = added_up(graph_of([page], kind("receipt").root, shipped()))
    assert [one.value for one in run.amounts] == amounts


def test_which_number_is_the_price_is_told_by_the_sign_of_its_money_or_the_unit_of_the_other() -> None:
    found = items_of(
        [(60, "STANDING POUCH KRAFT"), (800, "9.200.000")],
        [(60, "Rp 1.150 x 8.000 Pcs")],
        [(60, "PAPER BOWL 650 ML"), (800, "7.425.000")],
        [(60, "Rp 1.485 x 5.000 Set")],
        [(60, "TOTAL"), (800, "16.625.000")],
    )
    assert [item[1:3] for item in found] == [(8000, 1150), (5000, 1485)]


def test_where_nothing_tells_the_price_from_the_count_neither_is_sure() -> None:
    rows: list[Row] = [
        [(60, "Sesame seeds"), (500, "60 x 50"), (800, "3000.00")],
        [(60, "Dried plums"), (500, "70 x 40"), (800, "2800.00")],
        [(60, "TOTAL"), (800, "5800.00")],
    ]
    found = read_lines([page_of(*rows)], kind("receipt").root)
    assert found.evidence["/items/0/quantity"].confidence < 0.75
    assert found.evidence["/items/0/unit_price"].confidence < 0.75
    assert found.evidence["/items/0/amount"].confidence >= 0.75
