"""Sums in tables of periods: which rows make the amounts of another together, in every column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

_SIGNIFICANT = 100  # amounts from which a sum may be off by one, for its parts were rounded

Amounts = Mapping[int, Decimal]
"""The amounts of a row by the index of their column."""


def ends_in(chain: Sequence[Amounts], values: Amounts) -> int:
    """How many of the last rows (two at least) make the amounts together, in every column; 0 when none do."""
    totals = dict.fromkeys(values, Decimal(0))
    for count, part in enumerate(reversed(chain), 1):
        for index in totals:
            totals[index] += part.get(index, Decimal(0))
        if count > 1 and all(abs(totals[index] - value) <= _slack(value) for index, value in values.items()):
            return count
    return 0


def _slack(value: Decimal) -> Decimal:
    """By how much a sum may differ from its parts, which were rounded."""
    whole = value == value.to_integral_value()
    return Decimal(1) if whole and abs(value) >= _SIGNIFICANT else Decimal("0.005")
