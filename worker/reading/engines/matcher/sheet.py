"""A document laid out for the readers: its cells, its labels, its habits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from schemas.values import currencies, dates
from worker.reading.engines.matcher import typed_spans
from worker.reading.engines.matcher.choices import Choices, choices_of
from worker.reading.engines.matcher.lexicon import Lexicon, Mentions
from worker.reading.engines.matcher.rows import Cell, Layout, Row
from worker.reading.engines.matcher.ruled_boxes import RuledBoxes
from worker.reading.engines.matcher.typed_spans import Span, Typed

_YEAR = re.compile(r"(?<![\d.,])(?:19|20)\d\d(?![\d.,])")


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A value that a field might have, where it was read, and how much speaks for it.

    `score` compares candidates of one field; `strength` (0 to 1) says what kind of support there
    is: a label beside it, a form that fits, arithmetic that agrees. It feeds the confidence.
    """

    value: Any
    score: float
    spans: tuple[Span, ...]
    strength: float = 0.5
    certainty: float | None = None
    """The probability itself, where a reader knows better than the model of `confidence`."""
    for_several: bool = False
    """Whether it is printed once for several items."""

    @property
    def ocr_confidence(self) -> float:
        """How surely its least sure line was read."""
        return min((span.cell.line.confidence for span in self.spans), default=1.0)


@dataclass(frozen=True)
class Sheet:
    """What the readers look at."""

    layout: Layout
    mentions: Mentions
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What readers found and ask for again, under names of their own."""

    @cached_property
    def choices(self) -> Choices:
        """The questions that are answered by marking boxes."""
        return choices_of(self.layout)

    @cached_property
    def ruled(self) -> RuledBoxes:
        """The boxes that drawn lines make."""
        return RuledBoxes(self.layout)

    @cached_property
    def day_first(self) -> bool:
        """Whether 3/4/2020 is the third of April, as in most of the world."""
        texts = [cell.text for cell in self.layout.cells]
        if any(dates.month_first_is_certain(text) for text in texts):
            return False
        return not (any("$" in text for text in texts) and currencies.is_american(self.text))

    @cached_property
    def year_first(self) -> bool:
        """Whether 24.09.01 is the first of September, as in East Asia."""
        return dates.year_leads(self.text)

    @cached_property
    def text(self) -> str:
        """All that is printed, cell by cell."""
        return "\n".join(cell.text for cell in self.layout.cells)

    @cached_property
    def day_order_known(self) -> bool:
        """Whether another date of the document, or its currency, settles which of two numbers is the day."""
        texts = [cell.text for cell in self.layout.cells]
        certain = any(
            dates.day_first_is_certain(text) or dates.month_first_is_certain(text) for text in texts
        )
        return certain or (self.day_first and any(map(currencies.day_leads, texts)))

    @cached_property
    def decimal_comma(self) -> bool | None:
        """Whether fractions follow a comma here; None when the page does not tell."""
        commas = len(re.findall(r"\d,\d{2}(?!\d)|(?<![\d.])\d{1,3}(?:\.\d{3}){2,}(?![\d.])", self.text))
        dots = len(re.findall(r"\d\.\d{2}(?![\d.])|(?<![\d,])\d{1,3}(?:,\d{3}){2,}(?![\d,])", self.text))
        return None if commas == dots else commas > dots

    @cached_property
    def thousandths(self) -> bool:
        """Whether amounts have three digits behind the point, as dinars and rials do."""
        return currencies.has_thousandths(self.text)

    @cached_property
    def whole_amounts(self) -> bool:
        """Whether a bare number may be an amount, for the page's currency has no cents."""
        return currencies.has_whole_amounts(self.text)

    @cached_property
    def amounts(self) -> list[Typed]:
        """Every amount of money, in reading order."""
        return [typed for cell in self.layout.cells for typed in self.typed("money", cell)]

    @cached_property
    def dates(self) -> list[Typed]:
        """Every date, in reading order."""
        return [typed for cell in self.layout.cells for typed in self.typed("date", cell)]

    @cached_property
    def years(self) -> tuple[int, ...]:
        """The years of its dates, the usual one first."""
        told = [str(one.value)[:4] for one in self.dates] or _YEAR.findall(self.text)
        return tuple(year for year, _ in Counter(map(int, told)).most_common())

    @cached_property
    def item_headers(self) -> frozenset[int]:
        """Rows that name the columns of a table of items: three or more of them."""
        return frozenset(row.index for row in self.layout.rows if self._columns_named(row) >= 3)

    def _columns_named(self, row: Row) -> int:
        named = {
            label.concept
            for cell in row.cells
            for mention in self.mentions.of(cell)
            for label in mention.labels
            if label.concept.startswith("item.") and label.concept != "item.ignored"
        }
        return len(named)

    def typed(self, kind: str, cell: Cell) -> list[Typed]:
        """The values of a type in a cell; raises KeyError for a type that has none."""
        known = self.memo.setdefault("typed", {})
        if (kind, id(cell)) not in known:
            known[kind, id(cell)] = _FINDERS[kind](self, cell)
        found: list[Typed] = known[kind, id(cell)]
        return found

    def typed_part(self, kind: str, span: Span) -> list[Typed]:
        """The values of a type in a part of a cell, read as if nothing stood beside it."""
        if span.start == 0 and span.end == len(span.cell.text):
            return self.typed(kind, span.cell)
        parts: dict[tuple[int, int, int], Cell] = self.memo.setdefault("parts", {})
        part = parts.setdefault((id(span.cell), span.start, span.end), span.cell.part(span.start, span.end))
        return [
            replace(one, span=Span(span.cell, span.start + one.span.start, span.start + one.span.end))
            for one in self.typed(kind, part)
        ]


_FINDERS: Mapping[str, Callable[[Sheet, Cell], list[Typed]]] = {
    "money": lambda sheet, cell: (
        typed_spans.money(cell, decimal_comma=sheet.decimal_comma, thousandths=sheet.thousandths)
        or (typed_spans.whole_money(cell) if sheet.whole_amounts else [])
    ),
    "number": lambda sheet, cell: typed_spans.numbers(cell, decimal_comma=sheet.decimal_comma),
    "percent": lambda _sheet, cell: typed_spans.percents(cell),
    "date": lambda sheet, cell: typed_spans.calendar_dates(
        cell, day_first=sheet.day_first, year_first=sheet.year_first, order_known=sheet.day_order_known
    ),
    "datetime": lambda sheet, cell: typed_spans.moments(cell, day_first=sheet.day_first),
    "day": lambda sheet, cell: typed_spans.short_dates(cell, years=sheet.years, day_first=sheet.day_first),
    "time": lambda _sheet, cell: typed_spans.times(cell),
    "phone": lambda _sheet, cell: typed_spans.phones(cell),
    "code": lambda _sheet, cell: list(typed_spans.codes(cell)),
    "currency": lambda sheet, cell: typed_spans.currency(cell, page=sheet.text),
    "zip": lambda _sheet, cell: typed_spans.zips(cell),
    "city": lambda _sheet, cell: typed_spans.cities(cell),
    "region": lambda _sheet, cell: typed_spans.regions(cell),
}


def lay_out(layout: Layout, lexicon: Lexicon) -> Sheet:
    """A sheet with every label found."""
    return Sheet(layout, lexicon.search(layout))


def best_first(candidates: Sequence[Candidate]) -> list[Candidate]:
    """By score, and of equal values at equal places only the best."""
    seen: set[Any] = set()
    kept = []
    for candidate in sorted(candidates, key=lambda candidate: -candidate.score):
        key = (str(candidate.value), tuple((id(s.cell), s.start) for s in candidate.spans))
        if key not in seen:
            seen.add(key)
            kept.append(candidate)
    return kept
