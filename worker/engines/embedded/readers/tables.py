"""Arrays of objects: a header row names the columns, the rows under it are the items.

Receipts often print no header; there an item is a text with an amount at the right edge, its name
possibly in the row above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemas.json_schema.fields import Field
from schemas.values import amounts
from worker.engines.embedded.concepts import Concept, concept_of
from worker.engines.embedded.filling import Filling, Group, Listing, Scalar
from worker.engines.embedded.layout import Cell, Row
from worker.engines.embedded.sheet import Candidate, Sheet
from worker.engines.embedded.spans import Span

_NUMERIC = frozenset({"number", "money", "percent"})
_MAX_ITEMS_ROWS = 400
_COUNT_TIMES_PRICE = re.compile(
    r"(?<![\d.])(\d{1,4}(?:[.,]\d{1,3})?)\s?(?:[A-Za-z]{0,4}\s?)?[x×X@*]\s?(?:RM|[$€£¥])?\s?(\d+[.,]\d{2})"
)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: the field it fills, its type, its extent in pixels."""

    name: str
    value: str
    x0: float
    x1: float

    @property
    def cx(self) -> float:
        return (self.x0 + self.x1) / 2


def read(field: Field, concept: Concept, sheet: Sheet) -> Filling:
    """The items of the largest table that fits the fields."""
    assert field.items is not None
    known = {child.name: concept_of(child, within="items" if concept.value == "table" else None)
             for child in field.items.properties}  # fmt: skip
    header = _header(known, sheet)
    if header is not None:
        row, columns = header
        items = _under(row, columns, sheet)
        if items:
            return Listing(items)
    if concept.name == "items":
        return Listing(_without_header(known, sheet))
    return Listing()


def _header(
    known: Mapping[str, Concept], sheet: Sheet
) -> tuple[Row, Sequence[_Column]] | None:
    """The row with the most column names, at least two."""
    best: tuple[int, Row, Sequence[_Column]] | None = None
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
            name = next((name for name, concept in known.items()
                         if name not in taken and mention.weight(concept.name)), None)  # fmt: skip
            ignored = mention.weight("item.ignored") or mention.weight("item.tax_rate")
            if name is None and not ignored:
                continue
            taken.add(name or "")
            value = known[name].value if name else "text"
            yield _Column(name or "", value, cell.x_at(mention.start), cell.x_at(mention.end))


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


def _under(head: Row, columns: Sequence[_Column], sheet: Sheet) -> list[Group]:
    """The rows below the header until a total or a wide gap."""
    items: list[Group] = []
    pending: list[Span] = []
    numeric = {column.name for column in columns if column.value in _NUMERIC}
    texts = [column.name for column in columns if column.value == "text" and column.name]
    for row in sheet.layout.rows[head.index + 1 : head.index + 1 + _MAX_ITEMS_ROWS]:
        if row.page is not head.page or (_ends_table(row, sheet) and (items or not pending)):
            break
        cells = _assign(row, columns, sheet)
        filled = {name: spans for name, spans in cells.items() if spans}
        if not filled.keys() & numeric:
            pending.extend(span for name in texts for span in filled.get(name, ()))
            continue
        if texts and texts[0] not in filled and pending:
            filled[texts[0]] = pending[-1:]
        pending = []
        items.append(_item(filled, columns, sheet))
    return items


def _assign(row: Row, columns: Sequence[_Column], sheet: Sheet) -> dict[str, list[Span]]:
    """The parts of a row by column: words go where they overlap most, else to the nearest."""
    assigned: dict[str, list[Span]] = {column.name: [] for column in columns}
    for cell in row.cells:
        for span in _pieces(cell):
            column = _column_of(span, columns, sheet)
            if column is not None:
                parts = assigned[column.name]
                if parts and parts[-1].cell is span.cell:
                    parts[-1] = Span(cell, parts[-1].start, span.end)
                else:
                    parts.append(span)
    assigned.pop("", None)
    return assigned


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

    has_digits = any(char.isdigit() for char in span.text)
    fitting = [c for c in columns if c.value not in _NUMERIC or has_digits]
    nearest = min(fitting, key=distance, default=None)
    if nearest is None:
        return None
    apart = max(nearest.x0 - x1, x0 - nearest.x1, 0.0)
    if nearest.value in _NUMERIC and apart > 6 * sheet.layout.text_height:
        return None
    return nearest


def _item(
    filled: Mapping[str, Sequence[Span]], columns: Sequence[_Column], sheet: Sheet
) -> Group:
    types = {column.name: column.value for column in columns}
    fields: dict[str, Filling] = {}
    for name, spans in filled.items():
        if types.get(name) in _NUMERIC:
            fields[name] = Scalar(_numbers(spans, sheet))
        else:
            text = " ".join(span.text for span in spans).strip(" |:;")
            if text:
                fields[name] = Scalar([Candidate(text, 1.0, tuple(spans), 0.75)])
    return Group(fields)


def _numbers(spans: Sequence[Span], sheet: Sheet) -> list[Candidate]:
    found = []
    for span in spans:
        value = amounts.number(span.text, decimal_comma=sheet.decimal_comma)
        if value is None:
            part = re.search(r"-?\d[\d.,]*\d|-?\d", span.text)
            value = part and amounts.number(part.group(0), decimal_comma=sheet.decimal_comma)
        if value is not None:
            found.append(Candidate(value, 1.0 - 0.1 * len(found), (span,), 0.75))
    return found


def _ends_table(row: Row, sheet: Sheet) -> bool:
    """Whether a row begins the totals."""
    for cell in row.cells:
        for mention in sheet.mentions.of(cell):
            if mention.start > 2 or cell.column > 1:
                continue
            if any(label.concept.startswith(("money.", "ignore.counts")) and label.weight >= 1.0
                   for label in mention.labels):  # fmt: skip
                return True
    return False


def _without_header(known: Mapping[str, Concept], sheet: Sheet) -> list[Group]:
    """Rows that end in an amount, between the head of a receipt and its totals."""
    by_concept = {concept.name: name for name, concept in known.items()}
    items: list[Group] = []
    name_row: Span | None = None
    for row in sheet.layout.rows:
        if _ends_table(row, sheet):
            if items:
                break
            name_row = None
            continue
        found = _priced(row, sheet)
        if found is None:
            last = row.cells[0]
            name_row = Span(last, 0, len(last.text)) if _is_name(row, sheet) else None
            continue
        values = _receipt_item(row, found, name_row)
        name_row = None
        fields: dict[str, Filling] = {
            by_concept[key]: Scalar([value]) for key, value in values.items() if key in by_concept
        }
        if len(fields) >= 2:
            items.append(Group(fields))
    return items


def _priced(row: Row, sheet: Sheet) -> Candidate | None:
    """The amount at the right end of a row without labels."""
    if any(label.weight >= 1.0 and not label.concept.startswith(("item.", "party.", "ignore.tax_table"))
           for cell in row.cells for mention in sheet.mentions.of(cell)
           for label in mention.labels):  # fmt: skip
        return None
    found = [typed for cell in row.cells[-2:] for typed in sheet.typed("money", cell)]
    if not found:
        return None
    last = found[-1]
    page = last.span.cell.page
    if last.span.cell.x_at(last.span.end) < 0.5 * page.width:
        return None
    return Candidate(last.value, 1.0, (last.span,), 0.6)


def _receipt_item(row: Row, amount: Candidate, above: Span | None) -> dict[str, Candidate]:
    """Description, quantity, unit price and amount of a row without columns."""
    values = {"item.amount": amount}
    end = amount.spans[0]
    text = " ".join(
        cell.text[: end.start] if cell is end.cell else cell.text
        for cell in row.cells[: end.cell.column + 1]
    )
    product = _COUNT_TIMES_PRICE.search(text)
    if product:
        for key, digits in zip(("item.quantity", "item.unit_price"), product.groups(), strict=True):
            value = amounts.number(digits)
            if value is not None:
                values[key] = Candidate(value, 1.0, (Span(row.cells[0], 0, len(row.cells[0].text)),), 0.55)
        text = text[: product.start()]
    name = text.strip(" -:*|")
    own = sum(char.isalpha() for char in name) >= 3
    if own:
        cells = tuple(Span(c, 0, len(c.text)) for c in row.cells if c.text.strip() and c.text in text)
        values["item.description"] = Candidate(name, 1.0, cells or (end,), 0.55)
    elif above is not None:
        values["item.description"] = Candidate(above.text, 1.0, (above,), 0.5)
    return values


def _is_name(row: Row, sheet: Sheet) -> bool:
    """Whether a row without an amount could name the item whose price follows."""
    letters = sum(char.isalpha() for char in row.text)
    return letters >= 3 and not any(
        label.weight >= 1.0 and not label.concept.startswith(("item.", "party."))
        for mention in sheet.mentions.of(row.cells[0])
        for label in mention.labels
    )
