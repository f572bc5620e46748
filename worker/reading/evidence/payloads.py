"""What the codes on invoices say: Chinese fiscal invoices, Swiss QR-bills, EPC credit transfers.

Sources: the interface of the State Taxation Administration's verification platform (fields parted by
commas), Swiss Implementation Guidelines QR-bill 2.3, EPC069-12 (Quick Response Code). What a code
settles beyond doubt is told apart from what it only suggests: a bill's sum due may be less than its total.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

_WITH_TAX = frozenset({"31", "32"})  # fully digital invoices tell the sum with tax, older ones without
_SWISS_FIELDS = 31
_EPC_FIELDS = 8


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """Values by pointer into the kind `invoice`."""

    certain: Mapping[str, Any] = field(default_factory=dict)
    likely: Mapping[str, Any] = field(default_factory=dict)


def facts(text: str) -> CodeFacts:
    """What a code says of the invoice it stands on; nothing for codes of other purposes."""
    told = next((found for read in _FORMS if (found := read(text)) is not None), CodeFacts())
    return CodeFacts(_there(told.certain), _there(told.likely))


def _there(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {at: value for at, value in values.items() if value not in (None, "")}


def _fiscal(text: str) -> CodeFacts | None:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) < 7 or parts[0] != "01" or not parts[3].isdigit() or _day(parts[5]) is None:
        return None
    sum_at = "/total" if parts[1] in _WITH_TAX else "/subtotal"
    certain = {"/invoice_code": parts[2], "/invoice_number": parts[3], "/issue_date": _day(parts[5])}
    return CodeFacts(certain | {sum_at: _amount(parts[4])}, {"/currency": "CNY"})


def _swiss(text: str) -> CodeFacts | None:
    parts = [*text.splitlines(), *[""] * _SWISS_FIELDS]
    if parts[0] != "SPC" or parts[1][:2] != "02":
        return None
    likely = {
        "/currency": parts[19],
        "/total": _amount(parts[18]),
        "/seller/name": parts[5],
        "/seller/address": _address(parts[4:10]),
        "/buyer/name": parts[21],
        "/buyer/address": _address(parts[20:26]),
    }
    return CodeFacts(likely=likely)


def _address(parts: Sequence[str]) -> str:
    """A Swiss address: street, number, postcode and town (S), or two free lines (K)."""
    form, _, first, second, postcode, town = parts
    lines = (first, second) if form == "K" else (f"{first} {second}".strip(), f"{postcode} {town}".strip())
    return ", ".join(line for line in lines if line)


def _epc(text: str) -> CodeFacts | None:
    parts = [part.strip() for part in text.splitlines()]
    if len(parts) < _EPC_FIELDS or parts[0] != "BCD" or parts[3] not in {"SCT", "INST"}:
        return None
    currency, amount = parts[7][:3], parts[7][3:]
    return CodeFacts(likely={"/seller/name": parts[5], "/currency": currency, "/total": _amount(amount)})


_FORMS: tuple[Callable[[str], CodeFacts | None], ...] = (_fiscal, _swiss, _epc)


def _amount(text: str) -> float | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return float(found) if found.is_finite() else None


def _day(text: str) -> str | None:
    try:
        return dt.datetime.strptime(text, "%Y%m%d").date().isoformat()  # noqa: DTZ007 (a day, no time)
    except ValueError:
        return None
