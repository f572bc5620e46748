"""Days that are printed without their year, within a text: `13 Nov`, `15.10.`, `1.-31.10.2025`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from schemas import languages
from schemas.values import dates

_DAY_BEFORE = re.compile(r"(?<![\d.,/:-])(\d{1,2})(?:\.\s?[-–—~]\s?|[-–—~])$")
_DOTTED = re.compile(r"(?<![\d.,/:-])\d{1,2}\.\s?\d{1,2}\.(?!\s?\d)")
_BEFORE = re.compile(r"(?<![\d.,/:-])\d{1,2}[./]\d{1,2}(?![\d.,/:])")
_NAMED = re.compile(r"(?<![\d.,/:-])\d{1,2}[^\d\s,;:]{0,2}[-. ]{0,2}[^\W\d_]{3,10}\.?")
_NAME_FIRST = re.compile(r"[^\W\d_]{3,10}\.?\s\d{1,2}(?![\d.,:/])")
_EAST = re.compile(rf"\d{{1,2}}\s?{languages.pieces('month')}\s?\d{{1,2}}\s?{languages.pieces('day')}")


_BETWEEN = 6  # characters between the ends of a range, such as ` until ` or ` au `


@dataclass(frozen=True, slots=True)
class ShortDate:
    """A day in ISO form and its place; `told` says that it begins a range whose last day has its year."""

    iso: str
    start: int
    end: int
    told: bool


def find(text: str, *, year: int | None, day_first: bool = True) -> Iterator[ShortDate]:
    """The days without a year: as the first of a range in the year of its last day, else in `year`."""
    full = list(dates.find(text, day_first=day_first))
    taken = [(one.start, one.end) for one in full]
    for one in full:
        before = _DAY_BEFORE.search(text[: one.start])
        if before and 1 <= int(before[1]) <= int(one.iso[8:]):
            start, end = before.span(1)
            taken.append((start, end))
            yield ShortDate(f"{one.iso[:8]}{int(before[1]):02}", start, end, told=False)
    forms = (_NAMED, _NAME_FIRST, _EAST, _DOTTED, *((_BEFORE,) if full else ()))
    for form in forms:
        for match in form.finditer(text):
            if any(match.start() < end and match.end() > start for start, end in taken):
                continue
            last = next((one for one in full if 0 <= one.start - match.end() <= _BETWEEN), None)
            day = _of_range(match[0], last.iso, day_first) if last else _of(match[0], year, day_first)
            if day is not None:
                taken.append(match.span())
                yield ShortDate(day, match.start(), match.end(), told=last is not None)


def _of(text: str, year: int | None, day_first: bool) -> str | None:
    return None if year is None else dates.of_year(text, year, day_first=day_first)


def _of_range(text: str, last: str, day_first: bool) -> str | None:
    """The day in the year of the last one, or in the one before it: `28 Dec - 3 Jan 2026`."""
    year = int(last[:4])
    days = (dates.of_year(text, one, day_first=day_first) for one in (year, year - 1))
    return next((day for day in days if day is not None and day <= last), None)
