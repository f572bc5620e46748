"""Where lines stand, whatever the shape of the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from worker.reading.pages.base import Picture
from worker.reading.text.detection import GRID, detect
from worker.reading.text.runtimes.base import LetterOdds

MOST_PIXELS = 1344 * 1344


class Bars:
    """A runtime that takes dark pixels for text, and remembers the sizes it was given."""

    streams = 1
    alphabet = ("a",)

    def __init__(self) -> None:
        self.sizes: list[tuple[int, ...]] = []

    def text_map(self, picture: Picture) -> NDArray[np.float32]:
        """Dark pixels."""
        self.sizes.append(picture.shape)
        return np.asarray(picture[..., 1] < 128, dtype=np.float32)

    def letter_odds(self, crops: NDArray[np.uint8]) -> LetterOdds:
        """Never asked for."""
        raise AssertionError(crops.shape)


@given(st.integers(1, 12_000), st.integers(1, 40))
@settings(max_examples=50)
def test_sizes_come_from_a_grid_and_are_bounded(long: int, short: int) -> None:
    runtime = Bars()
    for shape in ((long, short, 3), (short, long, 3)):
        detect(np.full(shape, 255, dtype=np.uint8), runtime)
    for height, width, _ in runtime.sizes:
        assert height % GRID == 0
        assert width % GRID == 0
        assert height * width <= MOST_PIXELS


@given(st.integers(0, 40), st.integers(0, 20), st.sampled_from([(800, 600), (300, 1400), (2400, 1800)]))
@settings(max_examples=50)
def test_a_bar_of_ink_is_found_where_it_is(right: int, down: int, size: tuple[int, int]) -> None:
    height, width = size
    picture = np.full((height, width, 3), 255, dtype=np.uint8)
    x0, y0, x1, y1 = 60 + right, 80 + down, 260 + right, 110 + down
    picture[y0:y1, x0:x1] = 0
    [quad] = detect(picture, Bars())
    (left, top), (east, south) = quad.min(axis=0), quad.max(axis=0)
    assert left <= x0 < x1 <= east
    assert top <= y0 < y1 <= south
    assert abs((left + east) / 2 - (x0 + x1) / 2) < 4  # grown alike on both sides
    assert abs((top + south) / 2 - (y0 + y1) / 2) < 4
    assert tuple(quad[0]) == (left, top)  # it begins at the upper left


def test_small_print_is_looked_at_once_more_and_larger() -> None:
    runtime = Bars()
    picture = np.full((2400, 1800, 3), 255, dtype=np.uint8)
    for row in range(20):
        picture[100 + 40 * row : 112 + 40 * row, 100:600] = 0
    assert len(detect(picture, runtime)) == 20
    first, second = runtime.sizes
    assert first[0] <= 1344 < second[0] <= 2016


def test_large_print_is_looked_at_once() -> None:
    runtime = Bars()
    picture = np.full((2400, 1800, 3), 255, dtype=np.uint8)
    picture[100:160, 100:900] = 0
    detect(picture, runtime)
    assert len(runtime.sizes) == 1


def test_a_sheet_too_large_for_one_look_is_read_in_tiles_without_seams() -> None:
    runtime = Bars()
    picture = np.full((3400, 4700, 3), 255, dtype=np.uint8)
    picture[100:180, 100:900] = 0
    tops = range(300, 3300, 60)
    for top in tops:
        picture[top : top + 14, 1100:1500] = 0  # across the first seam
    quads = detect(picture, runtime)
    across = [quad for quad in quads if quad[:, 1].min() > 200]
    assert len(quads) == 1 + len(tops)
    assert len(across) == len(tops)
    for quad in across:
        assert quad[:, 0].min() <= 1100 < 1500 <= quad[:, 0].max()
    assert max(height * width for height, width, _ in runtime.sizes) <= 2016 * 2016


class Words(Bars):
    """A runtime that takes dark strokes near each other for one line of text, as the real one does."""

    def text_map(self, picture: Picture) -> NDArray[np.float32]:
        """Dark pixels and the gaps between them."""
        strokes = super().text_map(picture)
        return np.asarray(cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones((9, 9))), dtype=np.float32)


@pytest.mark.parametrize("title", [False, True])
def test_letters_of_which_nothing_is_seen_at_first_are_looked_for_closer(title: bool) -> None:
    runtime = Words()
    picture = np.full((3400, 4700, 3), 255, dtype=np.uint8)
    if title:
        picture[100:180, 100:900] = 0
    for row in range(4):
        for stroke in range(0, 60, 6):
            picture[3000 + 80 * row : 3007 + 80 * row, 4500 + stroke : 4501 + stroke] = 0
        picture[3006 + 80 * row, 4500:4555] = 0
    quads = detect(picture, runtime)
    assert len([quad for quad in quads if quad[:, 1].min() > 2900]) == 4
    assert len(runtime.sizes) < 10  # tiles without ink are left out


def test_a_blank_large_sheet_is_looked_at_once() -> None:
    runtime = Bars()
    assert detect(np.full((3400, 4700, 3), 250, dtype=np.uint8), runtime) == []
    assert len(runtime.sizes) == 1
