"""Tables of words: rows of as many cells, one under another, under a row of heads. Asked for by nobody."""

from __future__ import annotations

from collections.abc import Iterator

from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.rows import Cell, Row

_GAP = 2.5  # letter heights of white between two rows
_LEAST = 2  # rows under the heads


def find(graph: Graph, told: frozenset[int]) -> dict[int, Cell]:
    """The cells of such tables, by identity, with the heads of their columns; nothing of what is `told` otherwise."""
    found: dict[int, Cell] = {}
    for head in graph.sheet.layout.rows:
        if id(head.cells[0]) in found or not _may_head(head, graph, told):
            continue
        rows = list(_under(head, graph, told))
        if len(rows) >= _LEAST:
            found |= {
                id(cell): name for row in rows for cell, name in zip(row.cells, head.cells, strict=True)
            }
    return found


def _may_head(row: Row, graph: Graph, told: frozenset[int]) -> bool:
    """Whether a row has several cells, all of them words that are known as labels and without their values."""
    return len(row.cells) > 1 and all(
        id(cell) not in told and not any(map(str.isdigit, cell.text)) and _is_known(cell, graph)
        for cell in row.cells
    )


def _is_known(cell: Cell, graph: Graph) -> bool:
    units = graph.wordings.meaning(cell.text).units
    return (
        bool(units) and all(unit.meanings for unit in units) and not cell.text.rstrip().endswith((":", "："))
    )


def _under(head: Row, graph: Graph, told: frozenset[int]) -> Iterator[Row]:
    """The rows under some heads that have a cell under each."""
    before = head
    for row in graph.sheet.layout.rows[head.index + 1 :]:
        near = row.page is head.page and row.y0 - before.y1 < _GAP * max(row.height, before.height)
        if not near or len(row.cells) != len(head.cells) or any(id(cell) in told for cell in row.cells):
            return
        nearest = [max(head.cells, key=cell.overlap_x) for cell in row.cells]
        if nearest != list(head.cells):
            return
        yield row
        before = row
