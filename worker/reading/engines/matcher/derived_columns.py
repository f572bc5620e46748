"""What the rows of a table say elsewhere than in a column of texts: by a mark under one of several heads, in a heading above them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import groupby, takewhile

from schemas.page import Line, even_edges
from worker.reading.engines.matcher.column_words import EMPTY, MARKED, UNMARKED, is_sign
from worker.reading.engines.matcher.columns import Head, TableColumn, nearest
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.number_cells import joined
from worker.reading.engines.matcher.rows import Cell, Row
from worker.reading.engines.matcher.ruled_rows import Filled
from worker.reading.engines.matcher.typed_spans import Span

_BESIDE = 1.0  # letter heights between the middles of a row and of a box that is a part of it
_LEAST = 2  # rows whose marks tell of columns that are marked
_ONE = 0.6  # share of the rows in which one of several columns is marked
_HEADED = 0.8  # share of the rows that have a heading above them, where they are grouped
_PARTED = 0.5  # letter heights of white above a heading, at least
_LONGEST = 60  # characters of a heading


class Derivation(Enum):
    """Of what a column is made."""

    MARKS = "marks"
    HEADINGS = "headings"
    BELOW = "below"
    TOGETHER = "together"


@dataclass(frozen=True, slots=True)
class DerivedColumn:
    """A column that is made: its name and extent, its parts by the index of their row, the columns it is made of."""

    kind: Derivation
    column: TableColumn
    parts: Mapping[int, Sequence[Span]]
    of: frozenset[int]


def with_boxes(
    rows: Sequence[Row], filled: Sequence[Filled], columns: Sequence[TableColumn], graph: Graph
) -> list[Filled]:
    """The parts of rows with the tick boxes that stand in them, which are no texts."""
    found = [dict(parts) for parts in filled]
    for mark, box in graph.sheet.layout.boxes:
        if not rows or not columns[0].x0 - box.height <= box.cx <= columns[-1].x1 + box.height:
            continue
        near = [
            (abs((row.y0 + row.y1) / 2 - box.cy), at) for at, row in enumerate(rows) if row.page is box.page
        ]
        apart, at = min(near, default=(0.0, -1))
        if at < 0 or apart > _BESIDE * max(rows[at].height, box.height):
            continue
        index = nearest(columns, box.x0, box.x1)
        found[at].setdefault(index, []).append(_saying(box, MARKED if mark.chosen else UNMARKED))
    return found


def find(
    head: Head, rows: Sequence[Row], filled: Sequence[Filled], whole: Sequence[bool]
) -> list[DerivedColumn]:
    """Every such column of a table; some of its rows are items as a `whole`."""
    items = {row.index for row, is_item in zip(rows, whole, strict=True) if is_item}
    return [*_marked(head, list(zip(rows, filled, strict=True))), *_headings(head, rows, filled, items)]


def _marked(head: Head, rows: Sequence[tuple[Row, Filled]]) -> Iterator[DerivedColumn]:
    """Columns side by side of which each row has a mark in one: what they say together is the name of that one."""
    deep = [_signs_deep(at, [parts for _, parts in rows]) for at in range(len(head.columns))]
    at = 0
    for of_signs, run in groupby(deep, key=bool):
        size = len(list(run))
        if of_signs and size > 1:
            yield from _of_run(range(at, at + size), head, rows[: min(deep[at : at + size])])
        at += size


def _signs_deep(at: int, rows: Sequence[Filled]) -> int:
    """How many rows from the first on have nothing but signs in a column; 0 where there are none."""
    upto = next(
        (n for n, parts in enumerate(rows) if at in parts and not is_sign(joined(parts[at]))), len(rows)
    )
    return upto if any(at in parts for parts in rows[:upto]) else 0


def _of_run(run: range, head: Head, rows: Sequence[tuple[Row, Filled]]) -> Iterator[DerivedColumn]:
    names = [head.columns[at].text for at in run]
    shared = len(list(takewhile(lambda each: len(set(each)) == 1, zip(*map(str.split, names), strict=False))))
    parts: dict[int, Sequence[Span]] = {}
    marked = [(row, filled) for row, filled in rows if not filled.keys().isdisjoint(run)]
    for row, filled in marked:
        chosen = [at for at in run if at in filled and joined(filled[at]) not in EMPTY]
        if len(chosen) == 1:
            name = names[chosen[0] - run[0]].split()[shared:]
            parts[row.index] = [_saying(filled[chosen[0]][0].cell, " ".join(name))]
    if len(set(names)) == len(run) and len(parts) >= max(_LEAST, _ONE * len(marked)):
        x0, x1 = head.columns[run[0]].x0, head.columns[run[-1]].x1
        above = (" ".join(names[0].split()[:shared]),) if shared else ()
        yield DerivedColumn(Derivation.MARKS, TableColumn(above, x0, x1), parts, frozenset(run))


def _saying(cell: Cell, text: str) -> Span:
    """The place of a mark, with what it says."""
    line = Line(text, cell.line.box, cell.line.confidence, even_edges(cell.line.box, len(text)))
    return Span(replace(cell, line=line), 0, len(text))


def _headings(
    head: Head, rows: Sequence[Row], filled: Sequence[Filled], whole: set[int]
) -> Iterator[DerivedColumn]:
    """What stands above groups of rows, in a row of its own."""
    parts: dict[int, Sequence[Span]] = {}
    heading: Span | None = None
    for at, (row, own) in enumerate(zip(rows, filled, strict=True)):
        if row.index in whole:
            if heading is not None:
                parts[row.index] = [heading]
        elif _is_heading(row, own, rows[at - 1] if at else None):
            heading = Span(row.cells[0], 0, len(row.cells[0].text))
    if whole and len(parts) >= _HEADED * len(whole):
        yield DerivedColumn(
            Derivation.HEADINGS, TableColumn((), head.columns[0].x0, head.columns[-1].x1), parts, frozenset()
        )


def _is_heading(row: Row, own: Filled, before: Row | None) -> bool:
    text = row.cells[0].text
    if len(row.cells) > 1 or len(own) != 1 or len(text) > _LONGEST or not any(map(str.isalpha, text)):
        return False
    return before is None or before.page is not row.page or row.y0 - before.y1 > _PARTED * row.height
