"""Where lines stand, whatever the shape of the picture."""

from __future__ import annotations

import numpy as np
from hypothesis import given
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
def test_sizes_come_from_a_grid_and_are_bounded(long: int, short: int) -> None:
    runtime = Bars()
    for shape in ((long, short, 3), (short, long, 3)):
        detect(np.full(shape, 255, dtype=np.uint8), runtime)
    for height, width, _ in runtime.sizes:
        assert height % GRID == 0
        assert width % GRID == 0
        assert height * width <= MOST_PIXELS


@given(st.integers(0, 40), st.integers(0, 20), st.sampled_from([(800, 600), (300, 1400), (2400, 1800)]))
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
