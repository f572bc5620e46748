"""Typed values in the text of a cell: amounts, numbers, dates, times and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schemas.page import Box
from schemas.values import amounts, currencies, dates
from schemas.values.folding import plain
from schemas.values.short_dates import find as short_dates_of
from worker.reading.engines.matcher.choices import UNDECIDED
from worker.reading.engines.matcher.rows import Cell

_GROUPED = r"(?:\d{1,3}(?:[.,' ]\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}|\d+)"  # thousands, or lakh and crore
_ENDED = r"\)?-?(?![\d%]|[.,:/]\d|-\d)"
_MONEY = re.compile(
    rf"(?<![\d.,:/])-?\(?{_GROUPED}\s?[.,]\s?\d{{2}}{_ENDED}|(?:(?<=\s)|^)-?\.\d{{2}}(?=\s|$)"
)
_THOUSANDTHS = re.compile(rf"(?<![\d.,:/])-?\(?{_GROUPED}[.,]\d{{3}}{_ENDED}")
_WHOLE_MONEY = re.compile(
    r"(?:[$€£¥￥₹]|(?<![A-Z])RM|HK\$|(?<![A-Za-z])Rs\.?)\s?-?(?:\d{1,3}(?:[.,]\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}|\d+)"
    r"(?:[.,]\d)?(?!\d|[.,]\d)"
    r"|(?<![\d.,:/-])(?<!\d )-?(?:\d{1,3}(?:[.,' ]\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}|\d+)(?:[.,]\d)?(?:\s?(?:[€₹円元원₫]|zł|Kč|Ft)|/-)(?!\w)"
)
_LOST_POINT = re.compile(r"(\d{1,5})\s(\d{2})")
_NUMBER = re.compile(
    r"(?<![\w.,/-])-?\d{1,3}(?:[.,' ]\d{3})*(?:[.,]\d+)?(?![\w/]|[.,-]\d)|(?<![\w.,/-])-?\d+(?:[.,]\d+)?(?![\w/]|[.,-]\d)|(?:(?<=\s)|^)-?\.\d{2}(?=\s|$)"
)
_COUNT = re.compile(r"(?<![\w.,/-])(\d+(?:[.,]\d+)?)\s?(?=[a-zA-Z]{1,6}\b|[一-龥])")
_PHONE = re.compile(r"\+?\(?\d(?:[\d()]|[-\s./](?=[\d(])){5,18}\d")
_DIALLED = re.compile(r"^\+|^0[1-9]\d{7,}$|[-\s()./]\d{3,}$")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9/\-_.#]*[A-Za-z0-9]|\d")
_MINUS = str.maketrans("−–－", "---")
_OF_USUAL_YEAR = 0.7  # how sure a day is whose year stands elsewhere
_PERCENT = re.compile(r"(\d{1,2}(?:[.,]\d{1,2})?)\s?%")


_TOWNS = (
    re.compile(
        r"(?:^|,)\s*(?P<city>[^\W\d][^\d,]*?),?\s+(?P<region>[A-Z]{2})\.?,?\s+(?P<zip>\d{5}(?:-\d{4})?)\b"
    ),
    re.compile(r"(?:^|,)\s*(?P<city>[^\W\d][^\d,]*?),?\s+(?P<zip>[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2})\b"),
    re.compile(r"(?:^|,|\s)(?:[A-Z]{1,2}-)?(?P<zip>\d{4,6}),?\s+(?P<city>[^\W\d][^\d,:]{1,40})(?:,|$)"),
)
"""How towns are written: Anytown, NY 10001; Anytown AB1 2CD; 12345 Anytown."""


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """A part of a cell: `cell.text[start:end]`."""

    cell: Cell
    start: int
    end: int

    @property
    def text(self) -> str:
        """What is printed there."""
        return self.cell.text[self.start : self.end]

    @property
    def box(self) -> Box:
        """Its place in the upright frame of its page."""
        return self.cell.line.span_box(self.start, self.end)


@dataclass(frozen=True, slots=True, eq=False)
class Typed:
    """A value of some type with its place; `quality` is how typical its form is (0 to 1)."""

    value: Any
    span: Span
    quality: float = 1.0
    other: Any = None
    """A second reading of the same print, such as day and month exchanged."""
    at_most: float = 1.0
    """How sure it can be, for a part of it stands elsewhere."""


def has_money(text: str) -> bool:
    """Whether an amount with cents is in a text."""
    return _MONEY.search(text) is not None


def money(cell: Cell, *, decimal_comma: bool | None, thousandths: bool) -> list[Typed]:
    """Amounts with cents (or `thousandths`), and beside a currency sign those with a tenth or whole."""
    text = plain(cell.text)
    if len(text) != len(cell.text):  # a sign that NFKC makes longer would shift every place
        text = cell.text
    lost_point = _LOST_POINT.fullmatch(text)
    if lost_point:
        return [Typed(Decimal(f"{lost_point[1]}.{lost_point[2]}"), Span(cell, 0, len(text)), 0.7)]
    typed = []
    exact = _THOUSANDTHS if thousandths else _MONEY
    for match in (*exact.finditer(text), *_WHOLE_MONEY.finditer(text)):
        value = amounts.number(match.group(0), decimal_comma=decimal_comma, cents=not thousandths)
        if value is not None:
            before = text[max(0, match.start() - 5) : match.start()]
            credit = re.match(r"\s?CR(?![A-Za-z])", text[match.end() :])
            minus = bool(credit or re.search(r"-\s?(?:RM|[$€£¥])?\s?$", before))
            typed.append(Typed(-abs(value) if minus else value, Span(cell, *match.span())))
    return typed


def whole_money(cell: Cell) -> list[Typed]:
    """A bare number that is all of its cell, as an amount of a currency without cents."""
    text = cell.text.strip()
    if not re.fullmatch(r"-?(?:\d{1,3}(?:[., ]\d{3})+|\d{1,6})", text):
        return []
    start = cell.text.index(text)
    digits = Decimal(re.sub(r"[., ]", "", text))
    return [Typed(digits, Span(cell, start, start + len(text)), 0.8)]


def numbers(cell: Cell, *, decimal_comma: bool | None) -> list[Typed]:
    """Every number that is not part of a word, a date or a longer code."""
    text = cell.text.translate(_MINUS)
    spans = [(match.start(), match.end()) for match in _NUMBER.finditer(text)]
    spans += [match.span(1) for match in _COUNT.finditer(text)]
    taken = [(found.start, found.end) for found in dates.find(cell.text)]
    typed = []
    for start, end in sorted(set(spans)):
        if any(start < stop and end > begin for begin, stop in taken):
            continue
        value = amounts.number(text[start:end], decimal_comma=decimal_comma)
        if value is not None:
            bracketed = (
                text[start - 1 : start] == "(" and text[end : end + 1] == ")" and "." in text[start:end]
            )
            typed.append(Typed(-abs(value) if bracketed else value, Span(cell, start, end)))
    return typed


def percents(cell: Cell) -> list[Typed]:
    """Percentages, as the number before the sign."""
    return [
        Typed(Decimal(match[1].replace(",", ".")), Span(cell, *match.span(1)))
        for match in _PERCENT.finditer(cell.text)
    ]


def calendar_dates(cell: Cell, *, day_first: bool, year_first: bool, order_known: bool) -> list[Typed]:
    """Dates in ISO form, with the other order of day and month where nothing settles it."""
    return [
        Typed(
            found.iso,
            Span(cell, found.start, found.end),
            found.typical,
            None if order_known else found.swapped,
        )
        for found in dates.find(cell.text, day_first=day_first, year_first=year_first)
    ]


def sure_of_year(years: Sequence[int]) -> float:
    """How sure a day can be whose year is the usual one of its document: in doubt where there are several."""
    return _OF_USUAL_YEAR if len(years) == 1 else UNDECIDED


def short_dates(cell: Cell, *, years: Sequence[int], day_first: bool) -> list[Typed]:
    """Days without a year, in that of a range they begin, else in the first of `years`."""
    return [
        Typed(
            found.iso,
            Span(cell, found.start, found.end),
            0.9 if found.told else 0.6,
            at_most=1.0 if found.told else sure_of_year(years),
        )
        for found in short_dates_of(cell.text, year=years[0] if years else None, day_first=day_first)
    ]


def times(cell: Cell) -> list[Typed]:
    """The first clock time."""
    found = dates.find_time(cell.text)
    return [Typed(found[0], Span(cell, found[1], found[2]))] if found else []


def moments(cell: Cell, *, day_first: bool) -> list[Typed]:
    """A date with the clock time behind it, to the minute."""
    typed = []
    for day in dates.find(cell.text, day_first=day_first):
        clock = dates.find_time(cell.text[day.end :])
        if clock:
            end = day.end + clock[2]
            typed.append(Typed(f"{day.iso}T{clock[0][:5]}", Span(cell, day.start, end), day.typical))
    return typed


def phones(cell: Cell) -> list[Typed]:
    """Telephone numbers as printed; digits without groups or a prefix may as well be an article's."""
    return [
        Typed(
            text := match.group(0).strip(), Span(cell, *match.span()), 1.0 if _DIALLED.search(text) else 0.5
        )
        for match in _PHONE.finditer(cell.text)
        if 7 <= sum(char.isdigit() for char in match.group(0)) <= 15
        and not re.match(r"\s?-?\s?[A-Za-z]|/\d", cell.text[match.end() :])
        and not next(dates.find(match.group(0)), None)
    ]


def codes(cell: Cell) -> Iterator[Typed]:
    """Numbers of documents: words with at least one digit."""
    days = [(found.start, found.end) for found in dates.find(cell.text)]
    for match in _CODE.finditer(cell.text):
        text = match.group(0)
        if not any(char.isdigit() for char in text):
            continue
        if any(start <= match.start() and match.end() <= end for start, end in days):
            continue
        yield Typed(text, Span(cell, *match.span()), 1.0 if len(text) >= 3 else 0.6)


def zips(cell: Cell) -> list[Typed]:
    """The postal code of an address."""
    return _of_town(cell, "zip")


def cities(cell: Cell) -> list[Typed]:
    """The town of an address."""
    return _of_town(cell, "city")


def regions(cell: Cell) -> list[Typed]:
    """The state that is written in two letters before a postal code."""
    return _of_town(cell, "region")


def _of_town(cell: Cell, part: str) -> list[Typed]:
    for form in _TOWNS:
        match = form.search(cell.text)
        if match and part in form.groupindex:
            return [Typed(match[part], Span(cell, *match.span(part)))]
        if match:
            return []
    return []


def currency(cell: Cell, *, page: str) -> list[Typed]:
    """A currency code, from a sign or a word; of a sign that several countries use, another one with it."""
    found = currencies.find(cell.text)
    if found is None:
        return []
    code, start, end = found
    sign = cell.text[start:end]
    value = currencies.meant(code, sign, page)
    return [Typed(value, Span(cell, start, end), other=currencies.other_of(sign, page))]
