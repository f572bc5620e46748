"""The rows that belong to a table: those under its head, until something else begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from worker.reading.engines.matcher.column_gaps import gutters
from worker.reading.engines.matcher.columns import Head, TableColumn
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.rows import Row

Strips = Sequence[tuple[float, float]]
_GAP = 5.0  # letter heights of white that end a table
_GAP_ABOVE = 1.5  # and one that grows from its head upwards


def body(head: Head, graph: Graph, *, up: bool) -> Iterator[Row]:
    """The rows under a head, or those above it: lists of parts on drawings grow upwards."""
    rows = graph.sheet.layout.rows
    yield from _above(head, rows) if up else _below(head, rows[: head.stop])


def _below(head: Head, rows: Sequence[Row]) -> Iterator[Row]:
    """The rows under a head, and under its repetitions on later pages; what stands around the page's end is none."""
    again = [row.index for row in rows[head.end :] if _is_again(row, head)]
    before = rows[head.end - 1] if head.end > head.start else rows[head.end]
    at = head.end
    while at < len(rows):
        row = rows[at]
        if at in again:
            at += 1  # the head again, on another page
            continue
        turned = row.page is not before.page
        if turned or row.y0 - before.y1 > _GAP * max(row.height, before.height):
            later = next((index for index in again if index > at), None)
            parted = later is not None and rows[later].page is not before.page
            if not turned and not parted:
                return
            if parted and later is not None and (not turned or rows[later].page is row.page):
                before, at = rows[later], later + 1
                continue
        yield row
        before, at = row, at + 1


def _is_again(row: Row, head: Head) -> bool:
    """Whether a row says the names of the columns again."""
    names = {column.text for column in head.columns}
    return sum(cell.text in names for cell in row.cells) >= max(2, len(names) // 2)


def placed(head: Head, body: Sequence[Row], graph: Graph) -> Iterator[tuple[Sequence[TableColumn], Strips]]:
    """For each row of a body the columns and the white between them as on its page: under the head again they may be set elsewhere."""
    rows = graph.sheet.layout.rows
    strips = gutters(rows[head.end - 1], rows)
    places = {
        id(row.page): _moved(row, rows[head.start : head.end], head, strips)
        for row in rows[head.end :]
        if row.page is not rows[head.start].page and _is_again(row, head)
    }
    yield from (places.get(id(row.page), (head.columns, strips)) for row in body)


def _moved(
    row: Row, first: Sequence[Row], head: Head, strips: Strips
) -> tuple[Sequence[TableColumn], Strips]:
    """The columns of a head, and what is between them, where a row says their names again; what it does not say is moved alike."""
    said = {cell.text: cell for cell in row.cells}
    pairs = [(cell, said[cell.text]) for one in first for cell in one.cells if cell.text in said]
    edges = sorted(x for old, new in pairs for x in ((old.x0, new.x0), (old.x1, new.x1)))
    before, after = (np.array(each) for each in zip(*edges, strict=True))

    def now(x: float) -> float:
        near = float(np.clip(x, before[0], before[-1]))
        return float(np.interp(near, before, after)) + x - near

    return (
        [replace(column, x0=now(column.x0), x1=now(column.x1)) for column in head.columns],
        [(now(low), now(high)) for low, high in strips],
    )


def _above(head: Head, rows: Sequence[Row]) -> Iterator[Row]:
    after = rows[head.start]
    for row in reversed(rows[: head.start]):
        if row.page is not after.page or after.y0 - row.y1 > _GAP_ABOVE * max(row.height, after.height):
            return
        yield row
        after = row
