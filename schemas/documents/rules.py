"""Rules between fields, computed and never asked of a model. A broken rule is an issue.

Each rule takes the data as plain JSON and yields issues; it says nothing where a value it needs
is null.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from schemas import pointer
from schemas.record import Issue, Severity

Data = Mapping[str, Any]
CENT = Decimal("0.01")


def amount(value: Any) -> Decimal | None:
    """A JSON number as an exact decimal; None for null."""
    return None if value is None else Decimal(str(value))


def warning(code: str, path: str, message: str) -> Issue:
    """The issue of a broken rule."""
    return Issue(code=code, severity=Severity.WARNING, path=path, message=message)


def sums_to(
    total: str, parts: Sequence[tuple[int, str]], *, code: str, needed: str, slack: Decimal = CENT
) -> Callable[[Data], Iterable[Issue]]:
    """The signed top-level parts add up to `total`. Absent parts count as zero, `needed` must be there."""

    def rule(data: Data) -> Iterator[Issue]:
        printed = amount(data.get(total))
        if printed is None or data.get(needed) is None:
            return
        computed = sum((sign * abs_or(data.get(name), name) for sign, name in parts), Decimal(0))
        if abs(computed - printed) > slack:
            terms = " ".join(f"{'+' if sign > 0 else '-'} {name}" for sign, name in parts)
            message = f"{terms.lstrip('+ ')} is {computed}, but {total} is {printed}"
            yield warning(code, pointer.join(total), message)

    return rule


def abs_or(value: Any, name: str) -> Decimal:
    """A part of a sum: discounts are printed with and without their minus, so the sign is ours."""
    found = amount(value) or Decimal(0)
    return abs(found) if name == "discount" else found


def items_sum_to(
    items: str, column: str, totals: Sequence[str], *, code: str, beside: Sequence[tuple[int, str]] = ()
) -> Callable[[Data], Iterable[Issue]]:
    """The items' amounts add up to one of the totals printed; a cent of rounding per item is allowed.

    Between the items and a total may stand what is signed in `beside`, such as the tax that it includes.
    Where nothing adds up, an item is missing or was misread, and a person has to look.
    """

    def rule(data: Data) -> Iterator[Issue]:
        amounts = [amount(item.get(column)) for item in data.get(items) or ()]
        printed = {name: amount(data.get(name)) for name in totals}
        known = {name: value for name, value in printed.items() if value is not None}
        if not amounts or None in amounts or not known:
            return
        computed = sum((value for value in amounts if value is not None), Decimal(0))
        slack = CENT * max(1, len(amounts))
        parts = [(Decimal(0), sign * abs_or(data.get(name), name)) for sign, name in beside]
        between = {sum(chosen, Decimal(0)) for chosen in itertools.product(*parts)}
        if not any(abs(computed + more - value) <= slack for value in known.values() for more in between):
            said = ", ".join(f"{name} is {value}" for name, value in known.items())
            message = f"the items add up to {computed}, but {said}"
            yield Issue(code=code, severity=Severity.ERROR, path=pointer.join(items), message=message)

    return rule


def items_multiply(
    items: str, first: str, second: str, product: str, *, code: str
) -> Callable[[Data], Iterable[Issue]]:
    """In each item first × second is the product, to the last printed digit of the factors."""

    def rule(data: Data) -> Iterator[Issue]:
        for index, item in enumerate(data.get(items) or ()):
            a, b, printed = (amount(item.get(name)) for name in (first, second, product))
            if a is None or b is None or printed is None:
                continue
            slack = CENT + abs(a) * _half_step(b) + abs(b) * _half_step(a)
            if abs(a * b - printed) > slack:
                message = f"{first} {a} x {second} {b} is {a * b}, but {product} is {printed}"
                yield warning(code, pointer.join(items, index, product), message)

    return rule


def _half_step(value: Decimal) -> Decimal:
    """Half of the last printed digit of a fraction; nothing for a whole number."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= 0:
        return Decimal(0)
    return Decimal(5).scaleb(exponent - 1)


def in_order(earlier: str, later: str, *, code: str) -> Callable[[Data], Iterable[Issue]]:
    """An ISO date is not after another."""

    def rule(data: Data) -> Iterator[Issue]:
        first, second = data.get(earlier), data.get(later)
        if first and second and str(first) > str(second):
            message = f"{earlier} {first} is after {later} {second}"
            yield warning(code, pointer.join(later), message)

    return rule
