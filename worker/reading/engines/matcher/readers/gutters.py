"""Lines that run across the white between two columns, cut there.

White between two words is part of a gutter where it is wide and goes on up and down, with no word in it, beside
several other lines on either side; between the words of a justified line it ends at the next one. A line that fills
its column may leave less white: it is cut where gutters end at it from above and from below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from worker.reading.engines.matcher.rows import Cell

_WIDE = 0.45  # letter heights of white between words that may be a gutter
_UNUSUAL = 1.3  # how much wider than most of the white between the page's words it is
_NARROWEST = 0.35  # letter heights of a gutter between the longest lines beside it
_WIDEST = 4.0  # letter heights of white between two lines beside each other
_HEADLINE = 1.25  # letter heights from which a line is set over columns, whatever white there is in it
_ENDS = 0.3  # letter heights from a line at which a gutter ends at it
_REACH = 14.0  # letter heights up and down in which a gutter is followed
_LEAST_LINES = 5  # lines on either side of it
_BESIDE = 8.0  # letter heights within which a line stands beside it
_MOST = 3000  # pieces of white on a page; one with more is left as it is

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _White:
    """Blank paper between two words beside each other, in letters so high."""

    x0: float
    x1: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class _Gutter:
    """White between columns, from the line that ends it above to the one that ends it below."""

    x0: float
    x1: float
    top: float
    bottom: float
    height: float
    """That of the letters beside it."""

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        return self.x0 <= x <= self.x1 and self.top < y < self.bottom


@dataclass(frozen=True)
class _Words:
    """The words of a page from the top down: their ends, middles and heights, the numbers of their cells."""

    x0: Numbers
    x1: Numbers
    y: Numbers
    height: Numbers
    cell: NDArray[np.int64]

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> _Words:
        """Those of some cells."""
        found = sorted(
            (cell.cy, cell.x_at(word.start()), cell.x_at(word.end()), cell.height, number)
            for number, cell in enumerate(cells)
            for word in re.finditer(r"\S+", cell.text)
        )
        y, x0, x1, heights, numbers = np.array(found, dtype=np.float64).reshape(-1, 5).T
        return cls(x0, x1, y, heights, numbers.astype(np.int64))

    def near(self, y: float, reach: float) -> slice:
        """Those so far above and below."""
        low, high = np.searchsorted(self.y, (y - reach, y + reach))
        return slice(int(low), int(high))


def split_at_gutters(cells: Sequence[Cell]) -> list[Cell]:
    """The cells of a page, those cut in two (or more) that were read across columns."""
    whites = [*_wide(cells), *_between(cells)]
    if not whites or len(whites) > _MOST:
        return list(cells)
    words = _Words.of(cells)
    gutters: list[_Gutter] = []
    for white in sorted(whites, key=lambda white: white.x0 - white.x1):
        if not any(gutter.holds((white.x0 + white.x1) / 2, white.y) for gutter in gutters):
            found = _gutter(white, words)
            gutters += [found] if found else []
    return [piece for cell in cells for piece in _pieces(cell, _cuts(cell, gutters))]


def _wide(cells: Sequence[Cell]) -> Iterator[_White]:
    """White between words of a line that is wide for its letters, and among that of the page."""
    whites = [
        _White(cell.x_at(gap.start()), cell.x_at(gap.end()), cell.cy, cell.height)
        for cell in cells
        for gap in re.finditer(r"\s+", cell.text)
    ]
    shares = [(white.x1 - white.x0) / white.height for white in whites]
    least = max(_WIDE, _UNUSUAL * float(np.median(shares))) if shares else _WIDE
    return (white for white, share in zip(whites, shares, strict=True) if share > least)


def _between(cells: Sequence[Cell]) -> Iterator[_White]:
    """White between a line and the next one to its right, if that is near."""
    ordered = sorted(cells, key=lambda cell: (cell.row, cell.x0))
    for before, cell in pairwise(ordered):
        wide = cell.x0 - before.x1 > _WIDE * cell.height
        if before.row == cell.row and wide and cell.x0 - before.x1 < _WIDEST * cell.height:
            yield _White(before.x1, cell.x0, cell.cy, cell.height)


def _gutter(white: _White, words: _Words) -> _Gutter | None:
    """The gutter that a piece of white is part of."""
    height = white.height
    near = words.near(white.y, _REACH * height)
    x0, x1, y = words.x0[near], words.x1[near], words.y[near]
    low, high, top, bottom = white.x0, white.x1, -np.inf, np.inf
    within = np.nonzero((x1 > low) & (x0 < high))[0]
    for at in within[np.argsort(np.abs(y[within] - white.y), kind="stable")]:
        if not top < y[at] < bottom or x1[at] <= low or x0[at] >= high:
            continue
        left = (x0[at] + x1[at]) / 2 < (low + high) / 2
        narrowed = (max(low, x1[at]), high) if left else (low, min(high, x0[at]))
        if narrowed[1] - narrowed[0] >= _NARROWEST * height:
            low, high = narrowed
        elif y[at] < white.y:
            top = y[at]
        else:
            bottom = y[at]
    beside = (y > top) & (y < bottom)
    lines = words.cell[near]
    before = beside & (x1 <= low + 1) & (x1 > low - _BESIDE * height)
    behind = beside & (x0 >= high - 1) & (x0 < high + _BESIDE * height)
    if any(len(np.unique(lines[side])) < _LEAST_LINES for side in (before, behind)):
        return None
    letters = float(np.median(words.height[near][before | behind]))
    return _Gutter(float(low), float(high), float(top), float(bottom), letters)


def _cuts(cell: Cell, gutters: Sequence[_Gutter]) -> list[tuple[int, int]]:
    """The white of a cell, from `start` to `end` of its text, that lies in a gutter or between two ends of one."""
    height, y = cell.height, cell.cy
    gutters = [one for one in gutters if height < _HEADLINE * one.height]
    level = [one for one in gutters if one.top < y < one.bottom]
    above = [one for one in gutters if abs(one.bottom - y) < _ENDS * height]
    below = [one for one in gutters if abs(one.top - y) < _ENDS * height]
    if not level and not (above and below):
        return []
    cuts = []
    for gap in re.finditer(r"\s+", cell.text):
        x0, x1 = cell.x_at(gap.start()), cell.x_at(gap.end())
        if any(one.holds((x0 + x1) / 2, y) for one in level) or (
            _touches(above, x0, x1) and _touches(below, x0, x1)
        ):
            cuts.append(gap.span())
    return cuts


def _touches(gutters: Sequence[_Gutter], x0: float, x1: float) -> bool:
    return any(one.x0 < x1 and x0 < one.x1 for one in gutters)


def _pieces(cell: Cell, cuts: Sequence[tuple[int, int]]) -> Iterator[Cell]:
    start = 0
    for white, end in cuts:
        yield cell.part(start, white)
        start = end
    yield cell if start == 0 else cell.part(start, len(cell.text))
