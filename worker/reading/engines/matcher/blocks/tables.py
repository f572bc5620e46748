"""Tables without regard to words: rows whose cells stand under one another, with white between the columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from worker.reading.engines.matcher.blocks.base import Phrase, ReadLine
from worker.reading.engines.matcher.blocks.joining import Joiner
from worker.reading.engines.matcher.rows import Cell

_APART = 3.5  # letter heights of white between rows that belong to one table
_WIDER = 2.2  # and how much wider than usual that is
_SINGLES = 2  # rows of one cell in a row that may stand within a table
_IN_STEP = 1.1  # how much wider than usual the step to such a row at the end is
_TOUCH = 0.25  # letter heights by which cells of two columns may reach into each other
_SPANNING = 0.5  # share of the other rows over several of whose cells a heading of columns lies
_WIDE = 0.4  # letter heights of white that may be between two columns
_WIDER_WHITE = 2.0  # and how much wider than usual that is
_ALIGNED = 0.6  # share of cells that stand under others by an edge or the middle
_WRAPPED = 0.8  # a row nearer than this share of the usual step goes on the one above


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table: its lines, from the first to before the last, and its cells by row and column."""

    start: int
    end: int
    rows: tuple[tuple[Phrase | None, ...], ...]


def tables(lines: Sequence[ReadLine], joiner: Joiner) -> Iterator[FoundTable]:
    """The tables among the lines of a page, in their order."""
    at = 0
    while at < len(lines):
        end = _run(lines, at)
        found = _table(lines[at:end], joiner) if end - at > 1 else None
        if found is not None:
            yield FoundTable(at, end, found)
        at = max(end, at + 1)


def _run(lines: Sequence[ReadLine], start: int) -> int:
    """The end of the rows from one of several cells on that may be one table; `start` where there is none."""
    if not lines[start].is_row:
        return start
    end, at, gaps = start + 1, start + 1, list[float]()
    while at < len(lines) and at - end <= _SINGLES and not lines[at].upright:
        gap = lines[at].y0 - lines[at - 1].y1
        height = max(lines[at].size, lines[at - 1].size)
        usual = median(gaps) if gaps else gap
        if not -0.8 * height < gap < max(_APART * height, _WIDER * usual) or not _within(
            lines, start, end, at
        ):
            break
        gaps.append(gap)
        if lines[at].is_row or _at_the_end(lines, start, end, at):
            end = at + 1
        at += 1
    return end


def _at_the_end(lines: Sequence[ReadLine], start: int, end: int, at: int) -> bool:
    """Whether a row of one cell follows a table as closely as its rows follow each other: the rest is empty."""
    steps = [two.cy - one.cy for one, two in pairwise(lines[start:end])]
    return at == end and len(steps) > 1 and lines[at].cy - lines[at - 1].cy < _IN_STEP * median(steps)


def _within(lines: Sequence[ReadLine], start: int, end: int, at: int) -> bool:
    """Whether a row may belong to a table: it has several cells, or one that stands in a column."""
    if lines[at].is_row:
        return True
    cell, reach = lines[at].cells[0], lines[at].size
    columns = _extents([line for line in lines[start:end] if line.is_row])
    return any(x0 - reach < cell.x0 and cell.x1 < x1 + reach for x0, x1 in columns)


def _table(lines: Sequence[ReadLine], joiner: Joiner) -> tuple[tuple[Phrase | None, ...], ...] | None:
    """The cells of a table by rows and columns; None for rows that make none."""
    lines = _cut(lines)
    several = [line for line in lines if line.is_row]
    if len(several) < 2:
        return None
    columns = _merged(_extents(several), several)
    if len(columns) < 2 or _aligned(several, columns) < _ALIGNED:
        return None
    placed = [_placed(line, columns) for line in lines]
    return tuple(tuple(_phrase(cells, joiner) for cells in row) for row in _unwrapped(lines, placed))


def _extents(rows: Sequence[ReadLine]) -> list[tuple[float, float]]:
    """The columns from left to right: what the cells cover that lie over one cell of most other rows."""
    spans = sorted(
        (cell.x0, cell.x1, cell.height) for row in rows for cell in row.cells if not _spans(cell, row, rows)
    )
    columns: list[tuple[float, float]] = []
    for x0, x1, height in spans:
        if columns and x0 < columns[-1][1] - _TOUCH * height:
            columns[-1] = (columns[-1][0], max(columns[-1][1], x1))
        else:
            columns.append((x0, x1))
    return columns


def _merged(columns: Sequence[tuple[float, float]], rows: Sequence[ReadLine]) -> list[tuple[float, float]]:
    """The columns, two side by side made one where no row has a cell in both: a name is set off from its numbers."""
    held = [{_column(cell, columns) for cell in row.cells} for row in rows]
    merged: list[tuple[tuple[float, float], set[int]]] = []
    for at, (x0, x1) in enumerate(columns):
        own = {number for number, row in enumerate(held) if at in row}
        if merged and not merged[-1][1] & own:
            (left, _), before = merged[-1]
            merged[-1] = ((left, x1), before | own)
        else:
            merged.append(((x0, x1), own))
    return [extent for extent, _ in merged]


def _cut(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """Rows whose cells were read across columns cut at white that is wide among that between words."""
    whites = [
        cell.x_at(gap.end()) - cell.x_at(gap.start())
        for line in lines
        for cell in line.cells
        for gap in _gaps(cell)
    ]
    least = _WIDER_WHITE * median(whites) if whites else 0.0
    return [
        replace(line, cells=tuple(piece for cell in line.cells for piece in _pieces(cell, least)))
        if line.is_row
        else line
        for line in lines
    ]


def _gaps(cell: Cell) -> Iterator[re.Match[str]]:
    return re.finditer(r"\s+", cell.text)


def _pieces(cell: Cell, least: float) -> Iterator[Cell]:
    start = 0
    for gap in _gaps(cell):
        if cell.x_at(gap.end()) - cell.x_at(gap.start()) > max(least, _WIDE * cell.height):
            yield cell.part(start, gap.start())
            start = gap.end()
    yield cell.part(start, len(cell.text)) if start else cell


def _spans(cell: Cell, row: ReadLine, rows: Sequence[ReadLine]) -> bool:
    others = [other for other in rows if other is not row]
    over = sum(
        sum(cell.overlap_x(under) > _TOUCH * cell.height for under in other.cells) > 1 for other in others
    )
    return bool(others) and over > _SPANNING * len(others)


def _column(cell: Cell, columns: Sequence[tuple[float, float]]) -> int:
    """The first of the columns over which a cell lies, or the nearest one."""
    shared = [min(cell.x1, x1) - max(cell.x0, x0) for x0, x1 in columns]
    over = [at for at, amount in enumerate(shared) if amount > _TOUCH * cell.height]
    return over[0] if over else max(range(len(columns)), key=shared.__getitem__)


def _aligned(rows: Sequence[ReadLine], columns: Sequence[tuple[float, float]]) -> float:
    """The share of cells that have another one of their column right above or below by an edge or the middle."""
    by_column: dict[int, list[Cell]] = {}
    for row in rows:
        for cell in row.cells:
            by_column.setdefault(_column(cell, columns), []).append(cell)
    total = sum(len(cells) for cells in by_column.values())
    good = sum(
        any(_in_line(cell, other) for other in cells if other is not cell)
        for cells in by_column.values()
        for cell in cells
    )
    return good / total


def _in_line(cell: Cell, other: Cell) -> bool:
    reach = 0.6 * max(cell.height, other.height)
    return min(abs(cell.x0 - other.x0), abs(cell.x1 - other.x1), abs(cell.cx - other.cx)) < reach


def _placed(line: ReadLine, columns: Sequence[tuple[float, float]]) -> list[list[Cell]]:
    """The cells of a row by columns, in the order of reading."""
    row: list[list[Cell]] = [[] for _ in columns]
    for cell in line.cells:
        row[_column(cell, columns)].append(cell)
    return row[::-1] if line.mirrored else row


def _unwrapped(lines: Sequence[ReadLine], placed: Sequence[list[list[Cell]]]) -> list[list[list[Cell]]]:
    """Rows with those put into the one above that hold only the rest of its cells.

    Such a row has fewer cells, all of them under others, and stands nearer than rows do.
    """
    steps = [after.cy - before.cy for before, after in pairwise(lines)]
    full = 0.6 * max(sum(map(bool, row)) for row in placed)
    usual = median(
        [step for step, row in zip(steps, placed[1:], strict=True) if sum(map(bool, row)) >= full] or steps
    )
    rows = [placed[0]]
    for step, before, row in zip(steps, placed, placed[1:], strict=False):
        filled = {at for at, cells in enumerate(row) if cells}
        above = {at for at, cells in enumerate(rows[-1]) if cells}
        if filled < above and step < _WRAPPED * usual and len(filled) <= sum(map(bool, before)):
            for at in filled:
                rows[-1][at] = [*rows[-1][at], *row[at]]
        else:
            rows.append(row)
    return rows


def _phrase(cells: Sequence[Cell], joiner: Joiner) -> Phrase | None:
    return joiner.together([Phrase(cell.text, (cell,)) for cell in cells]) if cells else None
