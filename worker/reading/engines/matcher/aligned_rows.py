"""Tables that no word names: rows whose cells stand under one another, with what stands over their columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import takewhile
from statistics import median

from worker.reading.engines.matcher.columns import Head, TableColumn, could_be_head, shares
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.rows import Cell, Row

_LEAST = 2  # rows that make a table, and cells of each
_GAP = 2.0  # letter heights of white that end one
_BETWEEN = 2  # rows within a table that are not in line: the rest of a wrapped text, the name of a group
_HEADS = 3  # rows of names at most


def tables(graph: Graph) -> Iterator[Head]:
    """Every run of rows in line, as the head of a table whose columns may have names, but no fields yet."""
    rows = graph.sheet.layout.rows
    for run in _runs(rows):
        named = list(takewhile(could_be_head, run))[:_HEADS]
        body = run[len(named) :]
        if len(body) < _LEAST:
            named, body = [], run
        first = body[0].index
        if not named and first and _near(rows[first - 1], rows[first]) and could_be_head(rows[first - 1]):
            named = [rows[first - 1]]
        start = named[0].index if named else first
        yield Head(start, first, tuple(_columns(body, named)), run[-1].index + 1)


def _runs(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows of several cells, each in line with the one before it."""
    run: list[Row] = []
    between = 0
    for row in rows:
        if run and (not _near(rows[row.index - 1], row) or between > _BETWEEN):
            if len(run) >= _LEAST:
                yield run
            run, between = [], 0
        if len(row.cells) < _LEAST or (run and not _in_line(run[-1], row)):
            between += bool(run)
            continue
        run.append(row)
        between = 0
    if len(run) >= _LEAST:
        yield run


def _near(before: Row, row: Row) -> bool:
    return before.page is row.page and row.y0 - before.y1 < _GAP * max(row.height, before.height)


def _in_line(one: Row, two: Row) -> bool:
    """Whether two cells of a row begin, end or have their middle where one of the other row does."""
    return sum(any(_is_under(cell, other) for other in one.cells) for cell in two.cells) >= _LEAST


def _is_under(one: Cell, two: Cell) -> bool:
    off = min(abs(one.x0 - two.x0), abs(one.x1 - two.x1), abs(one.cx - two.cx))
    return off < 0.6 * max(one.height, two.height)


def _columns(body: Sequence[Row], named: Sequence[Row]) -> Iterator[TableColumn]:
    """The columns of the rows that have the usual number of cells, with the names above them."""
    counts = Counter(len(row.cells) for row in body)
    usual = max(counts, key=lambda count: (count * counts[count], count))
    full = [row for row in body if len(row.cells) == usual]
    for cells in zip(*(row.cells for row in full), strict=True):
        column = TableColumn((), median(cell.x0 for cell in cells), median(cell.x1 for cell in cells))
        names = [TableColumn((cell.text,), cell.x0, cell.x1) for row in named for cell in row.cells]
        lines = tuple(name.text for name in names if shares(column, name))
        yield TableColumn(lines, column.x0, column.x1)
