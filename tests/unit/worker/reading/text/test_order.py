"""In which order lines are read."""

from __future__ import annotations

import numpy as np

from worker.reading.text.order import in_order

Box = tuple[float, float, float, float]


def column(x: float, top: float, lines: int, width: float = 200) -> list[Box]:
    return [(x, top + 24 * row, x + width, top + 24 * row + 18) for row in range(lines)]


def order(boxes: list[Box]) -> list[list[int]]:
    return in_order(np.array(boxes, dtype=np.float64).reshape(-1, 4))


def test_a_page_without_lines_has_no_order() -> None:
    assert order([]) == []


def test_columns_follow_the_title_across_them() -> None:
    title: Box = (40, 20, 460, 48)
    boxes = [*column(260, 80, 6), title, *column(40, 80, 6)]
    assert order(boxes) == [[6], *([7 + n] for n in range(6)), *([n] for n in range(6))]


def test_a_headline_over_two_columns_begins_an_article_of_its_own() -> None:
    upper = [*column(40, 80, 5), *column(260, 80, 5)]
    headline: Box = (40, 240, 460, 268)
    lower = [*column(40, 300, 5), *column(260, 300, 5)]
    assert [line for row in order([*upper, headline, *lower]) for line in row] == list(range(21))


def test_white_across_the_page_parts_what_no_line_parts() -> None:
    upper = [*column(40, 80, 5), *column(260, 80, 5)]
    caption: Box = (40, 330, 200, 344)  # under a picture across both columns
    lower = [*column(40, 380, 5), *column(260, 380, 5)]
    assert [line for row in order([*upper, caption, *lower]) for line in row] == list(range(21))


def test_a_table_is_read_by_rows() -> None:
    boxes = [
        box
        for y in range(5)
        for box in (
            (40.0, 40.0 * y, 200.0, 40.0 * y + 18),
            (300.0, 40.0 * y, 340.0, 40.0 * y + 18),
            (400.0, 40.0 * y, 450.0, 40.0 * y + 18),
        )
    ]
    assert order(boxes) == [[3 * y, 3 * y + 1, 3 * y + 2] for y in range(5)]
