"""Arrays of objects: a header row names the columns, the rows under it are the items."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from schemas.json_schema.fields import Field
from schemas.values import amounts
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.concepts import Concept, concept_of
from worker.reading.engines.matcher.readers import receipt_items
from worker.reading.engines.matcher.readers.receipt_items import ends_table
from worker.reading.engines.matcher.rows import Cell, Row
from worker.reading.engines.matcher.sheet import Candidate, Sheet
from worker.reading.engines.matcher.typed_spans import Span

_NUMERIC = frozenset({"number", "money", "percent"})
_DATED = frozenset({"date", "datetime", "time"})
_PRICES = frozenset({"item.amount", "item.unit_price"})
_CENT = Decimal("0.01")
_NAME_LETTERS = 4  # fewer are a tax code or a unit, no name
_MAX_GAP = 9.0  # letter heights of white that end a table
_NUMBER_WORD = re.compile(
    r"^\W{0,2}(?:RM|[A-Z]{0,2}[$€£¥￥])?-?(?:0|[1-9]\d*|\d{1,3}(?:[.,' ]\d{3})*)(?:[.,]\d+)?\s?(?:%|[x×]|[A-Za-z]{0,4}\.?)\W{0,2}$"
)
_PRICE_WORD = re.compile(r"\d[.,]\d{2,4}(?!\d)|^\W*[$€£¥￥]?\d{1,9}\W*$")


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: the field it fills, its type, its extent in pixels."""

    name: str
    value: str
    concept: str
    x0: float
    x1: float

    @property
    def cx(self) -> float:
        return (self.x0 + self.x1) / 2


def read(field: Field, concept: Concept, sheet: Sheet) -> Filling:
    """The items of the largest table that fits the fields."""
    assert field.items is not None
    known = {
        child.name: concept_of(child, within="items" if concept.value == "table" else None)
        for child in field.items.properties
    }
    header = _header(known, sheet)
    if header is not None:
        row, columns = header
        items = _Table(row, columns, _described_by(known), sheet).items()
        if items:
            return Listing(items)
    if concept.name == "items":
        return Listing(receipt_items.read(known, sheet))
    return Listing()


def _described_by(known: Mapping[str, Concept]) -> str | None:
    """The field that names an item."""
    by_concept = {concept.name: name for name, concept in known.items()}
    texts = [name for name, concept in known.items() if concept.value == "text"]
    return by_concept.get("item.description") or (texts[0] if texts else None)


def _header(known: Mapping[str, Concept], sheet: Sheet) -> tuple[Row, Sequence[_Column]] | None:
    """The row with the most column names, at least two."""
    best: tuple[int, Row, list[_Column]] | None = None
    for row in sheet.layout.rows:
        columns = list(_columns(row, known, sheet))
        if len(columns) >= 2 and (best is None or len(columns) > best[0]):
            best = (len(columns), row, columns)
    if best is None or len({column.name for column in best[2]} - {""}) < 2:
        return None
    _, row, columns = best
    return row, _with_neighbours(row, columns, known, sheet)


def _columns(row: Row, known: Mapping[str, Concept], sheet: Sheet) -> Iterator[_Column]:
    """One column per field named in the row; names of other columns keep their place free."""
    taken: set[str] = set()
    for cell in row.cells:
        for mention in sheet.mentions.of(cell):
            name = next(
                (
                    name
                    for name, concept in known.items()
                    if name not in taken and mention.weight(concept.name)
                ),
                None,
            )
            ignored = mention.weight("item.ignored") or mention.weight("item.tax_rate")
            if name is None and not ignored:
                continue
            taken.add(name or "")
            value = known[name].value if name else "text"
            concept = known[name].name if name else ""
            yield _Column(name or "", value, concept, cell.x_at(mention.start), cell.x_at(mention.end))


def _with_neighbours(
    row: Row, columns: Sequence[_Column], known: Mapping[str, Concept], sheet: Sheet
) -> Sequence[_Column]:
    """Headers printed on two or three rows: names right above or below fill what is missing."""
    found = list(columns)
    for index in (row.index - 1, row.index + 1):
        if not 0 <= index < len(sheet.layout.rows):
            continue
        for column in _columns(sheet.layout.rows[index], known, sheet):
            free = all(min(column.x1, other.x1) - max(column.x0, other.x0) < 0 for other in found)
            if column.name and free and column.name not in {other.name for other in found}:
                found.append(column)
    return sorted(found, key=lambda column: column.x0)


class _Table:
    """The rows below a header until the totals, on this page and the next ones."""

    def __init__(self, head: Row, columns: Sequence[_Column], described_by: str | None, sheet: Sheet) -> None:
        self._head = head
        self._columns = columns
        self._described_by = described_by
        self._sheet = sheet
        self._decisive = _decisive(columns)

    def items(self) -> list[Group]:
        """One group per row with a price; rows without one only lend it their words."""
        found: list[dict[str, list[Span]]] = []
        words: list[Span] = []
        rows = self._sheet.layout.rows
        for row in rows[self._head.index + 1 :]:
            if ends_table(row, self._sheet) or self._is_far_below(row, found):
                if found:
                    break
                continue
            cells = self._assign(row)
            if cells.keys() & self._decisive:
                self._name(cells, words)
                found.append(cells)
                words = []
            else:
                words = self._words(row, cells)
                if found and words and self._described_by not in found[-1]:
                    self._name(found[-1], words)
                    words = []
        return [_item(cells, self._columns, self._sheet) for cells in found]

    def _is_far_below(self, row: Row, found: Sequence[dict[str, list[Span]]]) -> bool:
        """Whether so much white lies above a row that it belongs to something else."""
        last = found[-1] if found else None
        if last is None:
            return False
        cells = [span.cell for spans in last.values() for span in spans]
        gap = row.y0 - max(cell.y1 for cell in cells)
        return cells[0].page is row.page and gap > _MAX_GAP * self._sheet.layout.text_height

    def _name(self, cells: dict[str, list[Span]], words: list[Span]) -> None:
        """Give an item without a name the words of its neighbour row."""
        name = self._described_by
        if name and words and _letters(cells.get(name, ())) < _NAME_LETTERS:
            cells[name] = words

    def _words(self, row: Row, cells: dict[str, list[Span]]) -> list[Span]:
        """The words of a row without a price: of its description, else of the whole row."""
        own = cells.get(self._described_by or "")
        if own and _letters(own):
            return own
        whole = [Span(cell, 0, len(cell.text)) for cell in row.cells]
        return whole if _letters(whole) >= 3 else []

    def _assign(self, row: Row) -> dict[str, list[Span]]:
        """The parts of a row by column: words go where they overlap most, else to the nearest."""
        assigned: dict[str, list[Span]] = {}
        for cell in row.cells:
            for span in _pieces(cell):
                column = _column_of(span, self._columns, self._sheet)
                if column is None or not column.name:
                    continue
                parts = assigned.setdefault(column.name, [])
                if parts and parts[-1].cell is span.cell:
                    parts[-1] = Span(cell, parts[-1].start, span.end)
                else:
                    parts.append(span)
        return assigned


def _decisive(columns: Sequence[_Column]) -> set[str]:
    """The columns that must be filled for a row to be an item."""
    for wanted in ({"item.amount"}, {"item.unit_price"}):
        priced = {column.name for column in columns if column.concept in wanted}
        if priced:
            return priced
    numeric = {column.name for column in columns if column.name and column.value in _NUMERIC}
    return numeric or {column.name for column in columns if column.name}


def _letters(spans: Sequence[Span]) -> int:
    return sum(char.isalpha() for span in spans for char in span.text)


def _pieces(cell: Cell) -> Iterator[Span]:
    """The words of a cell: recognition joins neighbouring columns into one line."""
    for match in re.finditer(r"\S+", cell.text):
        yield Span(cell, match.start(), match.end())


def _column_of(span: Span, columns: Sequence[_Column], sheet: Sheet) -> _Column | None:
    x0, x1 = span.cell.x_at(span.start), span.cell.x_at(span.end)

    def distance(column: _Column) -> float:
        apart = max(column.x0 - x1, x0 - column.x1, 0.0)
        edges = min(abs(column.x0 - x0), abs(column.x1 - x1), abs(column.cx - (x0 + x1) / 2))
        return apart + 0.1 * edges

    fitting = [c for c in columns if _may_hold(c, span.text)]
    nearest = min(fitting, key=distance, default=None)
    if nearest is None:
        return None
    apart = max(nearest.x0 - x1, x0 - nearest.x1, 0.0)
    if nearest.value in _NUMERIC and apart > 6 * sheet.layout.text_height:
        return None
    return nearest


def _may_hold(column: _Column, text: str) -> bool:
    """Whether a word could stand in a column: numbers in columns of numbers, prices with cents."""
    if column.value not in _NUMERIC:
        return True
    if not _NUMBER_WORD.match(text):
        return False
    return column.concept not in _PRICES or bool(_PRICE_WORD.search(text))


def _item(filled: Mapping[str, Sequence[Span]], columns: Sequence[_Column], sheet: Sheet) -> Group:
    types = {column.name: column.value for column in columns}
    fields: dict[str, Filling] = {}
    for name, spans in filled.items():
        if types.get(name) in _NUMERIC:
            price = name in {column.name for column in columns if column.concept in _PRICES}
            fields[name] = Scalar(_numbers(spans, sheet, price=price))
        elif types.get(name) in _DATED:
            fields[name] = Scalar(_moments(types[name], spans, sheet))
        else:
            text = " ".join(span.text for span in spans).strip(" |:;")
            if text:
                fields[name] = Scalar([Candidate(text, 1.0, tuple(spans), 0.75)])
    return Group(_reconciled(fields, columns))


def _moments(kind: str, spans: Sequence[Span], sheet: Sheet) -> list[Candidate]:
    """Dates and times of a column, in ISO form."""
    return [
        Candidate(typed.value, typed.quality, (typed.span,), 0.75)
        for span in spans
        for typed in sheet.typed(kind, span.cell)
        if span.start <= typed.span.start < span.end
    ]


def _reconciled(fields: dict[str, Filling], columns: Sequence[_Column]) -> dict[str, Filling]:
    """Of two readings of a price, the one with which quantity times price is the amount."""
    names = {column.concept: column.name for column in columns}
    wanted = [names.get(f"item.{part}", "") for part in ("quantity", "unit_price", "amount")]
    found = [part for name in wanted if isinstance(part := fields.get(name), Scalar)]
    if len(found) < 3:
        return fields
    for choice in product(*(part.candidates for part in found)):
        quantity, price, amount = (candidate.value for candidate in choice)
        if abs(quantity * price - amount) <= _CENT:
            firsts = zip(wanted, choice, strict=True)
            return {**fields, **{name: Scalar([candidate]) for name, candidate in firsts}}
    return fields


def _numbers(spans: Sequence[Span], sheet: Sheet, *, price: bool) -> list[Candidate]:
    found: list[Candidate] = []
    for span in spans:
        value = amounts.number(span.text, decimal_comma=sheet.decimal_comma)
        if value is None:
            part = re.search(r"-?\d[\d.,]*\d|-?\d", span.text)
            value = part and amounts.number(part.group(0), decimal_comma=sheet.decimal_comma)
        if value is None:
            continue
        if price and _lost_its_point(span.text, sheet):
            found.append(Candidate(value / 100, 1.0 - 0.1 * len(found), (span,), 0.45))
        found.append(Candidate(value, 1.0 - 0.1 * len(found), (span,), 0.75))
    return found


def _lost_its_point(text: str, sheet: Sheet) -> bool:
    """Whether a price without a point stands on a page whose prices all have one."""
    digits = re.fullmatch(r"\W*(\d{3,6})\W*", text)
    return digits is not None and len(sheet.amounts) >= 3
