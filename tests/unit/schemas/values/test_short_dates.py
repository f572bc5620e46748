from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.values.short_dates import find


def days(text: str, year: int | None = 2026) -> list[tuple[str, str, bool]]:
    return [(found.iso, text[found.start : found.end], found.told) for found in find(text, year=year)]


@pytest.mark.parametrize(
    ("text", "iso", "printed"),
    [
        ("bis spätestens 15.10. ohne Abzug", "2026-10-15", "15.10."),
        ("am Sonntag, dem 27. September", "2026-09-27", "27. September"),
        ("Leaves Apr 21 10:30", "2026-04-21", "Apr 21"),
        ("口座振替日 10月28日", "2026-10-28", "10月28日"),
    ],
)
def test_a_day_without_a_year_is_of_the_usual_one(text: str, iso: str, printed: str) -> None:
    assert days(text) == [(iso, printed, False)]
    assert days(text, year=None) == []


@pytest.mark.parametrize(
    ("text", "iso", "printed"),
    [
        ("28 Dec – 3 Jan 2026", "2025-12-28", "28 Dec"),
        ("17.07 et 18.07.2025", "2025-07-17", "17.07"),
        ("13 Nov – 10 Dec 2025", "2025-11-13", "13 Nov"),
    ],
)
def test_the_first_day_of_a_range_has_the_year_of_the_last(text: str, iso: str, printed: str) -> None:
    assert days(text) == [(iso, printed, True)]


def test_a_day_of_the_month_before_a_date_is_less_sure_than_one_with_its_month() -> None:
    assert days("1.–31.10.2025") == [("2025-10-01", "1", False)]
    assert days("No. 7 - 12.03.2024") == days("3/12.10.2025") == []


def test_a_date_further_on_in_the_text_says_nothing_of_its_year() -> None:
    assert days("due 15.10. for invoice 4711 of 12.01.2025") == [("2026-10-15", "15.10.", False)]


@pytest.mark.parametrize(
    "text", ["Total 15.10", "Room 12", "3 nights, 2 adults", "1/2 litre", "v 2.10.4", "30 in 5 Tagen"]
)
def test_numbers_are_no_days(text: str) -> None:
    assert days(text) == []


@given(st.dates(dt.date(1990, 1, 1), dt.date(2049, 12, 31)))
def test_a_full_date_holds_no_short_one(day: dt.date) -> None:
    for form in ("%d.%m.%Y", "%d/%m/%Y", "%Y-%m-%d", "%d %B %Y"):
        assert days(day.strftime(form)) == []
