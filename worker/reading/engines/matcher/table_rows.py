"""The rows that belong to a table: those under its head, until something else begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from worker.reading.engines.matcher.columns import Head
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.rows import Row

_GAP = 5.0  # letter heights of white that end a table
_GAP_ABOVE = 1.5  # and one that grows from its head upwards


def body(head: Head, graph: Graph, *, up: bool) -> Iterator[Row]:
    """The rows under a head, or those above it: lists of parts on drawings grow upwards."""
    rows = graph.sheet.layout.rows
    yield from _above(head, rows) if up else _below(head, rows)


def _below(head: Head, rows: Sequence[Row]) -> Iterator[Row]:
    names = {column.text for column in head.columns}
    before = rows[head.end - 1]
    for row in rows[head.end :]:
        if sum(cell.text in names for cell in row.cells) >= max(2, len(names) // 2):
            continue  # the head again, on another page
        if row.page is before.page and row.y0 - before.y1 > _GAP * max(row.height, before.height):
            return
        yield row
        before = row


def _above(head: Head, rows: Sequence[Row]) -> Iterator[Row]:
    after = rows[head.start]
    for row in reversed(rows[: head.start]):
        if row.page is not after.page or after.y0 - row.y1 > _GAP_ABOVE * max(row.height, after.height):
            return
        yield row
        after = row
