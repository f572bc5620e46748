"""Dates and times as they are printed, turned into ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from schemas import languages

_LIKENED = str.maketrans("äéûôáíóúç~", "aeuoaiouc-")  # a smudged hyphen is often read as a tilde
_MONTHS = {name.translate(_LIKENED): number for name, number in languages.months().items()}
_MONTH = "(?P<month_name>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_SEP = r"\s?[-/.]\s?"
_ERAS = languages.eras()
_ORDINAL, _OF_MONTH, _OF_YEAR = map(languages.pieces, ("ordinal", "of_month", "of_year"))
_YEAR_SIGN, _MONTH_SIGN, _DAY_SIGN = map(languages.pieces, ("year", "month", "day"))
_HOUR_SIGN, _MINUTE_SIGN, _SECOND_SIGN = map(languages.pieces, ("hour", "minute", "second"))
_ERA = rf"(?P<era>{'|'.join(map(re.escape, _ERAS))})\s?(?P<n>{languages.pieces('first_year')}|\d{{1,4}})"
_BUDDHIST = -543
_PATTERNS: tuple[tuple[str, float], ...] = (
    (
        rf"{_ERA}\s?(?:{_YEAR_SIGN}|[./-])\s?(?P<m>\d{{1,2}})\s?(?:{_MONTH_SIGN}|[./-])\s?(?P<d>\d{{1,2}})\s?{_DAY_SIGN}?",
        1.0,
    ),
    (rf"(?<![\d.])(?P<a>\d{{1,2}}){_SEP}(?P<b>\d{{1,2}}){_SEP}(?P<be>25[5-9]\d)(?!\d)", 0.9),
    (
        rf"(?<!\d)(?P<y>(?:19|20)\d\d)\s?{_YEAR_SIGN}\s?(?P<m>\d{{1,2}})\s?{_MONTH_SIGN}\s?(?P<d>\d{{1,2}})\s?{_DAY_SIGN}?",
        1.0,
    ),
    (rf"(?<!\d)(?P<y>(?:19|20)\d\d){_SEP}(?P<m>\d{{1,2}}){_SEP}(?P<d>\d{{1,2}})(?=\D|\d\d:|$)", 1.0),
    (rf"(?<![\d.])(?P<a>\d{{1,2}}){_SEP}(?P<b>\d{{1,2}}){_SEP}(?P<y>(?:19|20)\d\d)(?=\D|\d{{1,2}}:|$)", 1.0),
    (
        rf"(?<!\d)(?P<d>\d{{1,2}}){_ORDINAL}?[-/., ]{{0,3}}{_OF_MONTH}?{_MONTH}[-/., ]{{0,3}}{_OF_YEAR}?(?P<y>(?:19|20)\d\d|\d\d)(?=\D|\d\d:|$)",
        0.98,
    ),
    (rf"(?<![a-z]){_MONTH}[-/. ]{{0,2}}(?P<d>\d{{1,2}}){_ORDINAL}?\s?,?\s?(?P<y>(?:19|20)\d\d)(?!\d)", 0.98),
    (
        r"(?<![\d.,/-])(?P<a>\d{1,2})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<y2>\d\d)(?=[^\d.,/-]|[.,](?!\d)|\d\d:|$)",
        0.93,
    ),
    (rf"(?<!\d)(?P<y>(?:19|20)\d\d)\s?[/-]\s?{_MONTH}\s?[/-]\s?(?P<d>\d{{1,2}})(?!\d)", 0.93),
    (r"(?<!\d)(?P<y>20[0-4]\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)", 0.75),
    (r"(?<!\d)(?P<d>0[1-9]|[12]\d|3[01])(?P<m>0[1-9]|1[0-2])(?P<y>20[0-4]\d)(?!\d)", 0.6),
)
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), weight) for pattern, weight in _PATTERNS)
_OF_YEARS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<d>\d{{1,2}}){_ORDINAL}?[-/. ]{{0,3}}{_OF_MONTH}?{_MONTH}",
        rf"{_MONTH}[-/. ]{{0,2}}(?P<d>\d{{1,2}}){_ORDINAL}?",
        r"(?P<a>\d{1,2})\s?[-/.]\s?(?P<b>\d{1,2})\s?[-/.]?",
        rf"(?P<m>\d{{1,2}})\s?{_MONTH_SIGN}\s?(?P<d>\d{{1,2}})\s?{_DAY_SIGN}?",
    )
)
"""Days without a year; not looked for in running text, where `1/2` is a half as well."""
_EAST = re.compile(r"[\u3041-\u30fa\u4e00-\u9fff\uac00-\ud7a3]")
_TIME = re.compile(
    rf"(?<![\d:.])(?P<h>[01]?\d|2[0-4])\s?(?:{_HOUR_SIGN}|[:：])\s?(?P<min>[0-5]\d)"
    rf"(?:\s?(?:{_MINUTE_SIGN}|[:：])\s?(?P<s>[0-5]\d){_SECOND_SIGN}?)?{_MINUTE_SIGN}?"
    rf"\s?(?:(?P<am>{languages.pieces('before_noon')})|(?P<pm>{languages.pieces('after_noon')}))?(?![\d:])",
    re.IGNORECASE,
)
# A clock time that OCR has glued to the year in front of it: 01-06-201818:21:09.
_GLUED_TIME = re.compile(
    r"(?<=\d{4})(?P<h>[01]\d|2[0-3]):(?P<min>[0-5]\d)(?::(?P<s>[0-5]\d))?(?P<am>)(?P<pm>)(?!\d)"
)


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date in a text: its ISO form, its place, how typical its form is (0 to 1).

    `swapped` is the other reading when day and month can be told only by convention.
    """

    iso: str
    start: int
    end: int
    typical: float
    swapped: str | None = None


def find(text: str, *, day_first: bool = True, year_first: bool = False) -> Iterator[FoundDate]:
    """All dates in a text, left to right, none inside another; `year_first` is of those in two digits each."""
    return iter(_find(text, day_first, year_first))


@lru_cache(4096)  # one text is asked for several types of value
def _find(text: str, day_first: bool, year_first: bool) -> tuple[FoundDate, ...]:
    text = "".join(map(_lower, text)).translate(_LIKENED)
    taken: list[tuple[int, int]] = []
    found: list[FoundDate] = []
    for pattern, typical in _COMPILED:
        for match in pattern.finditer(text):
            if any(match.start() < end and match.end() > start for start, end in taken):
                continue
            reading = _read(match, day_first, year_first)
            if reading is not None:
                taken.append(match.span())
                found.append(FoundDate(reading[0], match.start(), match.end(), typical, reading[1]))
    return tuple(sorted(found, key=lambda item: item.start))


def of_year(text: str, year: int, *, day_first: bool = True) -> str | None:
    """A day that is printed without its year, alone in a text (`01 Sep`, `03.11.`, `5月3日`), in ISO form."""
    lowered = "".join(map(_lower, text.strip())).translate(_LIKENED)
    for pattern in _OF_YEARS:
        match = pattern.fullmatch(lowered)
        if match is None:
            continue
        groups = match.groupdict()
        if groups.get("a"):
            reading = _day_and_month(
                int(groups["a"]), int(groups["b"]), year, day_first=day_first or "." in lowered
            )
            return reading[0] if reading else None
        month = _MONTHS[groups["month_name"]] if groups.get("month_name") else int(groups["m"])
        return _iso(year, month, int(groups["d"]))
    return None


def _lower(char: str) -> str:
    """Lower case where that is one character too, so that places stay true (İ becomes two)."""
    lowered = char.lower()
    return lowered if len(lowered) == 1 else char


def find_time(text: str) -> tuple[str, int, int] | None:
    """The first clock time as HH:MM or HH:MM:SS with its place, or None."""
    match = _TIME.search(text) or _GLUED_TIME.search(text)
    if match is None:
        return None
    hour = int(match["h"])
    if match["pm"] and hour < 12:
        hour += 12
    if match["am"] and hour == 12:
        hour = 0
    seconds = f":{match['s']}" if match["s"] else ""
    return f"{hour % 24:02d}:{match['min']}{seconds}", match.start(), match.end()


def month_first_is_certain(text: str) -> bool:
    """Whether a text holds a numeric date that only makes sense with the month in front."""
    return any(int(m[1]) <= 12 < int(m[2]) <= 31 for m in _numeric(text))


def day_first_is_certain(text: str) -> bool:
    """Whether a text holds a numeric date that only makes sense with the day in front."""
    return any(12 < int(m[1]) <= 31 and int(m[2]) <= 12 for m in _numeric(text))


def year_leads(text: str) -> bool:
    """Whether days like 24.09.01 of an East Asian text begin with the year: one of its full years ends so."""
    if not _EAST.search(text):
        return False
    years = {year[2:] for year in re.findall(r"(?<!\d)20\d\d(?!\d)", text)}
    return any(m[1] in years for m in re.finditer(r"(?<![\d.])(\d\d)[-/.]\d{1,2}[-/.]\d{1,2}(?![\d.])", text))


def _numeric(text: str) -> Iterator[re.Match[str]]:
    return re.finditer(r"(?<![\d.])(\d{1,2})[-/](\d{1,2})[-/]((?:19|20)?\d\d)(?!\d)", text)


def _read(match: re.Match[str], day_first: bool, year_first: bool) -> tuple[str, str | None] | None:
    groups = match.groupdict()
    if "." in match.group(0):
        day_first = True  # nobody prints a month in front of a dot
    if groups.get("be"):
        return _day_and_month(
            int(groups["a"]), int(groups["b"]), int(groups["be"]) + _BUDDHIST, day_first=True
        )
    if groups.get("y2"):
        iso = _iso(_century(int(groups["a"])), int(groups["b"]), int(groups["y2"])) if year_first else None
        if iso is not None:
            return iso, None
        return _two_digit_year(int(groups["a"]), int(groups["b"]), int(groups["y2"]), day_first)
    if groups.get("era") and not _is_of_era(groups["era"], groups["n"]):
        return None
    year = _of_era(groups["era"], groups["n"]) if groups.get("era") else _full_year(groups["y"])
    if groups.get("a"):
        return _day_and_month(int(groups["a"]), int(groups["b"]), year, day_first=day_first)
    month = _MONTHS[groups["month_name"]] if groups.get("month_name") else int(groups["m"])
    iso = _iso(year, month, int(groups["d"]))
    return (iso, None) if iso else None


def _of_era(era: str, printed: str) -> int:
    return _ERAS[era].before + (int(printed) if printed.isdigit() else 1)


def _is_of_era(era: str, printed: str) -> bool:
    """Whether a year may be counted from an era: Japanese ones are short, Buddhist ones have four digits."""
    least, most = _ERAS[era].digits
    return least <= len(printed) <= most


def _full_year(printed: str) -> int:
    return int(printed) if len(printed) == 4 else _century(int(printed))


def _day_and_month(a: int, b: int, year: int, *, day_first: bool) -> tuple[str, str | None] | None:
    usual, other = _iso(year, b, a), _iso(year, a, b)
    if not day_first:
        usual, other = other, usual
    first = usual or other
    if first is None:
        return None
    return first, other if usual and other and other != usual else None


def _century(year: int) -> int:
    """Two digits from 70 on are of the last century, as in POSIX."""
    return 1900 + year if year >= 70 else 2000 + year


def _two_digit_year(a: int, b: int, c: int, day_first: bool) -> tuple[str, str | None] | None:
    if a > 31:  # 98-03-12: the year can only be in front
        iso = _iso(1900 + a, b, c)
        return (iso, None) if iso else None
    return _day_and_month(a, b, _century(c), day_first=day_first)


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
