"""Tables as they stand on the page, whatever is asked of them: rows under a head, cut at its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from worker.reading.engines.matcher import (
    aligned_rows,
    column_words,
    columns,
    derived_columns,
    lines_above,
    lines_below,
    products,
    ruled_rows,
    table_rows,
)
from worker.reading.engines.matcher.column_gaps import cut
from worker.reading.engines.matcher.columns import Head, TableColumn
from worker.reading.engines.matcher.derived_columns import DerivedColumn
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.number_cells import joined, numeric
from worker.reading.engines.matcher.products import Numbers, Product
from worker.reading.engines.matcher.rows import Row
from worker.reading.engines.matcher.ruled_rows import Filled
from worker.reading.engines.matcher.typed_spans import Span

_COUNTED = re.compile(r"(-?\d[\d.,']*)\s+(?=[^\W\d])")
_NUMERIC = 0.5  # share of the texts of a column from which it is one of numbers
_FULL = 0.5  # share of the columns of the fullest row that a row of a table has
_UPWARDS = 2  # times as many rows stand above a head that grows upwards


@dataclass(frozen=True)
class Grid:
    """A head, and the rows of its table with their parts by the index of their column."""

    head: Head
    rows: tuple[Row, ...]
    filled: tuple[Filled, ...]
    numbers: tuple[Numbers, ...]
    derived: tuple[DerivedColumn, ...] = ()
    up: bool = False

    @property
    def columns(self) -> tuple[TableColumn, ...]:
        """Those of its head, and those that are derived from them."""
        return (*self.head.columns, *(one.column for one in self.derived))

    def cells(self, at: int) -> list[Sequence[Span]]:
        """What stands in one of its columns, row by row."""
        plain = len(self.head.columns)
        if at >= plain:
            return list(self.derived[at - plain].parts.values())
        return [row[at] for row in self.filled if at in row]

    def parts(self, at: int) -> list[Sequence[Span]]:
        """What stands in one of its columns, in the full rows of those of the head."""
        plain = len(self.head.columns)
        if at >= plain:
            return list(self.derived[at - plain].parts.values())
        return [row[at] for row in self.full if at in row]

    @property
    def stands_for(self) -> list[frozenset[int]]:
        """By column those of the head that it stands for."""
        plain = [frozenset([at]) for at in range(len(self.head.columns))]
        return [*plain, *(one.of for one in self.derived)]

    @cached_property
    def product(self) -> Product | None:
        """The columns of which two multiply to a third."""
        return products.find(self.numbers)

    @cached_property
    def full(self) -> list[Filled]:
        """The rows that have most columns, of which there are several: those are what its columns hold."""
        return _full(self.filled)

    @property
    def size(self) -> int:
        """How many rows have several parts."""
        return sum(len(parts) > 1 for parts in self.filled)


def find(graph: Graph) -> tuple[Grid, ...]:
    """Every table of a document, those that overlap, too."""
    memo = graph.sheet.memo
    if "grids" not in memo:
        heads = (*columns.heads(graph), *aligned_rows.tables(graph))
        memo["grids"] = tuple(grid for head in heads if (grid := _read(head, graph)) is not None)
    kept: tuple[Grid, ...] = memo["grids"]
    return kept


def _read(head: Head, graph: Graph) -> Grid | None:
    """The table of a head, downwards, or upwards as lists of parts on drawings grow; None where there is none."""
    down = _grid(head, graph, up=False)
    if head.stop is not None or down.size > _UPWARDS:
        return down if down.size else None
    above = _grid(head, graph, up=True)
    best = above if above.size > _UPWARDS * down.size else down
    return best if best.size else None


def _grid(head: Head, graph: Graph, *, up: bool) -> Grid:
    rows = list(table_rows.body(head, graph, up=up))
    places = table_rows.placed(head, rows, graph)
    filled = [_fill(row, *place) for row, place in zip(rows, places, strict=True)]
    rows, filled = ruled_rows.joined(rows, filled, graph)
    filled = derived_columns.with_boxes(rows, _parted(filled, head.columns), head.columns, graph)
    rows, filled = _in_turn(rows, filled, head.period)
    rows, filled, above = (rows, filled, []) if up else lines_above.joined(head, rows, filled)
    head = replace(head, columns=head.columns[: head.period])
    numbers = tuple(products.numbers(parts, graph) for parts in filled)
    full = set(map(id, _full(filled)))
    whole = [id(parts) in full for parts in filled]
    derived = derived_columns.find(head, rows, filled, whole)
    filled, below = lines_below.find(head, rows, filled, whole)
    head = replace(head, columns=_explained(head.columns, graph))
    return Grid(head, tuple(rows), tuple(filled), numbers, (*derived, *above, *below), up)


def _explained(named: Sequence[TableColumn], graph: Graph) -> tuple[TableColumn, ...]:
    """Columns by what the document says that their short names mean: `C = clean, U = undamaged`."""
    told = column_words.legend([column.text for column in named if column.text], graph)
    return tuple(
        replace(column, lines=(told[column.text],)) if column.text in told else column for column in named
    )


def _in_turn(rows: Sequence[Row], filled: Sequence[Filled], size: int) -> tuple[list[Row], list[Filled]]:
    """The rows of tables of so many columns side by side, those of the first before those of the next."""
    count = max((index for parts in filled for index in parts), default=0) // size + 1
    found = []
    for number in range(count):
        low = number * size
        for row, parts in zip(rows, filled, strict=True):
            own = {index - low: spans for index, spans in parts.items() if low <= index < low + size}
            if own or count == 1:
                found.append((row, own))
    return [row for row, _ in found], [parts for _, parts in found]


def _fill(row: Row, under: Sequence[TableColumn], strips: Sequence[tuple[float, float]]) -> Filled:
    """The parts of a row by the index of the column that each is nearest to."""
    filled: Filled = {}
    edge = under[0].x0
    for cell in row.cells:
        if cell.x1 < edge - cell.height:
            continue  # written in the margin
        for start, end in cut(cell, strips):
            if end <= start:
                continue
            span = Span(cell, start, end)
            parts = filled.setdefault(columns.nearest(under, cell.x_at(start), cell.x_at(end)), [])
            if parts and parts[-1].cell is cell:
                parts[-1] = Span(cell, parts[-1].start, span.end)
            else:
                parts.append(span)
    return filled


def _parted(filled: Sequence[Filled], under: Sequence[TableColumn]) -> list[Filled]:
    """Rows with a number and what follows it in a column of words apart, where the column of numbers beside it is empty."""
    full = _full(filled)
    shares = numeric(full)
    words = [index for index in range(1, len(under)) if _may_be_parted(index, shares, full)]
    return [_row_parted(parts, words) for parts in filled]


def _may_be_parted(index: int, shares: Mapping[int, float], full: Sequence[Filled]) -> bool:
    """Whether a column of words is beside one of numbers, or one whose texts begin with a number beside an empty one."""
    if index - 1 in shares:
        return shares.get(index, 1.0) < _NUMERIC < shares[index - 1]
    texts = [joined(parts[index]) for parts in full if index in parts]
    return sum(_COUNTED.match(text) is not None for text in texts) > _NUMERIC * len(texts)


def _full(filled: Sequence[Filled]) -> list[Filled]:
    least = max(2, _FULL * max(map(len, filled), default=0))
    return [parts for parts in filled if len(parts) >= least]


def _row_parted(parts: Filled, words: Sequence[int]) -> Filled:
    for index in words:
        if index not in parts or index - 1 in parts or len(parts[index]) != 1:
            continue
        (span,) = parts[index]
        number = _COUNTED.match(span.text)
        if number:
            at = span.start + number.end()
            parts = {
                **parts,
                index - 1: [Span(span.cell, span.start, span.start + len(number[1]))],
                index: [Span(span.cell, at, span.end)],
            }
    return parts
