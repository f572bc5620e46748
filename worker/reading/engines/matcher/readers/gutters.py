"""Lines that run across the white between two columns, cut there.

White between two words belongs to a gutter where it is wide and lines above and below have white in the
same place; between the words of a justified line it stands somewhere else in the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from worker.reading.engines.matcher.rows import Cell

_WIDE = 0.45  # letter heights of white between words that may be a gutter
_UNUSUAL = 1.5  # how much wider than most of the white between the page's words it is
_WIDEST = 4.0  # between two lines beside each other
_REACH = 8.0  # letter heights up and down in which a gutter goes on
_LEAST_ROWS = 4  # rows that have white in the same place
_SHARED = 0.6  # of the narrower white
_MOST = 3000  # pieces of white on a page; one with more is left as it is


@dataclass(frozen=True, slots=True)
class _White:
    """Blank paper between two words of a cell (from `start` to `end` of its text) or between two cells."""

    x0: float
    x1: float
    y: float
    height: float
    cell: Cell
    start: int = 0
    end: int = 0


def split_at_gutters(cells: Sequence[Cell]) -> list[Cell]:
    """The cells of a page, those cut in two (or more) that were read across columns."""
    whites = [*_within(cells), *_between(cells)]
    if not whites or len(whites) > _MOST:
        return list(cells)
    cuts: dict[int, list[_White]] = {}
    for white, supported in zip(whites, _supported(whites), strict=True):
        if supported and white.end:
            cuts.setdefault(id(white.cell), []).append(white)
    return [piece for cell in cells for piece in _pieces(cell, cuts.get(id(cell), ()))]


def _within(cells: Sequence[Cell]) -> Iterator[_White]:
    """White between words that is wide for its letters, and among that of the page."""
    whites = [
        _White(cell.x_at(gap.start()), cell.x_at(gap.end()), cell.cy, cell.height, cell, *gap.span())
        for cell in cells
        for gap in re.finditer(r"\s+", cell.text)
    ]
    shares = [(white.x1 - white.x0) / white.height for white in whites]
    least = max(_WIDE, _UNUSUAL * float(np.median(shares))) if shares else _WIDE
    return (white for white, share in zip(whites, shares, strict=True) if share > least)


def _between(cells: Sequence[Cell]) -> Iterator[_White]:
    ordered = sorted(cells, key=lambda cell: (cell.row, cell.x0))
    for before, cell in pairwise(ordered):
        if before.row == cell.row and 0 < cell.x0 - before.x1 < _WIDEST * cell.height:
            yield _White(before.x1, cell.x0, cell.cy, cell.height, cell)


def _supported(whites: Sequence[_White]) -> list[bool]:
    """Whether enough other rows near each piece of white have white in the same place."""
    x0, x1, y, height = np.array([(white.x0, white.x1, white.y, white.height) for white in whites]).T
    found = []
    for at in range(len(whites)):
        shared = np.minimum(x1, x1[at]) - np.maximum(x0, x0[at])
        same = shared > _SHARED * np.minimum(x1 - x0, x1[at] - x0[at])
        off = np.abs(y - y[at])
        near = same & (off < _REACH * height[at]) & (off > 0.5 * height[at])
        found.append(int(near.sum()) >= _LEAST_ROWS)
    return found


def _pieces(cell: Cell, cuts: Sequence[_White]) -> Iterator[Cell]:
    start = 0
    for cut in cuts:
        yield _piece(cell, start, cut.start)
        start = cut.end
    yield cell if start == 0 else _piece(cell, start, len(cell.text))


def _piece(cell: Cell, start: int, end: int) -> Cell:
    box, edges = cell.line.span_box(start, end), cell.line.edges[start : end + 1]
    line = replace(cell.line, text=cell.text[start:end], box=box, edges=edges, rivals=())
    return replace(cell, line=line, x0=cell.x_at(start), x1=cell.x_at(end))
