from __future__ import annotations

import numpy as np

from schemas.page import Box, Word
from tests.build import picture
from worker.reading.text import ink

PAGE = np.asarray(picture())
ON_INK = Box(0.06, 0.3, 0.5, 0.6)


def test_a_word_stands_on_ink_or_on_bare_paper() -> None:
    assert ink.stands_on_ink(PAGE, ON_INK)
    assert not ink.stands_on_ink(PAGE, Box(0.1, 0.8, 0.4, 0.95))


def test_rows_of_letters_without_words_are_seen() -> None:
    page = np.asarray(picture("A WHOLE LINE OF TEXT", size=(900, 900)))
    elsewhere = Word("A", Box(0.04, 0.9, 0.08, 0.93))
    [row] = ink.rows_elsewhere(page, [elsewhere])
    assert row.y0 < 80 / 900 < row.y1
    assert row.width > 0.3


def test_rows_under_words_and_drawn_lines_are_none() -> None:
    page = np.array(picture("A WHOLE LINE OF TEXT", size=(900, 900)))
    page[300:302] = 0  # a rule across the page
    page[:, 700:703] = 0
    assert ink.rows_elsewhere(page, [Word("A WHOLE LINE OF TEXT", Box(0.03, 0.05, 0.98, 0.15))]) == []
