from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from schemas import registry
from tests.build import page_of
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.engines.matcher.products import Numbers, Product, find


def row(*numbers: str) -> Numbers:
    return {index: Decimal(number) for index, number in enumerate(numbers) if number}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([row("3", "2.50", "19", "7.50"), row("1", "4.00", "7", "4.00")], Product((0, 1), 3)),
        ([row("70", "12", "840", "16.44", "13809.60")], Product((0, 1), 2)),
        ([row("3", "2.50", "", "7.50"), row("2", "2.00", "", "9.00")], None),
        ([row("1", "4.00", "", "4.00"), row("1", "5.00", "", "5.00")], None),  # that proves nothing
        ([row("4711", "19")], None),
    ],
)
def test_columns_of_which_two_make_a_third(rows: list[Numbers], found: Product | None) -> None:
    assert find(rows) == found


def lines(*rows: Any) -> tuple[list[dict[str, Any]], dict[str, float]]:
    reading = read_lines([page_of(*rows)], registry.kind("invoice").root)
    return reading.data["lines"], {at: found.confidence for at, found in reading.evidence.items()}


HEAD = [(60, "#"), (200, "Produkt"), (600, "USt"), (760, "Einzelpreis"), (980, "Summe")]


def test_a_count_under_a_sign_is_told_by_what_it_makes() -> None:
    data, _ = lines(
        HEAD,
        [(60, "4,00"), (200, "Ballon"), (600, "19%"), (760, "0,75"), (980, "3,00")],
        [(60, "6,00"), (200, "Lampe"), (600, "7%"), (760, "2,50"), (980, "15,00")],
    )
    assert [line["quantity"] for line in data] == [4, 6]
    assert [line["unit_price"] for line in data] == [0.75, 2.5]


def test_a_row_in_which_the_product_fails_is_doubted() -> None:
    data, sure = lines(
        [(60, "Qty"), (200, "Description"), (760, "Unit price"), (980, "Amount")],
        [(60, "4"), (200, "Balloon"), (760, "0.75"), (980, "3.00")],
        [(60, "6"), (200, "Lamp"), (760, "2.50"), (980, "15.00")],
        [(60, "2"), (200, "Rope"), (760, "2.00"), (980, "40.00")],
    )
    assert [line["amount"] for line in data] == [3, 15, 40]
    assert sure["/lines/0/amount"] > 0.9
    assert sure["/lines/2/amount"] < 0.5
    assert sure["/lines/2/quantity"] < 0.5
    assert sure["/lines/2/description"] > 0.65


def test_a_row_that_says_what_the_items_make_is_their_sum() -> None:
    data, _ = lines(
        [(60, "Item"), (300, "Qty"), (500, "Unit price"), (760, "Amount")],
        [(60, "Beam"), (300, "4"), (500, "25.00"), (760, "100.00")],
        [(60, "Nail"), (300, "1"), (500, "5.30"), (760, "5.30")],
        [(60, "Totai"), (300, "5"), (760, "105.30")],
    )
    assert [line["description"] for line in data] == ["Beam", "Nail"]


def test_an_item_that_costs_what_those_above_it_make_is_an_item() -> None:
    data, _ = lines(
        [(60, "Item"), (300, "Qty"), (500, "Unit price"), (760, "Amount")],
        [(60, "Beam"), (300, "4"), (500, "2.50"), (760, "10.00")],
        [(60, "Nail"), (300, "1"), (500, "5.00"), (760, "5.00")],
        [(60, "Delivery"), (300, "1"), (760, "15.00")],
        [(60, "Rope"), (300, "2"), (500, "1.00"), (760, "2.00")],
    )
    assert [line["description"] for line in data] == ["Beam", "Nail", "Delivery", "Rope"]
