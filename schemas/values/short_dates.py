"""Days that are printed without their year, within a text: `13 Nov`, `15.10.`, `1.-31.10.2025`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from schemas import languages
from schemas.values import dates

_DASH = r"\s?[-–—~/+&]\s?"
_DAY_BEFORE = re.compile(rf"(?<![\d.,/:-])(\d{{1,2}})\.?{_DASH}$")
_DOTTED = re.compile(r"(?<![\d.,/:-])\d{1,2}\.\s?\d{1,2}\.(?!\s?\d)")
_BEFORE = re.compile(r"(?<![\d.,/:-])\d{1,2}[./]\d{1,2}(?![\d.,/:])")
_NAMED = re.compile(r"(?<![\d.,/:-])\d{1,2}[^\d\s,;:]{0,2}[-. ]{0,2}[^\W\d_]{3,10}\.?")
_NAME_FIRST = re.compile(r"[^\W\d_]{3,10}\.?\s\d{1,2}(?![\d.,:/])")
_EAST = re.compile(rf"\d{{1,2}}\s?{languages.pieces('month')}\s?\d{{1,2}}\s?{languages.pieces('day')}")


@dataclass(frozen=True, slots=True)
class ShortDate:
    """A day in ISO form and its place; `told` says that its year stands in the same text."""

    iso: str
    start: int
    end: int
    told: bool


def find(text: str, *, year: int | None, day_first: bool = True) -> Iterator[ShortDate]:
    """The days without a year, in that of the full date behind them, else in `year`."""
    full = list(dates.find(text, day_first=day_first))
    taken = [(one.start, one.end) for one in full]
    for one in full:
        before = _DAY_BEFORE.search(text[: one.start])
        if before and 1 <= int(before[1]) <= int(one.iso[8:]):
            taken.append(before.span(1))
            start, end = before.span(1)
            yield ShortDate(f"{one.iso[:8]}{int(before[1]):02}", start, end, told=True)
    forms = (_NAMED, _NAME_FIRST, _EAST, _DOTTED, *((_BEFORE,) if full else ()))
    for form in forms:
        for match in form.finditer(text):
            if any(match.start() < end and match.end() > start for start, end in taken):
                continue
            behind = next((one for one in full if one.start >= match.end()), None)
            meant = int(behind.iso[:4]) if behind else year
            day = dates.of_year(match[0], meant, day_first=day_first) if meant else None
            if day is not None:
                taken.append(match.span())
                yield ShortDate(day, match.start(), match.end(), told=behind is not None)
