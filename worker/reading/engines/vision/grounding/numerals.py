"""Numbers as they stand in a line: whole, with their signs, and what each may mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from schemas.values import amounts

_APART = r"(?<!\d)(?<!\d[.,'])(?<!\w[-−])(?!0\d)"  # no part of another number, nor of INV-2026-0042
_GROUPED = re.compile(_APART + r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?(?!\d)")
_PLAIN = re.compile(_APART + r"\d+(?:[.,']\d+)*(?!\d)")
_TORN = re.compile(_APART + r"\d+(?:\s[.,]|[.,]\s)\d{2}(?![\d.,])")  # OCR puts blanks beside the point
FRACTION = re.compile(r"[.,]\s?\d{1,2}$")
"""What ends a number that is printed with decimals."""

_MINUS = re.compile(r"(?<!\w)[-−](?:[A-Z]{2,3} ?|[$€£¥] ?)?\Z")
_MINUS_BEHIND = re.compile(r"-(?=\s|$)")
_UNITED = re.compile(r"[^\W\d_]\Z")
_UNIT = re.compile(r"[^\W\d_]|/\d")
_OVER = re.compile(r"\d/\Z")
_WHOLE, _ATTACHED = 1.0, 0.7

Numeral = tuple[int, int, float, tuple[Decimal, ...]]
"""Start, end, how freely it stands (0 to 1), its readings with the likelier one first."""


def numerals(text: str) -> Iterator[Numeral]:
    """Every number of a text, those with blanks between thousands first."""
    for pattern in (_GROUPED, _PLAIN, _TORN):
        for found in pattern.finditer(text):
            start, end = _signed(text, *found.span())
            readings = tuple(_readings(text[start:end]))
            if readings:
                yield start, end, _freedom(text, found.start(), found.end()), readings


def exact(value: float | Decimal) -> Decimal:
    """A JSON number as the decimal it was written as, in the one form by which equal ones are found."""
    return Decimal(str(value)).normalize()


def _readings(printed: str) -> Iterator[Decimal]:
    seen = set()
    for comma in (None, True):
        number = amounts.number(printed, decimal_comma=comma)
        if number is not None and number.is_finite() and (key := exact(number)) not in seen:
            seen.add(key)
            yield key


def _signed(text: str, start: int, end: int) -> tuple[int, int]:
    """The number with its sign: before, behind, or brackets, as bookkeepers print what is negative."""
    before = _MINUS.search(text, 0, start)
    if before:
        return before.start(), end
    if FRACTION.search(text[start:end]) and text[start - 1 : start] == "(" and text[end : end + 1] == ")":
        return start - 1, end + 1
    if _MINUS_BEHIND.match(text, end):
        return start, end + 1
    return start, end


def _freedom(text: str, start: int, end: int) -> float:
    """A whole number that touches letters is rather a size or an article number, as the 2 of 2kg."""
    if FRACTION.search(text[start:end]):
        return _WHOLE
    touches = _UNITED.search(text, 0, start) or _OVER.search(text, 0, start) or _UNIT.match(text, end)
    return _ATTACHED if touches else _WHOLE
