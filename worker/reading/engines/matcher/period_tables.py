"""Tables whose columns are periods, as in annual accounts: words on the left, an amount for each day or year.

Their heads name no field but days; so a column is told by its period, and a sum by arithmetic: an amount that is the
sum of those right above it, or of all since the head, is no item.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from schemas.values import amounts, dates
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.period_sums import Amounts, ends_in
from worker.reading.engines.matcher.rows import Cell, Row
from worker.reading.engines.matcher.typed_spans import Span, Typed
from worker.reading.engines.matcher.word_marks import mark
from worker.reading.engines.matcher.wordings import Wordings

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_BESIDE_DATE = 12  # letters that may stand beside a date in the head of a column
_BESIDE_YEAR = 4
_GAP = 8.0  # letter heights of white that end a table
_TITLE_ROWS = 8  # rows above a head in which its title stands
_WRAPPED = 0.85  # share of the widest text from which a line was full
_MOST_BY_CHANCE = 2  # columns that have to add up
_LONGEST_SUM = 30  # items right above that are added up
_NUMBERED = re.compile(r"\s*(?:\(?(?:\d{1,2}|[a-zA-Z]|[IVX]{1,4})[.)]|[-–•])\s")


@dataclass(frozen=True, slots=True)
class PeriodColumn:
    """A column under a day (`2022-12-31`) or a year (`2022`), in pixels."""

    period: str
    span: Span
    x0: float
    x1: float

    def distance(self, x0: float, x1: float) -> float:
        """How far an amount is out of line with it: with its left end, its middle or its right end."""
        return min(abs(self.x0 - x0), abs(self.x1 - x1), abs(self.x0 + self.x1 - x0 - x1) / 2)


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A row: its words, the heading that it stands under, its amounts by the index of their column."""

    label: tuple[Span, ...]
    section: tuple[Span, ...]
    amounts: dict[int, Typed]
    is_sum: bool
    is_memo: bool
    """Whether it says what part of another row is (`of which`)."""

    @property
    def text(self) -> str:
        """Its words, a word that was divided at the end of a line made whole."""
        text = ""
        for span in self.label:
            line = span.text.strip()
            divided = re.search(r"(?<=\w) ?[-‐]$", text) if line[:1].islower() else None
            text = text[: divided.start()] + line if divided else f"{text} {line}".strip()
        return text


@dataclass(frozen=True, slots=True)
class PeriodTable:
    """A table, its columns from left to right, and the texts that may be its title."""

    columns: tuple[PeriodColumn, ...]
    rows: tuple[PeriodRow, ...]
    asides: frozenset[int]
    """Cells, by identity, that are neither words nor amounts of a period: its head, and numbers of notes."""
    titles: tuple[str, ...]

    def latest(self, back: int = 0) -> int | None:
        """The column of the latest period, or of one that many periods before it; None where there are fewer."""
        order = sorted(range(len(self.columns)), key=lambda i: self.columns[i].period, reverse=True)
        return order[back] if back < len(order) else None


def tables(graph: Graph) -> tuple[PeriodTable, ...]:
    """The tables of a document: at least two rows of amounts, most of them with several."""
    memo = graph.sheet.memo
    if "period_tables" not in memo:
        found = (_read(head, graph) for head in _heads(graph))
        memo["period_tables"] = tuple(table for table in found if _is_table(table))
    kept: tuple[PeriodTable, ...] = memo["period_tables"]
    return kept


def asides(graph: Graph) -> frozenset[int]:
    """The cells, by identity, that are in a table of periods and no amount of any: its head, numbers of notes."""
    return frozenset(cell for table in tables(graph) for cell in table.asides)


def _is_table(table: PeriodTable) -> bool:
    several = sum(len(row.amounts) > 1 for row in table.rows)
    return len(table.rows) > 1 and several > len(table.rows) / 2


@dataclass(frozen=True, slots=True)
class _Head:
    """A row of periods; what belongs to its table lies between `left` and `right`, in pixels."""

    row: Row
    columns: tuple[PeriodColumn, ...]
    left: float
    right: float

    def holds(self, cell: Cell) -> bool:
        """Whether a cell stands within the table's width."""
        return self.left <= cell.cx <= self.right


def _heads(graph: Graph) -> list[_Head]:
    """Every run of two or more cells of a row that are periods; beside one another they are tables of their own."""
    found = []
    for row in graph.sheet.layout.rows:
        named = [(cell, _period(cell, graph)) for cell in row.cells]
        runs: list[list[tuple[int, PeriodColumn]]] = [[]]
        for index, (cell, period) in enumerate(named):
            if period is None:
                runs.append([])
            else:
                runs[-1].append(
                    (index, PeriodColumn(period, Span(cell, 0, len(cell.text)), cell.x0, cell.x1))
                )
        runs = [run for run in runs if len({column.period for _, column in run}) > 1]
        left = 0.0
        for run in runs:
            behind = run[-1][0] + 1
            right = row.cells[behind].x0 - 1 if behind < len(row.cells) else float(row.page.width)
            found.append(_Head(row, tuple(column for _, column in run), left, right))
            left = right
    return found


def _period(cell: Cell, graph: Graph) -> str | None:
    """The day or year that a cell names and hardly anything beside it."""
    days = list(dates.find(cell.text, day_first=graph.sheet.day_first))
    years = _YEAR.findall(cell.text)
    letters = sum(map(str.isalpha, cell.text))
    if len(days) == 1 and len(cell.text) - (days[0].end - days[0].start) <= _BESIDE_DATE:
        return days[0].iso
    digits = sum(map(str.isdigit, cell.text))
    return str(years[0]) if len(years) == 1 and digits == 4 and letters <= _BESIDE_YEAR else None


@dataclass
class _Rows:
    """The rows of a table while they are read from the top."""

    widest: float
    wordings: Wordings
    found: list[PeriodRow] = field(default_factory=list)
    waiting: list[Span] = field(default_factory=list)
    """Lines of words without an amount, of which the next row may be the end."""
    section: tuple[Span, ...] = ()
    parts: list[Amounts] = field(default_factory=list)
    """Amounts since the last sum."""
    sums: list[Amounts] = field(default_factory=list)
    last_is_result: bool = False
    """Whether the last row adds up what stands above it, but under a name of its own: a net result is an item."""

    def words(self, label: list[Span]) -> None:
        """A row that has words alone."""
        if not (self.waiting and self._goes_on(self.waiting[-1], label[0])):
            self.waiting = []
        self.waiting += label
        self.section = tuple(self.waiting)

    def amounts(self, label: list[Span], typed: dict[int, Typed]) -> None:
        """A row with amounts; what waited is the beginning of its words, or the heading above it."""
        if self.waiting and label and self._goes_on(self.waiting[-1], label[0]):
            label = self.waiting + label
            self.section = self.section if self.section != tuple(self.waiting) else ()
        self.waiting = []
        values = {index: Decimal(one.value) for index, one in typed.items()}
        is_memo = bool(label) and mark("memo").match(label[0].text.strip()) is not None
        is_named = bool(label) and self._is_named_sum(label[0].text)
        adds_up = not is_memo and self._adds_up(values)
        is_sum = not label or is_named or adds_up
        self.last_is_result = bool(label) and adds_up and not is_named
        if is_sum:
            self.sums, self.parts = [*self.sums, values], []
        elif not is_memo:
            self.parts.append(values)
        self.found.append(PeriodRow(tuple(label), self.section, typed, is_sum, is_memo))

    def _is_named_sum(self, text: str) -> bool:
        """Whether a row is called a total and says nothing of its own before that."""
        first = self.wordings.meaning(text.strip()[:40]).units[:1]
        return any("total" in meaning and "tax" not in meaning for unit in first for meaning in unit.meanings)

    def _adds_up(self, values: Amounts) -> bool:
        """Whether amounts are the sums of those right above, of the sums above (which they replace), or of both.

        Every column has to add up, and one alone proves nothing: in a long list three numbers do so by chance.
        """
        if len(values) < _MOST_BY_CHANCE:
            return False
        parts = self.parts[-_LONGEST_SUM:]
        if ends_in(parts, values):
            return True
        for chain in (self.sums, [*self.sums, *parts]):
            count = ends_in(chain, values)
            if count:
                self.sums = self.sums[: max(0, len(chain) - count)]
                return True
        return False

    def _goes_on(self, before: Span, label: Span) -> bool:
        """Whether a line of words is the rest of the one above it."""
        near = label.cell.y0 - before.cell.y1 < 0.9 * before.cell.height
        if not near or _NUMBERED.match(label.text):
            return False
        full = before.cell.x1 - before.cell.x0 > _WRAPPED * self.widest
        return label.text.strip()[:1].islower() or before.text.rstrip().endswith(("-", ",")) or full


def _read(head: _Head, graph: Graph) -> PeriodTable:
    rows = list(_below(head, graph))
    split = [(_label(row, head), _amounts(row, head, graph)) for row in rows]
    widest = max((span.cell.x1 - span.cell.x0 for label, _ in split for span in label), default=0.0)
    reading = _Rows(widest, graph.wordings)
    for label, typed in split:
        if typed:
            reading.amounts(label, typed)
        elif label:
            reading.words(label)
    if reading.last_is_result:
        reading.found[-1] = replace(reading.found[-1], is_sum=False)
    told = {id(span.cell) for label, typed in split if typed for span in label}
    told |= {id(one.span.cell) for _, typed in split for one in typed.values()}
    lined = [head.row, *(row for row, (_, typed) in zip(rows, split, strict=True) if typed)]
    asides = frozenset(id(cell) for row in lined for cell in row.cells if head.holds(cell)) - told
    return PeriodTable(head.columns, tuple(reading.found), asides, tuple(_titles(head, graph)))


def _below(head: _Head, graph: Graph) -> Iterator[Row]:
    """The rows under a head down to the next one, or to a gap."""
    before = head.row
    for row in graph.sheet.layout.rows[head.row.index + 1 :]:
        inside = [cell for cell in row.cells if head.holds(cell)]
        if row.page is not before.page or row.y0 - before.y1 > _GAP * max(row.height, before.height):
            return
        if len({_period(cell, graph) for cell in inside} - {None}) > 1:
            return
        yield row
        before = row


def _label(row: Row, head: _Head) -> list[Span]:
    """The words of a row, left of its amounts."""
    cells = [cell for cell in row.cells if head.holds(cell) and cell.x0 < head.columns[0].x0]
    return [Span(cell, 0, len(cell.text)) for cell in cells if sum(map(str.isalpha, cell.text)) > 1][:1]


def _amounts(row: Row, head: _Head, graph: Graph) -> dict[int, Typed]:
    """The amounts of a row by their column."""
    widths = [two.x0 - one.x0 for one, two in zip(head.columns, head.columns[1:], strict=False)]
    near = 0.6 * min(widths)
    found: dict[int, Typed] = {}
    for cell in row.cells:
        if not head.holds(cell) or sum(map(str.isalpha, cell.text)) > 3:
            continue
        for typed in _numbers(cell, graph):
            x0, x1 = cell.x_at(typed.span.start), cell.x_at(typed.span.end)
            index = min(range(len(head.columns)), key=lambda i: head.columns[i].distance(x0, x1))
            if head.columns[index].distance(x0, x1) < near:
                found.setdefault(index, typed)
    return found


def _numbers(cell: Cell, graph: Graph) -> list[Typed]:
    value = amounts.number(cell.text, decimal_comma=graph.sheet.decimal_comma)
    if value is not None:
        return [Typed(value, Span(cell, 0, len(cell.text)))]
    return graph.sheet.typed("number", cell)


def _titles(head: _Head, graph: Graph) -> Iterator[str]:
    """What stands above a head, and in it."""
    rows = graph.sheet.layout.rows
    for row in rows[max(0, head.row.index - _TITLE_ROWS) : head.row.index + 1]:
        if row.page is head.row.page:
            yield from (cell.text for cell in row.cells if len(cell.text) < 90)
