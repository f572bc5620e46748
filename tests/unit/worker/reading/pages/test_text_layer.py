from __future__ import annotations

import numpy as np

from schemas.page import Box, Word
from tests.build import picture
from worker.reading.pages import text_layer

PAGE = np.asarray(picture())
ON_INK = Word("HELLO", Box(0.06, 0.3, 0.5, 0.6))
ON_PAPER = Word("HIDDEN", Box(0.1, 0.8, 0.4, 0.95))


def test_words_on_their_ink_agree() -> None:
    assert text_layer.agrees(PAGE, [ON_INK])


def test_words_on_bare_paper_do_not() -> None:
    assert not text_layer.agrees(PAGE, [ON_INK, ON_PAPER])


def test_a_stray_word_on_a_scan_does_not_make_a_text_layer() -> None:
    scan = np.asarray(picture("A WHOLE PAGE OF", size=(900, 900)))
    scan = np.concatenate([scan] * 4)
    assert not text_layer.agrees(scan, [Word("A", Box(0.04, 0.02, 0.08, 0.04))])


def test_no_words_are_no_text_layer() -> None:
    assert not text_layer.agrees(PAGE, [])
