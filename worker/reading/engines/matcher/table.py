"""A table of a document as a list of a schema: which of its rows are items, and what their columns say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil

from worker.reading.engines.matcher import group_values, products
from worker.reading.engines.matcher.candidates import Filling, Group, Scalar
from worker.reading.engines.matcher.cell_values import values_in
from worker.reading.engines.matcher.column_choice import TableChoice
from worker.reading.engines.matcher.columns import nearest
from worker.reading.engines.matcher.derived_columns import Derivation
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.number_cells import has_number, is_number, joined
from worker.reading.engines.matcher.questions import NUMERIC, FieldQuery
from worker.reading.engines.matcher.rows import Cell, Row
from worker.reading.engines.matcher.ruled_rows import Filled
from worker.reading.engines.matcher.sheet import Candidate
from worker.reading.engines.matcher.typed_spans import Span
from worker.reading.engines.matcher.wrapped_text import TextColumn

_FULL = 0.6  # share of the most fields that any row fills, from which a row is an item
_SUMS = frozenset({"total", "net", "tax", "due", "paid", "closing", "gross", "deductions", "count"})
_KEYS = frozenset({"text", "date"})


@dataclass(frozen=True, slots=True)
class Item:
    """A row that is an item, and the rows under it that are none."""

    row: Row
    filled: Filled
    under: list[tuple[Row, Filled]]


class Table:
    """A table of a document while it is read."""

    def __init__(self, choice: TableChoice, questions: Sequence[FieldQuery], graph: Graph) -> None:
        self._graph, self._questions = graph, questions
        self._grid, self._held = choice.grid, choice.held
        self._columns = choice.grid.head.columns
        plain = len(self._columns)
        self._asked = {at: questions[one.asked] for at, one in choice.held.items() if at < plain}
        self._derived = {at: choice.grid.derived[at - plain] for at in choice.held if at >= plain}
        self._rows = list(zip(choice.grid.rows, choice.grid.filled, strict=True))
        most = max((self._valid(parts) for parts in choice.grid.filled), default=0)
        self._needed = max(min(2, most), ceil(_FULL * most))

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
        if not self._asked:
            return []
        held = {one.asked for one in self._held.values()}
        missing = [question for asked, question in enumerate(self._questions) if asked not in held]
        fields = self._fields([item for _, item in found])
        groups = [
            Group({**group_values.headed(row, missing, self._graph), **own})
            for (row, _), own in zip(found, fields, strict=True)
            if own
        ]
        first = min(self._asked)
        key = self._asked[first]
        names_items = self._texts is None or self._texts.index == first
        return (
            groups
            if names_items or key.kind not in _KEYS
            else group_values.carried_down(groups, key.field.name)
        )

    def _valid(self, filled: Filled) -> int:
        """How many fields have something of their type; none when numbers are wanted and none is there."""
        numbers = {index: asked.kind in NUMERIC for index, asked in self._asked.items()}
        valid = [
            index
            for index, number in numbers.items()
            if index in filled and (not number or has_number(filled[index]))
        ]
        return len(valid) if not any(numbers.values()) or any(numbers[index] for index in valid) else 0

    def _is_full_row(self, filled: Filled) -> bool:
        """Whether a row fills most columns, those that nobody asks for too, words and numbers among them."""
        words = self._texts.index if self._texts else None
        texts = [joined(spans) for spans in filled.values()]
        most = len(filled) >= max(2, ceil(_FULL * len(self._columns)))
        return most and words is not None and words in filled and any(map(is_number, texts))

    def _is_head(self, row: Row) -> bool:
        """Whether the head of another table begins, and not one beside this table."""
        if any(char.isdigit() for char in row.text):
            return False
        named = [nearest(self._columns, cell.x0, cell.x1) for cell in row.cells if self._is_known(cell)]
        return len(named) >= 3 and any(index in self._asked for index in named)

    def _is_known(self, cell: Cell) -> bool:
        return any(unit.is_label for unit in self._graph.wordings.meaning(cell.text[:40]).units)

    @staticmethod
    def _gap(item: Item, row: Row) -> float:
        """Letter heights of white between an item and a row."""
        last = item.under[-1][0] if item.under else item.row
        return (row.y0 - last.y1) / max(row.height, 1.0) if row.page is item.row.page else 99.0

    def _is_sum(self, row: Row, filled: Filled) -> bool:
        """Whether a row begins the sums under a table."""
        spans = [span for parts in filled.values() for span in parts]
        begins = min(spans, key=lambda span: span.cell.x_at(span.start), default=None)
        first = self._graph.wordings.meaning(begins.text[:40]).units[:1] if begins else ()
        sums = any(meaning & _SUMS and "line" not in meaning for unit in first for meaning in unit.meanings)
        cells = {id(span.cell) for index, parts in filled.items() if index in self._asked for span in parts}
        few = len(cells) < max(3, self._needed + 1)
        return sums and few and any(char.isdigit() for char in row.text)

    @cached_property
    def _texts(self) -> TextColumn | None:
        """The column of the words that name an item."""
        together = [min(one.of) for one in self._derived.values() if one.kind is Derivation.TOGETHER]
        texts = [*together, *(index for index, asked in self._asked.items() if asked.kind == "text")]
        sizes = {
            index: sum(len(span.text) for _, filled in self._rows for span in filled.get(index, ()))
            for index in sorted(texts)
        }
        index = max(sizes, key=sizes.__getitem__, default=None)
        rows = [(row, filled) for row, filled in self._rows if not self._is_sum(row, filled)]
        return None if index is None else TextColumn(index, self._columns, rows)

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
            if near:
                filled |= self._left_over(parts, filled)
            going_on = going_on and near and words is not None and words in parts and words in filled
            if going_on and texts and texts.goes_on(filled[texts.index][-1], parts[texts.index][0]):
                filled[texts.index] += parts[texts.index]
            elif words in parts:
                going_on = False
            before = row
        self._by_line(item, filled)
        return Item(item.row, filled, item.under)

    def _left_over(self, parts: Filled, filled: Filled) -> Filled:
        """The numbers of a row under an item that did not fit in its own; none where it has one of those that the item has."""
        asked = {index: spans for index, spans in parts.items() if index in self._asked}
        again = any(self._asked[index].kind in NUMERIC for index in asked.keys() & filled.keys())
        missing = {index: spans for index, spans in asked.items() if index not in filled}
        suit = all(self._suits(index, spans) for index, spans in missing.items())
        return missing if suit and not again else {}

    def _by_line(self, item: Item, filled: Filled) -> None:
        """Columns whose head names several things give the line that is asked for."""
        for index, held in self._held.items():
            if held.line and index in item.filled:
                lines = [item.filled[index], *(parts[index] for _, parts in item.under if index in parts)]
                numeric = self._questions[held.asked].kind in NUMERIC
                if held.line < len(lines) and (not numeric or has_number(lines[held.line])):
                    filled[index] = lines[held.line]

    def _suits(self, index: int, spans: Sequence[Span]) -> bool:
        return self._asked[index].kind in NUMERIC and has_number(spans)

    def _fields(self, items: Sequence[Item]) -> list[dict[str, Filling]]:
        """By item its fields, each column read as a whole."""
        found: list[dict[str, Filling]] = [{} for _ in items]
        for index, held in self._held.items():
            asked, parts = self._questions[held.asked], self._parts(index, items)
            read = values_in(asked, list(parts.values()), held.sure, self._graph)
            for at, values in zip(parts, read, strict=True):
                found[at][asked.field.name] = Scalar([self._checked(one, index, items[at]) for one in values])
        return found

    def _parts(self, index: int, items: Sequence[Item]) -> dict[int, Sequence[Span]]:
        """By the number of the item what it has in a column."""
        of_items = (self._part(index, item) for item in items)
        return {at: spans for at, spans in enumerate(of_items) if spans}

    def _part(self, index: int, item: Item) -> Sequence[Span]:
        """What an item has in a column; of all its lines together more where they begin above it."""
        derived = self._derived.get(index)
        if derived is None:
            return item.filled.get(index, ())
        spans = derived.parts.get(item.row.index, ())
        own = item.filled.get(min(derived.of), ()) if derived.kind is Derivation.TOGETHER else ()
        return max(spans, own, key=len)

    def _checked(self, value: Candidate, index: int, item: Item) -> Candidate:
        """A value, as sure as the product of its row makes it."""
        product = self._grid.product
        if product is None:
            return value
        sure = product.sure(index, products.numbers(item.filled, self._graph), value.strength)
        return replace(value, strength=sure, certainty=sure, score=sure)
