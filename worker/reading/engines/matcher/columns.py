"""The head of a table: which rows may be one, and the names of its columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from worker.reading.engines.matcher.column_gaps import cut, gutters
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.rows import Cell, Row

_DEEPEST = 3  # rows of a head
_LONGEST = 42  # characters of a column's name
_NEAR, _NEAR_RULED = 0.9, 1.6  # letter heights of white between the rows of a head
_AMOUNT = re.compile(r"\d[.,]\d|\d{3}")


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: the rows of its name as printed, and its extent in pixels."""

    lines: tuple[str, ...]
    x0: float
    x1: float

    @property
    def text(self) -> str:
        """Its whole name."""
        return " ".join(self.lines)

    def distance(self, x0: float, x1: float) -> float:
        """How far something lies from it: apart first, then out of line."""
        apart = max(self.x0 - x1, x0 - self.x1, 0.0)
        out = min(abs(self.x0 - x0), abs(self.x1 - x1), abs(self.x0 + self.x1 - x0 - x1) / 2)
        return apart + 0.05 * out


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a table: its first row and the one after it, its columns left to right."""

    start: int
    end: int
    columns: tuple[TableColumn, ...]
    stop: int | None = None
    """The first row that is no more of the table, where that is known."""

    @property
    def period(self) -> int:
        """After how many columns their names come again, where one table was set in several parts side by side."""
        names = [column.text for column in self.columns]
        halves = range(2, len(names) // 2 + 1)
        periods = (size for size in halves if len(names) % size == 0 and all(names[:size]))
        return next((size for size in periods if names == names[:size] * (len(names) // size)), len(names))


def heads(graph: Graph) -> Iterator[Head]:
    """Every row that could be the head of a table, with those under it that may be more of its names."""
    for row in graph.sheet.layout.rows:
        if could_be_head(row):
            found = list(_from(row, graph))
            fewest = min(map(_repeated, found), default=0)
            yield from (head for head in found if _repeated(head) == fewest)


def _from(row: Row, graph: Graph) -> Iterator[Head]:
    """The heads that begin in a row."""
    rows = graph.sheet.layout.rows
    strips = gutters(row, rows)
    for depth in range(1, _DEEPEST + 1):
        part = rows[row.index : row.index + depth]
        if len(part) < depth or not all(_follows(*pair, graph) for pair in pairwise(part)):
            return
        if not could_be_head(part[-1]):
            if _AMOUNT.search(part[-1].text):
                return
            continue  # sizes such as 20' and 40' are no end of a head, but may stand within
        found = _stacked(part, strips, graph)
        if len(found) > 1:
            yield Head(row.index, row.index + depth, tuple(found))


def _repeated(head: Head) -> int:
    """How many names another column has, too: those are told apart in the next row."""
    names = [column.text for column in head.columns[: head.period]]
    return len(names) - len(set(names))


def nearest(columns: Sequence[TableColumn], x0: float, x1: float) -> int:
    """The column that something stands in."""
    return min(range(len(columns)), key=lambda index: columns[index].distance(x0, x1))


def could_be_head(row: Row) -> bool:
    """Whether a row has short texts with hardly a digit."""
    short = [cell for cell in row.cells if len(cell.text) <= _LONGEST]
    digits = sum(char.isdigit() for cell in row.cells for char in cell.text)
    letters = sum(char.isalpha() for cell in row.cells for char in cell.text)
    return len(short) >= 1 and digits <= 0.15 * letters


def _follows(before: Row, row: Row, graph: Graph) -> bool:
    """Whether a row stands right under another, as those of a head do; in ruled boxes there is more white around texts."""
    is_ruled = all(graph.sheet.ruled.of(cell) is not None for cell in (*before.cells, *row.cells))
    near = _NEAR_RULED if is_ruled else _NEAR
    return row.page is before.page and row.y0 - before.y1 < near * before.height


def _stacked(rows: Sequence[Row], strips: Sequence[tuple[float, float]], graph: Graph) -> list[TableColumn]:
    """The cells of a head's rows, those under one another joined."""
    columns: list[TableColumn] = []
    for row in rows:
        pieces = [piece for cell in row.cells for piece in _pieces(cell, strips, graph)]
        above, columns = columns, []
        for column in above:
            under = [piece for piece in pieces if shares(column, piece)]
            columns += _joined(column, [piece for piece in under if _alone(piece, above)])
        columns += [piece for piece in pieces if not any(shares(column, piece) for column in above)]
    return sorted(columns, key=lambda column: column.x0)


def _alone(piece: TableColumn, above: Sequence[TableColumn]) -> bool:
    """Whether a name stands under one other alone."""
    return sum(shares(column, piece) for column in above) == 1


def _joined(column: TableColumn, under: Sequence[TableColumn]) -> Iterator[TableColumn]:
    """A name with the one under it; several side by side under it are columns each, which it names together."""
    if len(under) == 1:
        (piece,) = under
        x0, x1 = min(column.x0, piece.x0), max(column.x1, piece.x1)
        yield TableColumn((*column.lines, *piece.lines), x0, x1)
    elif under:
        yield from (replace(piece, lines=(f"{column.text} {piece.text}",)) for piece in under)
    else:
        yield column


def shares(one: TableColumn, two: TableColumn) -> bool:
    """Whether two names or columns stand above one another."""
    shared = min(one.x1, two.x1) - max(one.x0, two.x0)
    return shared > 0.2 * min(one.x1 - one.x0, two.x1 - two.x0)


def _pieces(cell: Cell, strips: Sequence[tuple[float, float]], graph: Graph) -> Iterator[TableColumn]:
    """A cell of a head, cut between columns: their names stand close.

    A name that begins within a strip is set to the middle of its column, and whole; one in a ruled box of its own
    names all that stands between the lines.
    """
    box = graph.sheet.ruled.of(cell)
    others = () if box is None else [other for other in box.cells if other is not cell]
    if box is not None and all(0 < abs(other.row - cell.row) < _DEEPEST for other in others):
        yield TableColumn((cell.text,), box.x0, box.x1)
        return
    for start, end in cut(cell, [strip for strip in strips if cell.x0 < strip[0]]):
        yield TableColumn((cell.text[start:end],), cell.x_at(start), cell.x_at(end))
