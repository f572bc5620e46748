"""Lone digits, which stand in many places of a page and mean something in few."""

from __future__ import annotations

from schemas.registry import kind
from tests.grounded import cited, rows
from tests.unit.worker.reading.engines.vision.test_grounding_rows import row_of
from worker.reading.engines.vision import grounding

PAGE = rows("Page 1 of 2 Table 1", "Shop", "Coffee 5.00", "Tea 5.00", "TOTAL 10.00")
EXACT = 0.6


def test_an_amount_and_a_count_are_found_in_the_form_that_is_theirs() -> None:
    assert row_of(grounding.locate({"amount": 5.0}, rows("Page 5", "Tea 5.00"))["/amount"]) == 1
    assert row_of(grounding.locate({"count": 5}, rows("Tea 5.00", "Page 5"))["/count"]) == 1


def test_a_digit_that_nothing_names_is_no_exact_find() -> None:
    bare = grounding.locate({"amount": 5.0}, rows("Page 5 of 7"))["/amount"]
    named = grounding.locate({"amount": 5.0}, rows("Page 5 of 7", "Amount 5.00"))["/amount"]
    assert cited(bare) == ["5"]
    assert bare.confidence < named.confidence


def test_the_number_of_a_page_is_no_count_of_an_item() -> None:
    for names in (["Coffee"], ["Coffee", "Tea"]):
        items = [{"description": name, "quantity": 1, "amount": 5.0} for name in names]
        found = grounding.locate({"items": items}, PAGE, root=kind("receipt").root)
        assert found["/items/0/quantity"].confidence < EXACT
        assert row_of(found["/items/0/amount"]) == 2


def test_a_digit_in_the_words_of_an_item_is_not_how_many() -> None:
    items = [{"description": "BAG 2 kg", "quantity": 2, "amount": 5.0}]
    assert grounding.locate({"items": items}, rows("BAG 2 kg 5.00"))["/items/0/quantity"].citations == ()


def test_a_total_does_not_stand_in_the_row_of_an_item() -> None:
    found = grounding.locate({"items": [{"name": "Coffee"}], "total": 5.0}, rows("Coffee 5.00", "Sum 5.00"))
    assert row_of(found["/total"]) == 1
