"""Numbers that stand under one another, with the head of their column and the words of their row.

Asked for by nobody, and told by geometry: a chain of numbers one under another, of which the first has a text right
above it. Rows of several such numbers make a table; what such a table holds means nothing without its head.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.number_cells import is_number
from worker.reading.engines.matcher.rows import Cell

_HEAD_GAP = 3.0  # letter heights between a head and the first number under it
_STEP = 9.0  # letter heights between numbers of one column, where some rows have none
_LEAST_ROWS = 2  # rows of several numbers that make a table
_LONGEST = 60  # characters of a head
_LINE_GAP = 0.6  # letter heights between the lines of one head
_ASIDE = 0.4  # share of the wider line by which the middles of two may differ
_MOST_LINES = 4
_TOUCH = 0.3  # letter heights that a cell reaches into what stands above or under it


@dataclass(frozen=True, slots=True)
class TableNumber:
    """A number of a table, the lines of the head of its column, and the words of its row, None where there are none."""

    cell: Cell
    head: tuple[Cell, ...]
    row: Cell | None

    @property
    def names(self) -> tuple[Cell, ...]:
        """What it is called by."""
        return self.head if self.row is None else (self.row, *self.head)


def find(graph: Graph) -> dict[int, TableNumber]:
    """The numbers of every table, by the identity of their cells."""
    heads: dict[int, Cell | None] = {}
    for cell in graph.sheet.layout.cells:
        if is_number(cell.text):
            heads[id(cell)] = _head(cell, heads, graph)
    rows = [[cell for cell in row.cells if heads.get(id(cell))] for row in graph.sheet.layout.rows]
    several = Counter(id(heads[id(cell)]) for row in rows if len(row) > 1 for cell in row)
    return {
        id(cell): TableNumber(cell, _lines(head, graph), _words(cell, graph))
        for row in rows
        for cell in row
        if (head := heads[id(cell)]) is not None and several[id(head)] >= _LEAST_ROWS
    }


def _head(cell: Cell, heads: dict[int, Cell | None], graph: Graph) -> Cell | None:
    """The head of the column that a number stands in: that of the number above it, else the text right above."""
    height = max(cell.height, 1.0)
    for other in _upwards(cell, graph):
        gap = cell.y0 - other.y1
        if is_number(other.text):
            return heads.get(id(other))
        text = other.text.rstrip()
        is_head = len(text) <= _LONGEST and not text.endswith((":", "：")) and any(map(str.isalpha, text))
        return other if is_head and gap < _HEAD_GAP * height else None
    return None


def _lines(last: Cell, graph: Graph) -> tuple[Cell, ...]:
    """The lines of a head of which one is the last: those tight above it, no wider than it may be."""
    lines = [last]
    for other in _upwards(last, graph):
        below = lines[0]
        tight = below.y0 - other.y1 < _LINE_GAP * max(below.height, other.height)
        within = abs(other.cx - last.cx) < _ASIDE * max(other.x1 - other.x0, last.x1 - last.x0)
        if len(lines) == _MOST_LINES or not tight or not within or any(map(str.isdigit, other.text)):
            break
        lines.insert(0, other)
    return tuple(lines)


def _upwards(cell: Cell, graph: Graph) -> Iterator[Cell]:
    """The cells above, not far off, that share some width with one, the nearest first."""
    rows = graph.sheet.layout.rows
    for index in range(cell.row - 1, -1, -1):
        if rows[index].page is not cell.page or cell.y0 - rows[index].y1 > _STEP * max(cell.height, 1.0):
            return
        over = [
            other
            for other in rows[index].cells
            if other.overlap_x(cell) > _TOUCH * min(cell.height, other.height)
        ]
        if over:
            yield max(over, key=lambda other: other.overlap_x(cell))


def _words(cell: Cell, graph: Graph) -> Cell | None:
    """The text that names the row of a number: the nearest one at its left that is none itself."""
    left = reversed(graph.sheet.layout.left_of(cell))
    return next(
        (other for other in left if any(map(str.isalpha, other.text)) and not is_number(other.text)), None
    )
