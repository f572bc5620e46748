"""A text as a row of comparable signs, each with its place, and where words begin and end in it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from schemas.values.folding import has_cjk, plain

_CLUSTER = re.compile(r".[\u0300-\u036f]*", re.DOTALL)
_IN_NUMBERS = ".,:/"
HARD, SOFT, NONE = 1.0, 0.8, 0.0
"""How much a place between two signs is a border of words."""


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters and digits of a text, case folded, and the marks between digits.

    Sign `i` stands at `text[starts[i]:ends[i]]` of the text.
    """

    text: str
    signs: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def opens(self, index: int) -> float:
        """How much a word begins with the sign at `index`."""
        at = self.starts[index]
        return border(self.text, at, first=at == 0)

    def closes(self, index: int) -> float:
        """How much a word ends with the sign at `index`."""
        at = self.ends[index]
        return border(self.text, at, first=at == len(self.text))


def letters(text: str) -> Letters:
    """The comparable signs of a text."""
    signs: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for cluster in _CLUSTER.finditer(text):
        folded = unicodedata.normalize("NFKC", plain(cluster[0]).casefold())
        mark = folded in _IN_NUMBERS and _between_digits(text, cluster.start())
        for sign in folded:
            if mark or _counts(sign):
                signs.append(sign)
                starts.append(cluster.start())
                ends.append(cluster.end())
    return Letters(text, "".join(signs), tuple(starts), tuple(ends))


def border(text: str, at: int, *, first: bool) -> float:
    """How much the place before `text[at]` parts words; `first` says that it is an end of the text."""
    if first or at == 0 or at >= len(text):
        return HARD
    before, after = text[at - 1], text[at]
    if before.isalnum() and after.isalnum():
        return _inside(before, after)
    if before.isdigit() and after in ".,:/'" and text[at + 1 : at + 2].isdigit():
        return NONE
    if after.isdigit() and before in ".,:/'" and at > 1 and text[at - 2].isdigit():
        return NONE
    joined = (before in "-/" and at > 1 and text[at - 2].isalnum()) or (
        after in "-/" and text[at + 1 : at + 2].isalnum()
    )
    return SOFT if joined else HARD


def _inside(before: str, after: str) -> float:
    """A border between two letters or digits that stand close: OCR drops blanks, Chinese has none."""
    if has_cjk(before + after):
        return HARD
    if before.isdigit() != after.isdigit():
        return SOFT
    return SOFT if before.islower() and after.isupper() else NONE


def _counts(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign) in {"Mn", "Mc"}


def _between_digits(text: str, at: int) -> bool:
    return at > 0 and text[at - 1].isdigit() and text[at + 1 : at + 2].isdigit()
