"""The two sides of a room as they are printed: `4.76 x 3.79`, `15'7" x 12'5"`, and whether these two agree."""

from __future__ import annotations

import re
from collections.abc import Iterator

_INCHES_IN_METRE = 39.3701
_AGREE = 1.0  # inches that two systems may differ by, each being rounded
_TIMES = re.compile(r"\s?[x×*X]\s?|\sby\s")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_BEHIND_INCHES = re.compile(r"(?<=['’]\d)°|(?<=['’]\d\d)°")


def as_typed(text: str) -> str:
    """Sides with the signs that are typed: OCR gives `×` for the letter and `°` for the marks of feet and inches."""
    return _BEHIND_INCHES.sub('"', text).replace("×", "x")


def in_feet(text: str, metres: str) -> str | None:
    """Sides in feet and inches, marks that were not read put back, where those in metres say the same; else None.

    `157 x 125` beside `4.76 x 3.79` is `15'7 x 12'5`.
    """
    sides, measures = _TIMES.split(text), [_in_inches(side) for side in _TIMES.split(metres)]
    if len(sides) != 2 or len(measures) != 2:
        return None
    mended = [
        None if inches is None else _side(side, inches) for side, inches in zip(sides, measures, strict=True)
    ]
    [sign] = _TIMES.findall(text)
    return None if None in mended else sign.join(map(str, mended))


def _in_inches(side: str) -> float | None:
    found = _NUMBER.findall(side)
    if len(found) != 1:
        return None
    metres = float(found[0].replace(",", "."))
    return (metres / 1000 if metres >= 300 else metres) * _INCHES_IN_METRE


def _side(text: str, inches: float) -> str | None:
    """One side: as it stands where it has its mark, else with the mark where it makes the length."""
    decimal = re.fullmatch(r"\s*(\d+\.\d+)\s?(?:ft|f\w)\.?\s*", text)
    if decimal:
        return text.strip() if abs(12 * float(decimal[1]) - inches) <= _AGREE else None
    digits = re.sub(r"\D", "", text)
    for feet, rest in _splits(digits):
        if rest < 12 and abs(12 * feet + rest - inches) <= _AGREE:
            marked = re.search(r"\d\s?['’]\s?\d", text)
            return text.strip() if marked else f"{feet}'{rest}" + ('"' if '"' in text else "")
    return None


def _splits(digits: str) -> Iterator[tuple[int, int]]:
    """Feet and inches that digits may be: the last one or two are inches."""
    for size in (1, 2):
        if len(digits) > size:
            yield int(digits[:-size]), int(digits[-size:])
