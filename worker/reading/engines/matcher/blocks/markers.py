"""Signs with which the items of a list begin: bullets, dashes, numbers, letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from schemas.page import union
from worker.reading.engines.matcher.blocks.base import ReadLine
from worker.reading.engines.matcher.rows import Cell
from worker.reading.text.direction import leftwards

_BULLET = re.compile(r"([•‣◦⁃∙▪▫■□●○◆◇►▶▸➢➤✓✔☐☑☒・·]|[\uf020-\uf0ff])\s*\S")
_DASH = re.compile(r"([-–—*+])\s+\S")
_NUMBER = re.compile(r"[(（]?(\d{1,3}(?:\.\d{1,3})*)(?:[.)）、．](?=\s|[^\W\d])|(?<=\d\.\d)\s)\s*\S")
_LETTERS = re.compile(r"(?:[(（](?=\w+[)）])|(?=\w+[.)）]\s))([A-Za-z]|[ivxlc]{2,6}|[IVXLC]{2,6})[.)）]\s*\S")
_CHINESE = re.compile(r"[(（]?([一二三四五六七八九十]{1,3})[、.．)）]\s*\S")
_CIRCLED = re.compile(r"([①-⑳])\s*\S")
_ALONE = re.compile(r"\S{1,6}")
_SAME_PLACE = 1.5  # letter heights by which the first letters of two items may be off
_HANGING, _COUNTED = 4.0, 2.0  # letter heights of white between a bullet, or a number, and its item
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_DIGITS = "一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Marker:
    """The sign before an item: of which sort, and what it counts in all the ways in which it may be read."""

    sort: str
    counts: tuple[tuple[int, ...], ...] = ()

    @property
    def sure(self) -> bool:
        """Whether nothing but an item begins like this."""
        return self.sort == "bullet"

    def follows(self, before: Marker) -> bool:
        """Whether an item with this sign may come right after one with another."""
        if self.sort != before.sort:
            return False
        if not self.counts:
            return True
        return any(_next(one, two) for one in before.counts for two in self.counts)


def marker_of(text: str) -> Marker | None:
    """The sign that a line begins with."""
    if _BULLET.match(text):
        return Marker("bullet")
    if found := _DASH.match(text):
        return Marker(found[1])
    if found := _NUMBER.match(text):
        return Marker("number", (tuple(map(int, found[1].split("."))),))
    if found := _CIRCLED.match(text):
        return Marker("circled", ((ord(found[1]),),))
    if found := _CHINESE.match(text):
        return Marker("chinese", ((_chinese(found[1]),),))
    if found := _LETTERS.match(text):
        return Marker("upper" if found[1].isupper() else "lower", tuple(_of_letters(found[1].lower())))
    return None


def with_signs(cells: Sequence[Cell]) -> list[Cell]:
    """The cells of a page, in rows from left to right, those that hold nothing but a sign put before their items."""
    kept: list[Cell] = []
    for cell in cells:
        if kept and kept[-1].row == cell.row and _begins(kept[-1], cell):
            kept[-1] = _put_together(kept[-1], cell)
        else:
            kept.append(cell)
    return kept


def _begins(sign: Cell, item: Cell) -> bool:
    """Whether a cell is the sign of the item beside it."""
    if not _ALONE.fullmatch(sign.text) or leftwards(item.text):
        return False
    found = marker_of(f"{sign.text} x")
    reach = _HANGING if found and found.sure else _COUNTED
    return found is not None and 0 < item.x0 - sign.x1 < reach * item.height


def _put_together(sign: Cell, item: Cell) -> Cell:
    one, two = sign.line, item.line
    line = replace(
        two,
        text=f"{one.text} {two.text}",
        box=union((one.box, two.box)),
        confidence=min(one.confidence, two.confidence),
        edges=(*one.edges, *two.edges),
        rivals=(),
    )
    return replace(item, line=line, x0=sign.x0)


def confirmed(lines: Sequence[ReadLine]) -> dict[int, Marker]:
    """The lines that begin an item, by their places: bullets, and other signs of which another one follows."""
    marked = [(at, found) for at, line in enumerate(lines) if (found := marker_of(line.text))]
    kept = {at: found for at, found in marked if found.sure}
    for (at, one), (after, two) in pairwise(marked):
        below = lines[after].y0 > lines[at].y0
        aside = below and abs(lines[at].x0 - lines[after].x0) > _SAME_PLACE * lines[at].size
        if two.follows(one) and (not aside or len(two.counts[0] if two.counts else ()) > 1):
            kept[at], kept[after] = one, two
    return kept


def _next(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether a number follows: 2 after 1, 1.1 after 1, 2 after 1.3."""
    if after == (*before, 1):
        return True
    depth = len(after)
    return depth <= len(before) and after == (*before[: depth - 1], before[depth - 1] + 1)


def _of_letters(text: str) -> list[tuple[int, ...]]:
    """A letter's place in the alphabet, and the Roman number that it may be."""
    ways: list[tuple[int, ...]] = [(ord(text),)] if len(text) == 1 else []
    if all(char in _ROMAN for char in text):
        values = [_ROMAN[char] for char in text]
        ways.append((sum(-one if two > one else one for one, two in pairwise([*values, 0])),))
    return ways


def _chinese(text: str) -> int:
    tens, ten, ones = text.rpartition("十")
    return 10 * (_DIGITS.find(tens) + 1 or 1) * bool(ten) + _DIGITS.find(ones) + 1
