"""Words of a row as they are read: from right to left where its script is, Latin names from left to right.

The rules are those of the Unicode Bidirectional Algorithm (UAX #9), backwards: it goes from the order of
reading to that of print. Words are taken whole, for a file has the letters of each in the order of reading.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import groupby

from schemas.page import Word

_OPENING, _CLOSING = "([{", ")]}"
_MIRRORED = str.maketrans(_OPENING + _CLOSING, _CLOSING + _OPENING)
_RIGHT_TO_LEFT = {"R", "AL"}


def leftwards(text: str) -> bool:
    """Whether most of the letters of a text belong to a script that is written from right to left."""
    if text.isascii():
        return False
    kinds = [unicodedata.bidirectional(char) for char in text]
    backward = sum(kind in _RIGHT_TO_LEFT for kind in kinds)
    return backward > sum(kind == "L" for kind in kinds)


def as_read(words: Sequence[Word]) -> list[Word]:
    """Words of a row, given from left to right, in the order in which they are read."""
    if not leftwards("".join(word.text for word in words)):
        return list(words)
    ordered: list[Word] = []
    for latin, run in groupby(reversed(words), key=_is_latin):
        found = list(run)
        ordered += found[::-1] if latin else found
    return ordered


def unmirrored(text: str) -> str:
    """A word with its brackets as they are read: those of what runs leftwards are drawn mirrored.

    Only where a word would begin with a closing bracket, or end with an opening one.
    """
    if not leftwards(text) or not (text[0] in _CLOSING or text[-1] in _OPENING):
        return text
    return text.translate(_MIRRORED)


def _is_latin(word: Word) -> bool:
    kinds = [unicodedata.bidirectional(char) for char in word.text]
    return "L" in kinds and not _RIGHT_TO_LEFT & set(kinds)
