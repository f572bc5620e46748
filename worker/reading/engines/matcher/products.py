"""Columns of a table of which two multiply to a third: quantity times unit price is the amount of a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from worker.reading.engines.matcher.choices import UNDECIDED
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.typed_spans import Span

_MOST = 0.6  # share of the rows in which the product is to hold
_CENT = Decimal("0.011")
_NOT_AMOUNTS = frozenset({"tax", "rate", "discount", "unit", "price"})
_NAMING = frozenset({"description", "name"})
_CODED = frozenset({"sku", "code", "number", "reference", "unit", "date", "serial", "currency"})
_MOST_SURE = 0.97
_LEFT_DOUBT = 0.3  # of the doubt about a number, what a product that holds leaves

Numbers = Mapping[int, Decimal]
"""The number of each column in a row."""


@dataclass(frozen=True, slots=True)
class Product:
    """The columns of two factors and of what they make, by index."""

    factors: tuple[int, int]
    result: int

    def parts(self, rows: Sequence[Numbers]) -> dict[str, int]:
        """The columns by their part, as in `roles`: how many there are, the price of one, which has more fractions, the amount."""
        count, price = sorted(self.factors, key=lambda index: (_fractions(index, rows), index))
        return {"count": count, "price": price, "amount": self.result}

    def holds(self, row: Numbers) -> bool | None:
        """Whether it holds in a row; None where one of its numbers is missing."""
        one, two, made = (row.get(index) for index in (*self.factors, self.result))
        if one is None or two is None or made is None:
            return None
        return abs(one * two - made) <= max(_CENT, _CENT * abs(one) / 2)

    def sure(self, index: int, row: Numbers, sure: float) -> float:
        """How surely a number of a column is right, by whether the product holds in its row as in most others."""
        holds = self.holds(row) if index in {*self.factors, self.result} else None
        if holds is None:
            return sure
        return min(_MOST_SURE, 1 - _LEFT_DOUBT * (1 - sure)) if holds else min(sure, UNDECIDED)


class Running:
    """What the items of a table make together so far, column by column, to tell the row of their sums."""

    def __init__(self) -> None:
        self._sums: dict[int, Decimal] = {}
        self._fullest = self._rows = 0

    def add(self, row: Numbers, filled: int) -> None:
        """Take an item in that fills some columns."""
        for index, value in row.items():
            self._sums[index] = self._sums.get(index, Decimal(0)) + value
        self._fullest = max(self._fullest, filled)
        self._rows += 1

    def is_sum(self, row: Numbers, filled: int) -> bool:
        """Whether each of several numbers of a row is the sum above it, and the row says less than an item does.

        One number alone may be what an item costs. Of a single item only a row that says less still is the sum: the
        same thing may be bought twice.
        """
        known = [index for index in row if index in self._sums]
        adds_up = len(known) > 1 and all(row[index] == self._sums[index] != 0 for index in known)
        return adds_up and filled <= self._fullest - (1 if self._rows > 1 else 2)


def numbers(filled: Mapping[int, Sequence[Span]], graph: Graph) -> Numbers:
    """The number of each column in a row; shares in percent are none."""
    found: dict[int, Decimal] = {}
    for index, spans in filled.items():
        for span in spans:
            kinds = () if "%" in span.text else ("money", "number")
            typed = (one for kind in kinds for one in graph.sheet.typed(kind, span.cell))
            value = next((one.value for one in typed if span.start <= one.span.start < span.end), None)
            if isinstance(value, Decimal):
                found.setdefault(index, value)
    return found


def find(rows: Sequence[Numbers]) -> Product | None:
    """The product that holds in most rows; a factor that is always one proves nothing."""
    counts = {product: _support(product, rows) for product in _possible(rows)}
    best = max(counts, key=counts.__getitem__, default=None)
    return best if best is not None and counts[best] > 0 else None


def _possible(rows: Sequence[Numbers]) -> Iterator[Product]:
    indices = sorted({index for row in rows for index in row})
    for factors in combinations(indices, 2):
        for result in indices:
            if result not in factors:
                yield Product(factors, result)


def _support(product: Product, rows: Sequence[Numbers]) -> int:
    """The rows in which a product holds and tells something; 0 where it does not hold in most."""
    told = [(row, holds) for row in rows if (holds := product.holds(row)) is not None]
    right = [row for row, holds in told if holds]
    if len(right) < _MOST * len(told):
        return 0
    return sum(all(row[index] not in {0, 1} for index in product.factors) for row in right)


def roles(questions: Sequence[FieldQuery]) -> dict[str, int]:
    """The fields that have to do with a product, by their part in it."""
    found: dict[str, int] = {}
    for index, asked in enumerate(questions):
        if asked.kind not in {"number", "integer"}:
            continue
        if "quantity" in asked.ideas:
            found.setdefault("count", index)
        elif "price" in asked.ideas and "total" not in asked.ideas:
            found.setdefault("price", index)
        elif asked.ideas & {"total", "amount"} and not asked.ideas & _NOT_AMOUNTS:
            found.setdefault("amount", index)
    return found


def naming(questions: Sequence[FieldQuery]) -> FieldQuery | None:
    """The field that holds the words of an item: one that is called so, else a text that is no number or code."""
    texts = [asked for asked in questions if asked.kind == "text"]
    called = [asked for asked in texts if asked.ideas & _NAMING]
    plain = [asked for asked in texts if not asked.ideas & _CODED]
    return next(iter([*called, *plain, *texts]), None)


def are_goods(questions: Sequence[FieldQuery]) -> bool:
    """Whether the fields of an item are those of things and what they cost."""
    ideas = {idea for asked in questions for idea in asked.ideas}
    return bool({"amount", "price"} & roles(questions).keys()) and bool(
        ideas & {"quantity", "price", "sku", "description"}
    )


def _fractions(index: int, rows: Sequence[Numbers]) -> int:
    """How many numbers of a column are no whole ones."""
    return sum(row[index] != int(row[index]) for row in rows if index in row)
