"""What stands on the pages of a document, indexed by meaning: numbers, days, times, words, rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from schemas.page import Box, Line, union
from schemas.values import currencies, dates
from worker.reading.engines.vision.grounding.letters import NONE, Letters, letters
from worker.reading.engines.vision.grounding.numerals import numerals

KEY = 4
"""Signs by which the beginning of a text is looked up."""

DIGITS = 3
"""Digits from which a number hardly stands somewhere by chance."""

_SECOND_READING = 0.85
_SWAPPED = 0.7  # of a day whose month may come first


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line with its page, its signs, and the row across the page that it stands in.

    Rows are numbered through the document, from above. `index` is the line's place in `Printed.lines`.
    """

    index: int
    page: int
    line: Line
    letters: Letters
    row: int


Span = tuple[int, int, int]
"""The index of a line, start and end in its text."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place that may show a value: one or more spans, how typical it is (0 to 1), and in what row.

    `weighty` says of a number that it is printed with so many digits that it hardly stands there by chance.
    """

    spans: tuple[Span, ...]
    row: int
    quality: float
    exact: bool = True
    weighty: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """What two occurrences share when they are the same print: a line and where it ends there."""
        index, _, end = self.spans[0]
        return index, end


@dataclass(slots=True)
class Printed:
    """A document's lines and the index of them."""

    lines: list[PrintedLine] = field(default_factory=list)
    rows: list[list[PrintedLine]] = field(default_factory=list)
    numbers: dict[Decimal, list[Occurrence]] = field(default_factory=dict)
    days: dict[str, list[Occurrence]] = field(default_factory=dict)
    times: dict[str, list[Occurrence]] = field(default_factory=dict)
    currencies: dict[str, list[Occurrence]] = field(default_factory=dict)
    openings: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """Line and sign where a word begins, by its first signs, `KEY` of them and fewer."""
    tails: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """The same for words with fewer than `KEY` signs to the end of the line, by all of these."""

    def box(self, occurrence: Occurrence) -> Box:
        """The hull of an occurrence, in the frame of its page's lines."""
        return union(self.lines[i].line.span_box(start, end) for i, start, end in occurrence.spans)

    def page(self, occurrence: Occurrence) -> int:
        """The page it stands on, counted from 1."""
        return self.lines[occurrence.spans[0][0]].page


def index(pages: Mapping[int, Sequence[Line]]) -> Printed:
    """The lines of all pages, ready to be asked."""
    printed = Printed()
    for page in sorted(pages):
        _add_page(printed, page, pages[page])
    month_first = dates.month_first_is_certain("\n".join(line.line.text for line in printed.lines))
    for line in printed.lines:
        _add_openings(printed, line)
        _add_numbers(printed, line)
        _add_moments(printed, line, month_first=month_first)
        found = currencies.find(line.line.text)
        if found:
            _keep(printed.currencies, found[0], line, found[1:], quality=1.0)
    return printed


def _add_page(printed: Printed, page: int, lines: Sequence[Line]) -> None:
    """Lines whose middles lie within each other's height form a row."""
    last: Line | None = None
    first = len(printed.rows)
    for line in sorted(lines, key=_level):
        apart = last is None or abs(_level(line) - _level(last)) >= 0.5 * min(line.height, last.height)
        if apart or line.vertical:
            printed.rows.append([])
            last = line
        entry = PrintedLine(len(printed.lines), page, line, letters(line.text), len(printed.rows) - 1)
        printed.lines.append(entry)
        printed.rows[-1].append(entry)
    for row in printed.rows[first:]:
        row.sort(key=lambda entry: entry.line.box.x0)


def _level(line: Line) -> float:
    """Where a line would cross the middle of its page: a page that leans is levelled."""
    return line.box.cy - line.slope * (line.box.cx - 0.5)


def _add_openings(printed: Printed, line: PrintedLine) -> None:
    signs = line.letters.signs
    for at in range(len(signs)):
        if line.letters.opens(at) > NONE:
            for length in range(1, min(KEY, len(signs) - at) + 1):
                printed.openings.setdefault(signs[at : at + length], []).append((line.index, at))
            if len(signs) - at < KEY:
                printed.tails.setdefault(signs[at:], []).append((line.index, at))


def _add_numbers(printed: Printed, line: PrintedLine) -> None:
    for start, end, freedom, readings in numerals(line.line.text):
        for rank, number in enumerate(readings):
            quality = freedom * (_SECOND_READING if rank else 1.0)
            _keep(printed.numbers, number, line, (start, end), quality=quality)


def _add_moments(printed: Printed, line: PrintedLine, *, month_first: bool) -> None:
    text = line.line.text
    for day in dates.find(text, day_first=not month_first):
        _keep(printed.days, day.iso, line, (day.start, day.end), quality=day.typical)
        if day.swapped and not month_first:
            quality = day.typical * _SWAPPED
            _keep(printed.days, day.swapped, line, (day.start, day.end), quality=quality)
    passed = 0
    while found := dates.find_time(text[passed:]):
        clock, start, end = found
        for key in {clock, clock[:5]}:
            _keep(printed.times, key, line, (passed + start, passed + end), quality=1.0)
        passed += end


def _keep(
    places: dict[Any, list[Occurrence]], key: Any, line: PrintedLine, span: tuple[int, int], *, quality: float
) -> None:
    digits = sum(map(str.isdigit, line.line.text[slice(*span)]))
    place = Occurrence(((line.index, *span),), line.row, quality, weighty=digits >= DIGITS)
    places.setdefault(key, []).append(place)
