"""A table of a document: which of its rows are items, and what their columns say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil

from worker.reading.engines.matcher import column_types, group_values, products, ruled_rows, table_rows
from worker.reading.engines.matcher.candidates import Filling, Group, Scalar
from worker.reading.engines.matcher.cell_values import values_of
from worker.reading.engines.matcher.column_gaps import cut, gutters
from worker.reading.engines.matcher.columns import Head
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.number_cells import has_number, is_number, joined
from worker.reading.engines.matcher.questions import NUMERIC, FieldQuery
from worker.reading.engines.matcher.rows import Cell, Row
from worker.reading.engines.matcher.ruled_rows import Filled
from worker.reading.engines.matcher.typed_spans import Span
from worker.reading.engines.matcher.wrapped_text import TextColumn

_BY_SENSE = 0.6  # how sure a column is at most that no word names: a person looks at it
_FULL = 0.6  # share of the most fields that any row fills, from which a row is an item
_SUMS = frozenset({"total", "net", "tax", "due", "paid", "closing", "gross", "deductions", "count"})
_COUNTED = re.compile(r"(-?\d[\d.,']*)\s+(?=[^\W\d])")
_KEYS = frozenset({"text", "date"})


@dataclass(frozen=True, slots=True)
class Item:
    """A row that is an item, and the rows under it that are none."""

    row: Row
    filled: Filled
    under: list[tuple[Row, Filled]]


class Table:
    """A table of a document while it is read."""

    def __init__(self, head: Head, questions: Sequence[FieldQuery], graph: Graph, *, up: bool) -> None:
        self._graph, self._questions, self._up = graph, questions, up
        self._head = head
        self._strips = gutters(graph.sheet.layout.rows[head.end - 1], graph.sheet.layout.rows)
        rows = list(table_rows.body(head, graph, up=up))
        rows, filled = ruled_rows.joined(rows, [self._fill(row) for row in rows], graph)
        self._head = column_types.with_the_rest(head, questions, filled, graph)
        values = [products.numbers(parts, graph) for parts in filled]
        self._product = products.find(values)
        if self._product is not None:
            columns = products.by_product(self._head.columns, questions, self._product, values)
            self._head = replace(self._head, columns=tuple(columns))
        self._rows = list(zip(rows, filled, strict=True))
        most = max((self._valid(parts) for parts in filled), default=0)
        self._needed = max(min(2, most), ceil(_FULL * most))

    @property
    def fields(self) -> int:
        """For how many fields it has a column."""
        return sum(column.asked is not None for column in self._head.columns)

    def items(self) -> list[Group]:
        """Every item with its fields."""
        found: list[Item] = []
        above: list[tuple[Row, Filled]] = []
        sums = 0
        running = products.Running()
        for row, filled in self._rows:
            values = products.numbers(filled, self._graph)
            is_sum = self._is_sum(row, filled) or running.is_sum(values, len(filled))
            sums = sums + 1 if is_sum else 0
            if found and (sums == 2 or self._is_head(row)):
                break
            if is_sum:
                continue
            if self._valid(filled) >= self._needed > 0 or self._is_full_row(filled):
                found.append(Item(row, self._named(row, filled, above), []))
                running.add(values, len(filled))
                above = []
            else:
                if found and not above:
                    found[-1].under.append((row, filled))
                above = [*above[-1:], (row, filled)] if not found or self._gap(found[-1], row) > 1.0 else []
        around = self._texts.around([item.row for item in found]) if self._texts else {}
        return self._with_group_values(
            [(item.row, self._completed(item, around.get(item.row.index, ()))) for item in found]
        )

    def _with_group_values(self, found: Sequence[tuple[Row, Item]]) -> list[Group]:
        """The items with what stands once for several of them."""
        groups = []
        missing = [q for i, q in enumerate(self._questions) if i not in {c.asked for c in self._head.columns}]
        for row, item in found:
            fields = self._group(item).fields
            if fields:
                groups.append(Group({**group_values.headed(row, missing, self._graph), **fields}))
        first = next(i for i, column in enumerate(self._head.columns) if column.asked is not None)
        key = self._questions[self._head.columns[first].asked or 0]
        names_items = self._texts is None or self._texts.index == first
        return (
            groups
            if names_items or key.kind not in _KEYS
            else group_values.carried_down(groups, key.field.name)
        )

    def _valid(self, filled: Filled) -> int:
        """How many fields have something of their type; none when numbers are wanted and none is there."""
        parts = {self._head.columns[index].asked: spans for index, spans in filled.items()}
        wanted = {asked: self._questions[asked].kind in NUMERIC for asked in parts if asked is not None}
        valid = [asked for asked, number in wanted.items() if not number or has_number(parts[asked])]
        numbers = any(
            c.asked is not None and self._questions[c.asked].kind in NUMERIC for c in self._head.columns
        )
        return len(valid) if not numbers or any(wanted[asked] for asked in valid) else 0

    def _is_full_row(self, filled: Filled) -> bool:
        """Whether a row fills most columns, those that nobody asks for too, words and numbers among them."""
        words = self._texts.index if self._texts else None
        texts = [joined(spans) for spans in filled.values()]
        most = len(filled) >= max(2, ceil(_FULL * len(self._head.columns)))
        return most and words is not None and words in filled and any(map(is_number, texts))

    def _is_head(self, row: Row) -> bool:
        """Whether the head of another table begins, and not one beside this table."""
        if any(char.isdigit() for char in row.text):
            return False
        named = [self._column(cell.x0, cell.x1) for cell in row.cells if self._is_known(cell)]
        return len(named) >= 3 and any(self._head.columns[index].asked is not None for index in named)

    def _is_known(self, cell: Cell) -> bool:
        return any(unit.is_label for unit in self._graph.wordings.meaning(cell.text[:40]).units)

    def _column(self, x0: float, x1: float) -> int:
        """The column that something stands in."""
        columns = self._head.columns
        return min(range(len(columns)), key=lambda index: columns[index].distance(x0, x1))

    @staticmethod
    def _gap(item: Item, row: Row) -> float:
        """Letter heights of white between an item and a row."""
        last = item.under[-1][0] if item.under else item.row
        return (row.y0 - last.y1) / max(row.height, 1.0) if row.page is item.row.page else 99.0

    def _fill(self, row: Row) -> Filled:
        filled: Filled = {}
        edge = self._head.columns[0].x0
        for cell in row.cells:
            if cell.x1 < edge - cell.height:
                continue  # written in the margin
            for start, end in cut(cell, self._strips):
                if end <= start:
                    continue
                span = Span(cell, start, end)
                parts = filled.setdefault(self._column(cell.x_at(start), cell.x_at(end)), [])
                if parts and parts[-1].cell is cell:
                    parts[-1] = Span(cell, parts[-1].start, span.end)
                else:
                    parts.append(span)
        return self._parted(filled)

    def _parted(self, filled: Filled) -> Filled:
        """A number with what follows it in a column of words, where the column of numbers beside it is empty."""
        for index, column in enumerate(self._head.columns[1:], start=1):
            asked, left = column.asked, self._head.columns[index - 1].asked
            if index not in filled or index - 1 in filled or left is None or len(filled[index]) != 1:
                continue
            (span,) = filled[index]
            number = _COUNTED.match(span.text)
            words = asked is None or self._questions[asked].kind not in NUMERIC
            if number and words and self._questions[left].kind in NUMERIC:
                cut = span.start + number.end()
                filled[index - 1] = [Span(span.cell, span.start, span.start + len(number[1]))]
                filled[index] = [Span(span.cell, cut, span.end)]
        return filled

    def _is_sum(self, row: Row, filled: Filled) -> bool:
        """Whether a row begins the sums under a table."""
        spans = [span for parts in filled.values() for span in parts]
        begins = min(spans, key=lambda span: span.cell.x_at(span.start), default=None)
        first = self._graph.wordings.meaning(begins.text[:40]).units[:1] if begins else ()
        sums = any(meaning & _SUMS and "line" not in meaning for unit in first for meaning in unit.meanings)
        cells = {
            id(span.cell)
            for index, parts in filled.items()
            for span in parts
            if self._head.columns[index].asked is not None
        }
        few = len(cells) < max(3, self._needed + 1)
        return sums and few and any(char.isdigit() for char in row.text)

    @cached_property
    def _texts(self) -> TextColumn | None:
        """The column of the words that name an item."""
        texts = [
            i
            for i, c in enumerate(self._head.columns)
            if c.asked is not None and self._questions[c.asked].kind == "text"
        ]
        sizes = {
            i: sum(len(span.text) for _, filled in self._rows for span in filled.get(i, ())) for i in texts
        }
        index = max(sizes, key=sizes.__getitem__, default=None)
        rows = [(row, filled) for row, filled in self._rows if not self._is_sum(row, filled)]
        return None if index is None else TextColumn(index, self._head.columns, rows)

    def _named(self, row: Row, filled: Filled, above: Sequence[tuple[Row, Filled]]) -> Filled:
        """An item without words takes those of the row right above it."""
        index = self._texts.index if self._texts else None
        if index is not None and index not in filled and above and row.y0 - above[-1][0].y1 < row.height:
            before, words = above[-1]
            filled[index] = words.get(index) or [Span(cell, 0, len(cell.text)) for cell in before.cells[:1]]
        return filled

    def _completed(self, item: Item, around: Sequence[Span]) -> Item:
        """An item with its whole text, where that begins `around` it, and with what stands under it.

        That is the rest of a wrapped text, and values that did not fit in its row.
        """
        filled = {index: list(spans) for index, spans in item.filled.items()}
        texts = self._texts
        words, before, going_on = (texts.index if texts else None), item.row, True
        if texts and around:
            filled[texts.index], going_on = list(around), False
        for row, parts in item.under:
            near = row.page is before.page and row.y0 - before.y1 < 0.8 * row.height
            asked = {i: spans for i, spans in parts.items() if self._head.columns[i].asked is not None}
            if (
                near
                and asked
                and not asked.keys() & filled.keys()
                and all(self._suits(i, spans) for i, spans in asked.items())
            ):
                filled |= asked
            going_on = going_on and near and words is not None and words in parts and words in filled
            if going_on and texts and texts.goes_on(filled[texts.index][-1], parts[texts.index][0]):
                filled[texts.index] += parts[texts.index]
            elif words in parts:
                going_on = False
            before = row
        self._by_line(item, filled)
        return Item(item.row, filled, item.under)

    def _by_line(self, item: Item, filled: Filled) -> None:
        """Columns whose head names several things give the line that is asked for."""
        for index, column in enumerate(self._head.columns):
            if column.line and column.asked is not None and index in item.filled:
                lines = [item.filled[index], *(parts[index] for _, parts in item.under if index in parts)]
                if column.line < len(lines):
                    filled[index] = lines[column.line]

    def _suits(self, index: int, spans: Sequence[Span]) -> bool:
        asked = self._head.columns[index].asked
        number = asked is not None and self._questions[asked].kind in NUMERIC
        return number and has_number(spans)

    def _group(self, item: Item) -> Group:
        fields: dict[str, Filling] = {}
        share = len(item.filled) / max(1, len(self._head.columns))
        values = products.numbers(item.filled, self._graph)
        for index, spans in item.filled.items():
            column = self._head.columns[index]
            if column.asked is None:
                continue
            asked = self._questions[column.asked]
            sure = min(0.97, 0.45 + 0.35 * column.near + 0.2 * share)
            sure = min(sure, _BY_SENSE) if column.sensed else sure
            sure = self._product.sure(index, values, sure) if self._product else sure
            fields[asked.field.name] = Scalar(list(values_of(asked, spans, sure, self._graph)))
        return Group(fields)
