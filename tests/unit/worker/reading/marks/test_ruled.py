from __future__ import annotations

import math
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from schemas.page import Box, Line, even_edges
from worker.reading.marks.ruled import ruled_cells

WIDTH, HEIGHT = 1240, 1754
LETTER = 24

Picture = NDArray[np.uint8]


def blank() -> Picture:
    return np.full((HEIGHT, WIDTH, 3), 250, np.uint8)


def grid(picture: Picture, xs: list[int], ys: list[int], *, grey: int = 60, thick: int = 2) -> list[Box]:
    """A table drawn with lines; its cells."""
    for x in xs:
        cv2.line(picture, (x, ys[0]), (x, ys[-1]), (grey,) * 3, thick)
    for y in ys:
        cv2.line(picture, (xs[0], y), (xs[-1], y), (grey,) * 3, thick)
    return [
        Box(x0 / WIDTH, y0 / HEIGHT, x1 / WIDTH, y1 / HEIGHT)
        for y0, y1 in pairwise(ys)
        for x0, x1 in pairwise(xs)
    ]


def written(picture: Picture, x: int, y: int, text: str) -> Line:
    """A text whose baseline is at `y`, as a line."""
    (wide, tall), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.7, 2)
    cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (20, 20, 20), 2, cv2.LINE_AA)
    box = Box(x / WIDTH, (y - tall - 4) / HEIGHT, (x + wide) / WIDTH, (y + 4) / HEIGHT)
    return Line(text, box, 0.99, even_edges(box, len(text)))


def assert_cells(found: tuple[Box, ...], drawn: list[Box]) -> None:
    assert len(found) == len(drawn)
    for box in drawn:
        assert max(box.iou(other) for other in found) > 0.75


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(80, 260), min_size=1, max_size=4),
    st.lists(st.integers(44, 150), min_size=1, max_size=6),
    st.sampled_from([0, 90, 180]),
    st.sampled_from([1, 2, 4]),
)
def test_every_cell_of_a_table_is_found(widths: list[int], heights: list[int], grey: int, thick: int) -> None:
    picture = blank()
    xs, ys = [100 + sum(widths[:i]) for i in range(len(widths) + 1)], [150]
    ys += [150 + sum(heights[: i + 1]) for i in range(len(heights))]
    drawn = grid(picture, xs, ys, grey=grey, thick=thick)
    lines = [written(picture, xs[0] + 12, y + 32, "Abc 12") for y in ys[:-1]]
    assert_cells(ruled_cells(picture, lines), drawn)


def test_text_alone_makes_no_cells() -> None:
    picture = blank()
    lines = [
        written(picture, 90, 100 + 30 * row, "EEEE HHHH TTTT ==== ____ llll 1111 IIII EEEE HHHH")
        for row in range(40)
    ]
    assert ruled_cells(picture, lines) == ()


def test_lines_between_rows_without_any_at_the_sides_make_no_cells() -> None:
    picture = blank()
    lines = []
    for row in range(6):
        lines.append(written(picture, 120, 230 + 60 * row, "Steel pipe 20 mm"))
        cv2.line(picture, (100, 250 + 60 * row), (1000, 250 + 60 * row), (40, 40, 40), 2)
    assert ruled_cells(picture, lines) == ()


def test_a_shaded_head_over_a_table() -> None:
    picture = blank()
    cv2.rectangle(picture, (100, 200), (700, 260), (190, 200, 215), -1)
    drawn = [Box(100 / WIDTH, 200 / HEIGHT, 700 / WIDTH, 260 / HEIGHT)]
    lines = [written(picture, 120, 240, "Description"), written(picture, 120, 330, "Steel pipe")]
    assert_cells(ruled_cells(picture, lines), drawn)


@pytest.mark.parametrize("degrees", [-1.0, 0.6, 1.2])
def test_a_page_that_lies_crooked_in_the_scanner(degrees: float) -> None:
    picture = blank()
    drawn = grid(picture, [120, 420, 720, 1100], [300, 380, 460, 540], thick=3)
    lines = [written(picture, 140, y, "Name 4711") for y in (350, 430, 510)]
    turned = cv2.warpAffine(
        picture,
        cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, 1.0),
        (WIDTH, HEIGHT),
        borderValue=(250, 250, 250),
    )
    noise = np.random.default_rng(1).normal(0, 4, turned.shape)
    found = ruled_cells(np.clip(turned + noise, 0, 255).astype(np.uint8), lines)
    assert len(found) == len(drawn)
    shift = math.radians(abs(degrees)) * 500 / HEIGHT
    assert all(min(abs(box.cy - other.cy) for other in found) < shift + 0.01 for box in drawn)


def test_the_frame_of_a_page_is_no_cell() -> None:
    picture = blank()
    cv2.rectangle(picture, (20, 20), (WIDTH - 20, HEIGHT - 20), (0, 0, 0), 3)
    assert ruled_cells(picture, [written(picture, 100, 200, "Certificate")]) == ()


def test_a_page_without_lines_of_text_has_no_cells() -> None:
    picture = blank()
    grid(picture, [100, 300], [100, 300])
    assert ruled_cells(picture, []) == ()
