"""What pictures of lines say: batches, letters, rivals."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from worker.reading.pages.base import Picture
from worker.reading.text.recognition import recognise
from worker.reading.text.runtimes.base import LIKELY, LetterOdds

PLACES = 8  # pixels per place


class Stamps:
    """A runtime that reads the grey of each stretch of eight columns as a letter: 10 is the first one."""

    streams = 2
    alphabet = tuple("abcdefgh ")

    def __init__(self) -> None:
        self.sizes: set[tuple[int, ...]] = set()

    def text_map(self, picture: Picture) -> NDArray[np.float32]:
        """Never asked for."""
        raise AssertionError(picture.shape)

    def letter_odds(self, crops: NDArray[np.uint8]) -> LetterOdds:
        """The letter of each stretch, with its follower as a rival."""
        self.sizes.add(crops.shape)
        grey = crops[:, 24, PLACES // 2 :: PLACES, 0].astype(np.int32)
        first = np.where(grey % 10 == 0, grey // 10, 0)
        classes = np.stack([first, np.where(first > 0, first % 8 + 1, 0), np.zeros_like(first)], axis=-1)
        odds = np.broadcast_to(np.array([0.9, 0.08, 0.02], dtype=np.float32), classes.shape)
        assert classes.shape[-1] == LIKELY
        return LetterOdds(classes.astype(np.int32), odds)


def stamped(text: str) -> Picture:
    """A picture of a line as `Stamps` reads it: a letter of eight columns, then eight of paper."""
    picture = np.full((48, 16 * max(1, len(text)), 3), 255, dtype=np.uint8)
    for index, letter in enumerate(text):
        picture[:, 16 * index : 16 * index + 8] = 10 * (Stamps.alphabet.index(letter) + 1)
    return picture


def read(texts: list[str]) -> list[str]:
    with ThreadPoolExecutor(2) as pool:
        return [line.text for line in recognise([stamped(text) for text in texts], Stamps(), pool)]


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=60), max_size=20))
def test_every_line_is_read_in_its_place(texts: list[str]) -> None:
    assert read(texts) == texts


def test_margins_are_no_text_and_rivals_follow_their_letters() -> None:
    with ThreadPoolExecutor(1) as pool:
        [line] = recognise([stamped("  ab ")], Stamps(), pool)
    assert line.text == "ab"
    assert [(rival.index, rival.text) for rival in line.rivals] == [(0, "b"), (1, "c")]
    assert len(line.edges) == 3
    assert abs(line.edges[1] - 3 / 5) < 0.05


def test_a_line_without_letters_is_empty() -> None:
    with ThreadPoolExecutor(1) as pool:
        [line] = recognise([np.full((48, 400, 3), 255, dtype=np.uint8)], Stamps(), pool)
    assert (line.text, line.confidence) == ("", 0.0)


def test_a_line_of_extreme_shape_is_bounded() -> None:
    runtime = Stamps()
    with ThreadPoolExecutor(1) as pool:
        recognise([np.full((1, 30_000, 3), 255, dtype=np.uint8)], runtime, pool)
        recognise([np.full((30_000, 1, 3), 255, dtype=np.uint8)], runtime, pool)
    assert max(size[2] for size in runtime.sizes) <= 3200
