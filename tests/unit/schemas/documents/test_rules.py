from __future__ import annotations

from typing import Any

import pytest

from schemas import registry
from schemas.record import Issue, Severity


def issues(kind: str, data: dict[str, Any]) -> list[Issue]:
    model = registry.kind(kind).model
    assert model is not None
    whole = model.model_validate(data).model_dump(mode="json")
    return [issue for rule in registry.kind(kind).rules for issue in rule(whole)]


def codes(kind: str, data: dict[str, Any]) -> set[tuple[str, str]]:
    return {(issue.code, issue.path) for issue in issues(kind, data)}


RECEIPT = {
    "items": [
        {"quantity": 2, "unit_price": 1.5, "amount": 3.0},
        {"quantity": 1, "unit_price": 7.0, "amount": 7.0},
    ],
    "subtotal": 10.0,
    "tax": 0.6,
    "rounding": -0.02,
    "total": 10.58,
    "paid": 20.0,
    "change": 9.42,
}
INVOICE = {
    "lines": [{"quantity": 4, "unit_price": 25.0, "tax_rate": 19, "amount": 100.0}],
    "subtotal": 100.0,
    "tax_total": 19.0,
    "total": 119.0,
    "issue_date": "2024-01-02",
    "due_date": "2024-02-01",
}


@pytest.mark.parametrize(("kind", "data"), [("receipt", RECEIPT), ("invoice", INVOICE)])
def test_sums_that_add_up_raise_nothing(kind: str, data: dict[str, Any]) -> None:
    assert codes(kind, data) == set()


@pytest.mark.parametrize(
    ("kind", "data", "change", "issue"),
    [
        ("receipt", RECEIPT, {"total": 11.0, "change": 9.0}, ("total_mismatch", "/total")),
        ("receipt", RECEIPT, {"change": 1.0}, ("paid_mismatch", "/total")),
        (
            "receipt",
            RECEIPT,
            {"items": [{"quantity": 2, "unit_price": 1.5, "amount": 10.0}]},
            ("item_mismatch", "/items/0/amount"),
        ),
        ("receipt", RECEIPT, {"items": [{"amount": 4.0}]}, ("items_mismatch", "/items")),
        ("invoice", INVOICE, {"tax_total": 7.0, "total": 107.0}, ("tax_mismatch", "/tax_total")),
        ("invoice", INVOICE, {"due_date": "2023-12-31"}, ("date_order", "/due_date")),
    ],
)
def test_a_broken_sum_is_an_issue_at_its_place(
    kind: str, data: dict[str, Any], change: dict[str, Any], issue: tuple[str, str]
) -> None:
    assert issue in codes(kind, data | change)


def test_items_may_stand_before_tax_discount_and_rounding() -> None:
    data = {"items": [{"amount": 10.0}], "tax": 0.6, "discount": 1.0, "rounding": 0.02, "total": 9.62}
    assert codes("receipt", data) == set()


def test_items_that_make_no_total_ask_for_a_person() -> None:
    data = {"lines": [{"amount": 10.0}, {"amount": 5.0}], "total": 25.0}
    assert [(issue.code, issue.severity) for issue in issues("invoice", data)] == [
        ("items_mismatch", Severity.ERROR)
    ]


def test_a_discount_counts_with_either_sign() -> None:
    for printed in (-1.0, 1.0):
        assert codes("receipt", {"subtotal": 10.0, "discount": printed, "total": 9.0}) == set()


def test_a_gross_invoice_carries_its_tax_inside() -> None:
    assert codes("invoice", {"lines": [{"tax_rate": 19, "amount": 119.0}], "tax_total": 19.0}) == set()


@pytest.mark.parametrize(
    ("data", "issues"),
    [
        ({"ticket_number": "A123456", "bottom_code": "12345678901234A123456"}, set()),
        (
            {"ticket_number": "A123456", "bottom_code": "12345678901234B000000"},
            {("ticket_number_mismatch", "/ticket_number")},
        ),
        ({"id_number": "11010519491231002X"}, set()),
        ({"id_number": "110105194912310021"}, {("id_check_digit", "/id_number")}),
        ({"id_number": "1101051949****002X"}, set()),
    ],
)
def test_tickets_check_themselves(data: dict[str, Any], issues: set[tuple[str, str]]) -> None:
    assert codes("train_ticket", data) == issues


@pytest.mark.parametrize(
    ("room", "total", "issues"),
    [
        ({"area_m2": 11.5, "dimensions": "4.0 m x 3.0 m"}, 80.0, set()),
        ({"area_m2": 11.5, "dimensions": "4000x3000"}, 80.0, set()),
        ({"area_m2": 30.0, "dimensions": "4.0 m x 3.0 m"}, 80.0, {("area_mismatch", "/rooms/0/area_m2")}),
        ({"area_m2": 90.0}, 60.0, {("area_mismatch", "/total_area_m2")}),
        ({"area_m2": 12.0, "dimensions": "13'1 x 9'10"}, 80.0, set()),
    ],
)
def test_rooms_fit_their_sides_and_the_whole(
    room: dict[str, Any], total: float, issues: set[tuple[str, str]]
) -> None:
    assert codes("floor_plan", {"rooms": [room], "total_area_m2": total}) == issues


@pytest.mark.parametrize("kind", registry.kinds())
def test_rules_say_nothing_about_what_is_not_there(kind: str) -> None:
    assert codes(kind, {}) == set()
