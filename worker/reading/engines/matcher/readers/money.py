"""Amounts of money: by their labels, by their place, and by whether they add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from worker.reading.engines.matcher.concepts import Concept, library
from worker.reading.engines.matcher.lexicon import Mention
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.sheet import Candidate, Sheet, best_first
from worker.reading.engines.matcher.typed_spans import Typed

_TOTALS = frozenset({"money.total", "money.grand_total"})
_BELOW = 0.45  # an amount under its label counts this much of one beside it
_BEFORE_OR_TAX = frozenset({"money.tax", "money.net_total", "money.subtotal"})
_COLUMN_ROWS = 8  # rows a column of amounts is followed upwards
_MOST_PARTS = 40  # labelled sums and taxes that are combined: a long document repeats itself
_LARGEST_ROUNDING = Decimal("0.99")


@dataclass(frozen=True, slots=True, eq=False)
class _Amount:
    """An amount with what stands to its left: how much that names the concept, or others."""

    typed: Typed
    label: float
    other: float

    @property
    def value(self) -> Decimal:
        value: Decimal = self.typed.value
        return value

    @property
    def cell(self) -> Cell:
        return self.typed.span.cell


def read(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """Candidates, best first. Parts of a sum need their label; a total can do without."""
    amounts = [_named(typed, concept.name, sheet) for typed in sheet.amounts]
    if concept.name in _TOTALS or concept.value == "total":
        return best_first(list(_totals(amounts, sheet)))
    return best_first(list(_parts(concept, amounts, sheet)))


def _parts(concept: Concept, amounts: Sequence[_Amount], sheet: Sheet) -> Iterator[Candidate]:
    breakdown = _tax_rows(amounts) if concept.name == "money.tax" else set()
    if "totals" not in sheet.memo:
        sheet.memo["totals"] = {c.value for c in read(library()["money.grand_total"], sheet)[:2]}
        sheet.memo["printed"] = {abs(typed.value) for typed in sheet.amounts}
    totals: set[Decimal] = sheet.memo["totals"]
    named = [amount for amount in amounts if amount.label > 0.3 and amount.label >= amount.other]
    for order, amount in enumerate(named):
        if concept.name == "money.rounding" and abs(amount.value) > _LARGEST_ROUNDING:
            continue
        label = amount.label * (0.5 if amount.cell.row in breakdown else 1.0)
        completes = _completes(concept.name, abs(amount.value), totals, sheet)
        if concept.name == "money.tax" and not completes and abs(amount.value) in totals:
            continue  # the only sum of the page is none of its parts
        label -= 0.5 * (
            concept.name == "money.tax" and 2 * abs(amount.value) > max(totals, default=Decimal(0)) > 0
        )
        score = label + 0.4 * completes + 0.5 * _sums_column(amount, sheet) - 0.01 * order
        strength = min(1.0, 0.8 * label + 0.3 * completes)
        yield Candidate(_sign(concept.name, amount.value), score, (amount.typed.span,), strength)


def _completes(concept: str, value: Decimal, totals: set[Decimal], sheet: Sheet) -> bool:
    """Whether a tax or a sum before tax makes up the total with another amount of the page."""
    if concept not in _BEFORE_OR_TAX:
        return False
    printed: set[Decimal] = sheet.memo["printed"]
    whole = any(total - value in printed for total in totals if total > value)
    return whole or (concept != "money.tax" and value in totals)


def _sums_column(amount: _Amount, sheet: Sheet) -> bool:
    """Whether it is the sum of two or more amounts that stand right above it."""
    total = Decimal(0)
    for count, typed in enumerate(_column_above(amount.cell, sheet), start=1):
        total += typed.value
        if count >= 2 and total == amount.value:
            return True
    return False


def _column_above(cell: Cell, sheet: Sheet) -> Iterator[Typed]:
    """Amounts of the rows above in the same column, from below, without a gap."""
    for row in reversed(sheet.layout.rows[max(0, cell.row - _COLUMN_ROWS) : cell.row]):
        found = [
            typed for other in row.cells if other.overlap_x(cell) > 0 for typed in sheet.typed("money", other)
        ]
        if row.page is not cell.page or not found:
            return
        yield found[-1]


def _sign(concept: str, value: Decimal) -> Decimal:
    """Discounts are printed with and without a minus; the record gives them without."""
    return abs(value) if concept == "money.discount" else value


def _named(typed: Typed, concept: str, sheet: Sheet) -> _Amount:
    """What the labels left of an amount, or else above it, say it is."""
    mine = others = 0.0
    for mention in _left(typed, sheet):
        weight = mention.weight(concept) * _closeness(mention, typed)
        if concept in _TOTALS and mention.weight("money.rounding"):
            # What is too large to be a rounding is the total after it.
            weight = 0.9 if typed.value > _LARGEST_ROUNDING else 0.0
        mine = max(mine, weight)
        others = max(others, _rival(mention, concept) if not weight else 0.0)
    if mine == 0:
        for mention in _above(typed, sheet):
            mine = max(mine, _BELOW * mention.weight(concept))
            if _heads_column(mention, sheet):
                others = max(others, _BELOW * _rival(mention, concept))
    return _Amount(typed, mine, others)


def _closeness(mention: Mention, typed: Typed) -> float:
    """A label far back in the same sentence hardly belongs to the amount."""
    if mention.cell is not typed.span.cell:
        return 1.0
    between = typed.span.start - mention.end
    return max(0.2, 1.0 - 0.02 * max(0, between - 12))


def _heads_column(mention: Mention, sheet: Sheet) -> bool:
    """Whether it stands among other labels, as in the head of a table."""
    row = sheet.layout.rows[mention.cell.row]
    return sum(bool(sheet.mentions.of(cell)) for cell in row.cells) >= 2


def _left(typed: Typed, sheet: Sheet) -> Iterator[Mention]:
    """Labels in the row before the amount, back to the amount before it of another label."""
    cell = typed.span.cell
    for mention in sheet.mentions.of(cell):
        if mention.end <= typed.span.start:
            yield mention
    for neighbour in sheet.layout.left_of(cell):
        yield from sheet.mentions.of(neighbour)


def _above(typed: Typed, sheet: Sheet) -> Iterator[Mention]:
    """Labels at the head of the amount's column, other amounts between them."""
    cell = typed.span.cell
    bottom = cell
    for row in reversed(sheet.layout.rows[max(0, cell.row - _COLUMN_ROWS) : cell.row]):
        over = [other for other in row.cells if other.overlap_x(cell) > 0]
        if row.page is not cell.page or bottom.y0 - row.y1 > 2.2 * cell.height:
            return
        if row.index in sheet.item_headers:
            return  # what stands under it are items
        for other in over:
            yield from sheet.mentions.of(other)
        if any(sheet.mentions.of(other) for other in over):
            return
        bottom = row.cells[0]


def _rival(mention: Mention, concept: str) -> float:
    """How much a label says that the amount is something else."""
    if concept in _TOTALS and any(label.concept in _TOTALS for label in mention.labels):
        return 0.0
    return max(
        (
            label.weight
            for label in mention.labels
            if label.concept.startswith(("money.", "ignore.counts", "ignore.tax_table"))
        ),
        default=0.0,
    )


def _totals(amounts: Sequence[_Amount], sheet: Sheet) -> Iterator[Candidate]:
    if not amounts:
        return
    support = _Support(amounts, sheet)
    for amount in amounts:
        score, strength = support.score(amount)
        yield Candidate(amount.value, score, (amount.typed.span,), strength)


class _Support:
    """Everything on the page that speaks for or against an amount being the total."""

    def __init__(self, amounts: Sequence[_Amount], sheet: Sheet) -> None:
        self._amounts = amounts
        self._sheet = sheet
        self._printed = Counter(amount.value for amount in amounts)
        self._largest = max(amount.value for amount in amounts)
        self._paid = self._values_named("money.paid")
        self._parts = self._values_named("money.subtotal") | self._values_named("money.net_total")
        self._taxes = self._values_named("money.tax") | {Decimal(0)}
        self._roundings = self._values_named("money.rounding") | {Decimal(0)}
        self._sums = {
            part + tax + rounding
            for part in sorted(self._parts)[-_MOST_PARTS:]
            for tax in sorted(self._taxes)[-_MOST_PARTS:]
            for rounding in sorted(self._roundings, key=abs)[:_MOST_PARTS]
        }
        self._rows = len(sheet.layout.rows)
        self._tax_rows = _tax_rows(amounts)
        self._change = self._values_named("money.change") - {Decimal(0)}
        summaries = [mention.cell.row for mention in sheet.mentions.naming("ignore.tax_summary")]
        self._summary = min(summaries, default=self._rows)

    def score(self, amount: _Amount) -> tuple[float, float]:
        """A score, and how strong the support is."""
        value, cell = amount.value, amount.cell
        score = amount.label
        if amount.other and amount.other >= amount.label:
            score -= 0.8
        score += 0.15 * (value == self._largest)
        score += 0.12 * min(self._printed[value] - 1, 3)
        score += 0.2 * cell.row / max(1, self._rows)
        score += 0.1 * min(cell.height / self._sheet.layout.text_height, 2.0)
        score -= 1.5 * (value == 0) + 0.5 * (value < 0)
        if cell.row in self._tax_rows and not amount.label:
            score -= 0.7
        if cell.row > self._summary:
            score -= 0.9
        score += 0.5 * self._rounds_another(amount)
        if not any(_left(amount.typed, self._sheet)):
            score += 0.4 * _sums_column(amount, self._sheet)
        score += 0.25 * (value in self._paid and not self._change)
        sums = self._adds_up(value) + (value in self._sheet.memo.get("sums_of_items", ()))
        score += 0.25 * sums
        strength = min(1.0, 0.6 * min(amount.label, 1.3) + 0.2 * sums + 0.1 * (self._printed[value] > 1))
        return score, strength

    def _values_named(self, concept: str) -> set[Decimal]:
        named = (_named(amount.typed, concept, self._sheet) for amount in self._amounts)
        return {
            abs(n.value) if concept != "money.rounding" else n.value
            for n in named
            if n.label > 0.3 and n.label >= n.other
        }

    def _adds_up(self, value: Decimal) -> int:
        """How many of the page's sums give this value: paid - change, parts + tax + rounding."""
        if value <= 0:
            return 0
        change = any(
            paid > value and paid - value in self._printed and paid - value != value for paid in self._paid
        )
        return int(change) + int(value in self._sums - self._parts)

    def _rounds_another(self, amount: _Amount) -> bool:
        """Whether it is a labelled total above, rounded to five cents."""
        if not amount.label or len(self._roundings) < 2 or amount.value * 100 % 5:
            return False
        return any(
            other.label
            and 0 < abs(other.value - amount.value) <= Decimal("0.05")
            and other.cell.row < amount.cell.row
            for other in self._amounts
        )


def _tax_rows(amounts: Sequence[_Amount]) -> set[int]:
    """Rows that hold a base and its tax: summaries at the foot of a receipt."""
    by_row: dict[int, list[Decimal]] = {}
    for amount in amounts:
        by_row.setdefault(amount.cell.row, []).append(amount.value)
    return {
        row
        for row, values in by_row.items()
        if any(
            a > b >= 0 and (b == 0 or Decimal("0.03") <= b / a <= Decimal("0.27"))
            for a in values
            for b in values
        )
    }
