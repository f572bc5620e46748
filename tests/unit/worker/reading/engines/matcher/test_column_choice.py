from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.registry import from_json_schema
from tests.build import page_of
from worker.reading.engines.matcher import grids
from worker.reading.engines.matcher.any_schema import lists
from worker.reading.engines.matcher.column_choice import TableChoice, assigned, choices
from worker.reading.engines.matcher.graph import graph_of
from worker.reading.engines.matcher.listed import listed_of
from worker.reading.engines.matcher.wordings import shipped
from worker.reading.text.page_lines import PageLines

NUMBER, TEXT = {"type": "number"}, {"type": "string"}


def best_of(page: PageLines, **fields: Any) -> TableChoice:
    items = {"type": "array", "items": {"type": "object", "properties": fields}}
    root = from_json_schema({"type": "object", "properties": {"lines": items}}, name="mine").root
    graph = graph_of([page], root, shipped())
    (target,) = lists(root)
    return max(choices(listed_of(target, graph), grids.find(graph), graph), key=lambda one: one.rank)


def held(choice: TableChoice, *names: str) -> dict[str, str]:
    columns = choice.grid.head.columns
    return {names[one.asked]: columns[at].text for at, one in choice.held.items()}


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_every_column_holds_one_field_and_every_field_stands_in_one(
    fields: int, columns: int, seed: int
) -> None:
    scores = np.random.default_rng(seed).normal(size=(fields, columns)).astype(np.float32)
    found = dict(assigned(scores, [frozenset([at]) for at in range(columns)]))
    asked = [one.asked for one in found.values()]
    assert len(set(asked)) == len(asked)
    odds = [one.odds for one in found.values()]
    assert odds == sorted(odds, reverse=True)
    assert all(
        at in found or asked in {one.asked for one in found.values()} or scores[asked, at] < 0
        for asked in range(fields)
        for at in range(columns)
    )


def test_names_tell_more_than_the_order_of_the_fields() -> None:
    page = page_of(
        [(60, "Date"), (300, "Debit"), (500, "Credit"), (760, "Balance")],
        [(60, "01/02/2025"), (300, "20.00"), (760, "80.00")],
        [(60, "03/02/2025"), (500, "45.50"), (760, "125.50")],
        [(60, "04/02/2025"), (300, "25.50"), (500, "10.00"), (760, "110.00")],
    )
    found = best_of(page, balance=NUMBER, credit=NUMBER, debit=NUMBER)
    assert held(found, "balance", "credit", "debit") == {
        "balance": "Balance",
        "credit": "Credit",
        "debit": "Debit",
    }
    assert found.is_named


def test_what_two_columns_make_tells_them_where_no_name_does() -> None:
    page = page_of(
        [(60, "Xyzzy"), (400, "Plugh"), (600, "Fnord"), (820, "Quux")],
        [(60, "Red wine"), (400, "6"), (600, "2.50"), (820, "15.00")],
        [(60, "White bread"), (400, "3"), (600, "1.20"), (820, "3.60")],
        [(60, "Butter"), (400, "12"), (600, "2.10"), (820, "25.20")],
    )
    fields = {"name": TEXT, "unit_price": NUMBER, "quantity": NUMBER, "amount": NUMBER}
    found = held(best_of(page, **fields), *fields)
    assert found["quantity"] == "Plugh"
    assert (found["unit_price"], found["amount"]) == ("Fnord", "Quux")


def test_columns_that_stand_for_the_same_one_are_not_taken_together() -> None:
    scores = np.array([[2.0, 1.0, 3.0], [1.5, 1.0, 0.0]], dtype=np.float32)
    found = dict(assigned(scores, [frozenset([0]), frozenset([1]), frozenset([0, 1])]))
    assert [(at, one.asked) for at, one in found.items()] == [(2, 0)]
