"""Texts of a table under which other lines stand that are not the rest of them: a second name, a remark, a number.

A line that has room behind it was not wrapped. Where that is so in many rows, the first lines, the others and all together may
each be what is asked for: three columns instead of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from worker.reading.engines.matcher.columns import Head
from worker.reading.engines.matcher.derived_columns import Derivation, DerivedColumn
from worker.reading.engines.matcher.rows import Row
from worker.reading.engines.matcher.ruled_rows import Filled
from worker.reading.engines.matcher.typed_spans import Span
from worker.reading.engines.matcher.wrapped_text import TextColumn

_NEAR = 0.8  # letter heights of white between the lines of an item, at most
_OFTEN = 0.3  # share of the rows that have such lines, where they are a column
_LEAST = 2  # rows
_MOSTLY = 0.8  # share of its texts that are words, in a column of words

Line = Sequence[Span]


def find(
    head: Head, rows: Sequence[Row], filled: Sequence[Filled], whole: Sequence[bool]
) -> tuple[list[Filled], list[DerivedColumn]]:
    """The rows with the first lines of such columns alone, and the columns of the others, and of all."""
    kept = [dict(parts) for parts in filled]
    derived: list[DerivedColumn] = []
    under = {at: _under(at, rows, filled, whole) for at in range(len(rows)) if whole[at]}
    for index, column in enumerate(head.columns):
        texts = TextColumn(index, head.columns, list(zip(rows, filled, strict=True)))
        every = {at: lines[index] for at, lines in under.items() if index in lines}
        parted = {at: _parted(lines, texts) for at, lines in every.items()}
        below = {rows[at].index: rest for at, (_, rest) in parted.items() if rest}
        if len(below) < max(_LEAST, _OFTEN * len(under)) or not _are_words(every):
            continue
        for at, (first, _) in parted.items():
            kept[at][index] = first
        together = {rows[at].index: [span for line in lines for span in line] for at, lines in every.items()}
        name = replace(column, lines=column.lines[1:])
        derived.append(DerivedColumn(Derivation.BELOW, name, below, frozenset()))
        derived.append(
            DerivedColumn(Derivation.TOGETHER, replace(column, lines=()), together, frozenset([index]))
        )
    return kept, derived


def _under(
    at: int, rows: Sequence[Row], filled: Sequence[Filled], whole: Sequence[bool]
) -> dict[int, list[Line]]:
    """By column the lines of an item: its own, and those under it up to the next."""
    found: dict[int, list[Line]] = {index: list(_by_line(spans)) for index, spans in filled[at].items()}
    before = rows[at]
    for row, parts, other in zip(rows[at + 1 :], filled[at + 1 :], whole[at + 1 :], strict=True):
        if other or row.page is not before.page or row.y0 - before.y1 > _NEAR * row.height:
            break
        for index, spans in parts.items():
            found.setdefault(index, []).append(spans)
        before = row
    return found


def _by_line(spans: Sequence[Span]) -> Iterator[Line]:
    for _, line in groupby(spans, key=lambda span: span.cell.row):
        yield list(line)


def _parted(lines: Sequence[Line], texts: TextColumn) -> tuple[list[Span], list[Span]]:
    """The first of some lines with those that go on with it, and the others."""
    first = list(lines[0])
    for at, line in enumerate(lines[1:], 1):
        if not texts.goes_on(first[-1], line[0]):
            return first, [span for rest in lines[at:] for span in rest]
        first += line
    return first, []


def _are_words(every: Mapping[int, Sequence[Line]]) -> bool:
    words = sum(any(map(str.isalpha, lines[0][0].text)) for lines in every.values())
    return words >= _MOSTLY * len(every)
