"""Items whose name stands above their numbers, and those whose text goes on below."""

from __future__ import annotations

from collections.abc import Sequence

from tests.build import page_of
from tests.unit.worker.reading.engines.matcher.test_items import NUMBER, TEXT, Row, rows_of

SLIP: Sequence[Row] = (
    [(60, "Article / code"), (500, "Qty"), (640, "Price"), (860, "Amount")],
    "Rye bread, sliced",
    [(160, "4006381333931"), (500, "2"), (640, "3.20"), (860, "6.40")],
    "Garden hose 20 m",
    [(160, "5901234123457"), (500, "1"), (640, "24.00"), (860, "24.00")],
    "Paper bag",
    [(160, "9780201379624"), (500, "3"), (640, "0.50"), (860, "1.50")],
    [(500, "Total"), (860, "31.90")],
)


def test_a_name_on_a_line_above_the_code_and_the_numbers_is_that_of_its_item() -> None:
    found = rows_of([page_of(*SLIP)], article=TEXT, quantity=NUMBER, amount=NUMBER)
    assert [(row["article"], row["amount"]) for row in found] == [
        ("Rye bread, sliced", 6.4),
        ("Garden hose 20 m", 24.0),
        ("Paper bag", 1.5),
    ]


def test_a_name_on_a_line_of_its_own_under_the_numbers_is_not_the_next_ones() -> None:
    first, *rest = (row for row in SLIP[1:-1] if isinstance(row, str))
    numbers = [row for row in SLIP[1:-1] if not isinstance(row, str)]
    page = page_of(SLIP[0], numbers[0], first, numbers[1], rest[0], numbers[2], rest[1], SLIP[-1])
    found = rows_of([page], article=TEXT, quantity=NUMBER, amount=NUMBER)
    assert "Garden hose" not in str(found[0]["article"])
    assert "Paper bag" not in str(found[1]["article"])
