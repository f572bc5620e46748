"""What the codes on goods say, by the names that fields of a schema have for it.

Source: GS1 General Specifications, the application identifiers in front of each element.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator

from worker.reading.pages.base import Barcode, FormField

_ELEMENT = re.compile(r"\((\d{2,4})\)([^(]+)")
_NAMES = {
    "00": ("sscc",),
    "01": ("gtin", "ean"),
    "10": ("batch", "batch number", "lot", "lot number"),
    "11": ("production date",),
    "15": ("best before", "best before date"),
    "17": ("expiry date", "expiration date", "use by"),
    "21": ("serial", "serial number"),
    "37": ("count", "quantity"),
    "310n": ("net weight", "weight"),  # n: how many digits are decimals
    "400": ("order number", "purchase order"),
    "8020": ("payment reference",),
}
_DATES = frozenset({"11", "15", "17"})
_DECIMALS = re.compile(r"310\d")
_RETAIL = frozenset({"EAN13", "EAN8", "UPCA", "UPCE"})
_LAST_CENTURY = 51  # two digits of a year from here on, as GS1 has it


def named(code: Barcode) -> Iterator[FormField]:
    """The code as fields: as a whole, and element by element."""
    yield FormField("barcode", code.text, code.box)
    if code.symbology.startswith("QR"):
        yield FormField("qr code", code.text, code.box)
    if code.symbology in _RETAIL:
        yield from (FormField(name, code.text, code.box) for name in _NAMES["01"])
    for identifier, said in _elements(code.text):
        value = _value(identifier, said)
        for name in _NAMES.get("310n" if _DECIMALS.fullmatch(identifier) else identifier, ()):
            if value is not None:
                yield FormField(name, value, code.box)


def _elements(text: str) -> Iterator[tuple[str, str]]:
    """The elements of a text that consists of nothing else."""
    if not re.fullmatch(f"(?:{_ELEMENT.pattern})+", text):
        return
    for found in _ELEMENT.finditer(text):
        yield found[1], found[2].strip()


def _value(identifier: str, said: str) -> str | None:
    if identifier in _DATES:
        return _day(said)
    if _DECIMALS.fullmatch(identifier):
        return f"{int(said) / 10 ** int(identifier[-1])}" if said.isdecimal() else None
    return said or None


def _day(said: str) -> str | None:
    """YYMMDD as ISO; the day 00 is the last of its month."""
    if len(said) != 6 or not said.isdecimal():
        return None
    year, month, day = int(said[:2]), int(said[2:4]), int(said[4:])
    year += 1900 if year >= _LAST_CENTURY else 2000
    if not 1 <= month <= 12:
        return None
    try:
        return dt.date(year, month, day or calendar.monthrange(year, month)[1]).isoformat()
    except ValueError:
        return None
