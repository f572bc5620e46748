"""Items of a receipt that prints no header: a text with an amount at the right edge of its row.

The name may stand in the row above, the quantity in front of it or as `2 x 3.50`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from schemas.values import amounts
from worker.reading.engines.matcher.candidates import Filling, Group, Scalar
from worker.reading.engines.matcher.concepts import Concept
from worker.reading.engines.matcher.rows import Row
from worker.reading.engines.matcher.sheet import Candidate, Sheet
from worker.reading.engines.matcher.typed_spans import Span

_AFTER_ITEMS = ("money.", "ignore.counts", "ignore.tax_summary", "ignore.after_items")
_COUNT_TIMES_PRICE = re.compile(
    r"(?<![\d.])(\d{1,4}(?:[.,]\d{1,3})?)\s?(?:[A-Za-z]{0,4}\s?)?[x×X@*]\s?(?:RM|[$€£¥])?\s?(\d+[.,]\d{2})"
)


def read(known: Mapping[str, Concept], sheet: Sheet) -> list[Group]:
    """Rows that end in an amount, between the head of a receipt and its totals."""
    by_concept = {concept.name: name for name, concept in known.items()}
    items: list[Group] = []
    name_row: Span | None = None
    for row in sheet.layout.rows:
        if ends_table(row, sheet):
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
    if any(
        label.weight >= 1.0 and not label.concept.startswith(("item.", "party.", "ignore.tax_table"))
        for cell in row.cells
        for mention in sheet.mentions.of(cell)
        for label in mention.labels
    ):
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
        cell.text[: end.start] if cell is end.cell else cell.text for cell in row.cells[: end.cell.column + 1]
    )
    product = _COUNT_TIMES_PRICE.search(text)
    if product:
        for key, digits in zip(("item.quantity", "item.unit_price"), product.groups(), strict=True):
            value = amounts.number(digits)
            if value is not None:
                values[key] = Candidate(value, 1.0, _places(row, digits), 0.55)
        text = text[: product.start()]
    name = text.strip(" -:*|$€£¥")
    count = re.match(r"(\d{1,3})\s?[x×]?\s+(?=[^\W\d]{2})", name)
    if count and "item.quantity" not in values and not count[1].startswith("0"):
        values["item.quantity"] = Candidate(Decimal(count[1]), 1.0, _places(row, count[1]), 0.5)
        name = name[count.end() :]
    own = sum(char.isalpha() for char in name) >= 3
    if own:
        cells = tuple(Span(c, 0, len(c.text)) for c in row.cells if c.text.strip() and c.text in text)
        values["item.description"] = Candidate(name, 1.0, cells or (end,), 0.55)
    elif above is not None:
        values["item.description"] = Candidate(above.text, 1.0, (above,), 0.5)
    return values


def _places(row: Row, text: str) -> tuple[Span, ...]:
    """Where a text first stands in a row."""
    for cell in row.cells:
        start = cell.text.find(text)
        if start >= 0:
            return (Span(cell, start, start + len(text)),)
    return ()


def _is_name(row: Row, sheet: Sheet) -> bool:
    """Whether a row without an amount could name the item whose price follows."""
    letters = sum(char.isalpha() for char in row.text)
    return letters >= 3 and not any(
        label.weight >= 1.0 and not label.concept.startswith(("item.", "party."))
        for mention in sheet.mentions.of(row.cells[0])
        for label in mention.labels
    )


def ends_table(row: Row, sheet: Sheet) -> bool:
    """Whether a row begins the totals."""
    for cell in row.cells:
        for mention in sheet.mentions.of(cell):
            if mention.start > 2 or cell.column > 1:
                continue
            if any(
                label.concept.startswith(_AFTER_ITEMS) and label.weight >= 1.0 for label in mention.labels
            ):
                return True
    return False
