"""What the recogniser's answers say: lost letters, blanks between words, letters in their company."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.page import Rival
from worker.reading.text.letters import LineText, decoded, mended

ALPHABET = tuple("0123456789.- ABOWSI名称")
NONE = ("", 1.0)


def told(*places: tuple[tuple[str, float], ...]) -> LineText:
    """A line from the letters told at each place, "" for none."""
    classes = np.zeros((len(places), 3), dtype=np.int32)
    odds = np.zeros((len(places), 3), dtype=np.float32)
    for place, letters in enumerate(places):
        for rank, (letter, share) in enumerate(letters):
            classes[place, rank] = ALPHABET.index(letter) + 1 if letter else 0
            odds[place, rank] = share
    return decoded(classes, odds, ALPHABET, share=1.0)


def sure(text: str) -> list[tuple[tuple[str, float], ...]]:
    return [places for letter in text for places in (((letter, 1.0),), (NONE,))]


def line(text: str, *rivals: Rival) -> LineText:
    return LineText(text, 0.99, tuple(np.linspace(0, 1, len(text) + 1)), rivals)


def lost(*letters: tuple[str, float]) -> tuple[tuple[str, float], ...]:
    return (("", 1 - sum(share for _, share in letters)), *letters)


def test_a_point_that_was_not_told_is_a_rival_and_not_put_in() -> None:
    read = mended(told(*sure("2")[:1], lost((" ", 0.45), (".", 0.04)), *sure("40")))
    assert read.text == "240"
    assert {(rival.index, rival.text) for rival in read.rivals} == {(0, "2 "), (0, "2.")}


def test_a_sign_before_the_first_letter_is_a_rival_of_it() -> None:
    read = told(lost(("-", 0.1)), *sure("6"))
    assert [(rival.index, rival.text) for rival in read.rivals] == [(0, "-6")]


def test_an_echo_of_the_letters_beside_it_is_no_rival() -> None:
    assert told(*sure("1")[:1], lost(("1", 0.04)), lost(("6", 0.04)), *sure("6")).rivals == ()


@pytest.mark.parametrize(
    ("left", "right", "text"),
    [("A", "B", "A B"), (".", "A", ". A"), ("7", ".", "7."), ("1", "0", "10"), ("名", "称", "名称")],
)
def test_blanks_are_put_between_words_not_into_numbers_or_chinese(left: str, right: str, text: str) -> None:
    read = mended(told(*sure(left)[:1], lost((" ", 0.2)), *sure(right)))
    assert read.text == text
    assert len(read.edges) == len(text) + 1
    assert list(read.edges) == sorted(read.edges)


def test_rivals_move_with_their_letters_when_blanks_are_put_in() -> None:
    read = mended(line("ABS", Rival(0, "A ", 0.2), Rival(1, "B ", 0.3), Rival(2, "5", 0.08)))
    assert read.text == "A B S"
    assert [(rival.index, rival.text) for rival in read.rivals] == [(4, "5")]


@pytest.mark.parametrize(
    ("text", "rival", "expected"),
    [
        ("0013B5", Rival(4, "8", 0.3), "001385"),
        ("S0WS", Rival(1, "O", 0.3), "SOWS"),
        ("0013B5", Rival(4, "8", 0.05), "0013B5"),  # not close
        ("A13B5", Rival(3, "8", 0.3), "A13B5"),  # letters and digits mixed: a code
        ("1B", Rival(1, "8", 0.3), "1B"),  # too little company
        ("001385", Rival(4, "B", 0.4), "001385"),
        ("0013B5", Rival(4, "8 ", 0.4), "0013B5"),  # a lost letter is no other one
    ],
)
def test_a_letter_fits_its_company(text: str, rival: Rival, expected: str) -> None:
    read = mended(line(text, rival))
    assert read.text == expected
    if expected != text:
        [former] = read.rivals
        assert former.text == text[rival.index]
        assert 0.0 < former.odds < 0.2


@given(st.text("01.- AB名", min_size=1, max_size=12), st.data())
def test_mending_keeps_the_letters_and_their_edges(text: str, data: st.DataObject) -> None:
    text = text.strip() or "0"
    rivals = [
        Rival(index, f"{text[index]} ", 0.3) for index in data.draw(st.sets(st.integers(0, len(text) - 1)))
    ]
    read = mended(line(text, *rivals))
    assert read.text.replace(" ", "") == text.replace(" ", "")
    assert len(read.edges) == len(read.text) + 1
    assert list(read.edges) == sorted(read.edges)
    assert all(0 <= rival.index < len(read.text) for rival in read.rivals)
