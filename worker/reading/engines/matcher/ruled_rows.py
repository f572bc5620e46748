"""The lines of a table that stand between the same drawn lines: one row, whatever number of lines its texts have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.rows import Row
from worker.reading.engines.matcher.typed_spans import Span

_FULL = 0.6  # share of the most cells of a line from which it is a row by itself
_SAME = 0.5  # letter heights by which the ends of boxes of one row differ

Filled = dict[int, list[Span]]
"""The parts of a row by the index of their column."""
Band = tuple[float, float]
"""Between which drawn lines a row stands, in letter heights from the top of its page."""


def joined(rows: Sequence[Row], filled: Sequence[Filled], graph: Graph) -> tuple[list[Row], list[Filled]]:
    """The rows of a table with what is in them; lines between the same drawn lines are one row, as the fullest of them."""
    kept: list[Row] = []
    parts: list[Filled] = []
    for run in _runs(rows, graph):
        together: Filled = {}
        for at in run:
            for index, spans in filled[at].items():
                together.setdefault(index, []).extend(spans)
        kept.append(max((rows[at] for at in run), key=lambda row: len(row.cells)))
        parts.append(together)
    return kept, parts


def _runs(rows: Sequence[Row], graph: Graph) -> Iterator[list[int]]:
    """Rows by their index, those of one band together."""
    bands = [_band(row, graph) for row in rows]
    run: list[int] = []
    for at, band in enumerate(bands):
        if run and not (rows[at].page is rows[run[-1]].page and _is_same(bands[run[-1]], band)):
            yield from _whole([rows[one] for one in run], run)
            run = []
        run.append(at)
    if run:
        yield from _whole([rows[one] for one in run], run)


def _whole(rows: Sequence[Row], run: list[int]) -> list[list[int]]:
    """The lines of one band as one row, where no more than one of them fills it; else each by itself."""
    most = max(len(row.cells) for row in rows)
    full = sum(len(row.cells) > _FULL * most for row in rows)
    return [run] if full == 1 else [[one] for one in run]


def _band(row: Row, graph: Graph) -> Band | None:
    """None where the cells of a row are not all between the same drawn lines."""
    step = graph.sheet.layout.text_height
    boxes = [graph.sheet.ruled.of(cell) for cell in row.cells]
    bands = [(box.y0 / step, box.y1 / step) for box in boxes if box is not None]
    if len(bands) < len(boxes) or not all(_is_same(bands[0], band) for band in bands):
        return None
    return bands[0]


def _is_same(one: Band | None, other: Band | None) -> bool:
    if one is None or other is None:
        return False
    return abs(one[0] - other[0]) < _SAME and abs(one[1] - other[1]) < _SAME
