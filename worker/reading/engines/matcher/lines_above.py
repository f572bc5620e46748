"""Tables whose items begin above their numbers: the name on a line of its own, then code, count and price under it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from worker.reading.engines.matcher.columns import Head
from worker.reading.engines.matcher.derived_columns import Derivation, DerivedColumn
from worker.reading.engines.matcher.number_cells import is_number
from worker.reading.engines.matcher.number_cells import joined as joined_text
from worker.reading.engines.matcher.rows import Row
from worker.reading.engines.matcher.ruled_rows import Filled
from worker.reading.engines.matcher.typed_spans import Span

_NEAR = 0.8  # letter heights of white between the lines of an item, at most
_ITEM = 0.75  # share of the parts of the fullest row that a row with the numbers of an item has
_MOSTLY = 0.8  # share of the items that begin above their numbers, where they are set so
_LEAST = 2  # items
_NUMBERS = 2  # parts of an item that are numbers


def joined(
    head: Head, rows: Sequence[Row], filled: Sequence[Filled]
) -> tuple[list[Row], list[Filled], list[DerivedColumn]]:
    """The rows, those of names above them made part of the rows of their numbers, and the codes in the places of names.

    Nothing is joined where the first line is none above numbers, or an item has one under it that is not the next one's:
    such lines go on with what is above them.
    """
    least = _ITEM * max(map(len, filled), default=0)
    items = [at for at, parts in enumerate(filled) if len(parts) >= least and _numbers(parts) >= _NUMBERS]
    above = {at: tuple(_above(at, rows, filled)) for at in items}
    names = {at: lines for at, lines in above.items() if lines}
    columns = {index for lines in names.values() for at in lines for index in filled[at]}
    gone = {line for lines in names.values() for line in lines}
    often = len(names) >= max(_LEAST, _MOSTLY * len(items))
    parted = any(at + 1 not in gone and _has_below(at, rows, filled) for at in items)
    if not often or len(columns) != 1 or 0 not in gone or parted:
        return list(rows), list(filled), []
    (column,) = columns
    made: list[Filled] = []
    codes: dict[int, Sequence[Span]] = {}
    for at, parts in enumerate(filled):
        spans = [span for line in names.get(at, ()) for span in filled[line][column]]
        own = parts.get(column, ())
        if spans and own and not any(map(str.isalpha, joined_text(own))):
            codes[rows[at].index], own = own, ()
        made.append({**parts, column: [*spans, *own]} if spans else parts)
    kept = [at for at in range(len(rows)) if at not in gone]
    named = head.columns[column]
    beside = [DerivedColumn(Derivation.BELOW, replace(named, lines=named.lines[1:]), codes, frozenset())]
    return [rows[at] for at in kept], [made[at] for at in kept], beside if codes else []


def _numbers(parts: Filled) -> int:
    return sum(is_number(joined_text(spans)) for spans in parts.values())


def _above(at: int, rows: Sequence[Row], filled: Sequence[Filled]) -> Iterator[int]:
    """The lines right above a row that say one thing each, from the top down."""
    first = at
    while first and len(filled[first - 1]) == 1 and _is_near(rows[first - 1], rows[first]):
        first -= 1
    yield from range(first, at)


def _has_below(at: int, rows: Sequence[Row], filled: Sequence[Filled]) -> bool:
    below = at + 1
    return below < len(rows) and len(filled[below]) == 1 and _is_near(rows[at], rows[below])


def _is_near(row: Row, below: Row) -> bool:
    return row.page is below.page and below.y0 - row.y1 <= _NEAR * min(row.height, below.height)
