from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.values import amounts, currencies, dates
from schemas.values.folding import fold, letters_and_digits, squeeze
from schemas.values.identity import chinese_id_is_valid


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("RM 8.10", "8.10"),
        ("1.234,56 €", "1234.56"),
        ("1,234.50", "1234.50"),
        ("-5.94", "-5.94"),
        ("(5.94)", "-5.94"),
        ("8.10-", "-8.10"),
        ("￥242.5元", "242.5"),
        ("1 234,56", "1234.56"),
        ("1,234", "1234"),
        ("1.234", "1.234"),
        ("$ 1'234.50", "1234.50"),
        ("- RM 3.00", "-3.00"),
        ("9 . 90", "9.90"),
        ("2,00,000.00", "200000.00"),
        ("00", "0"),
    ],
)
def test_amounts_are_read_as_they_are_printed_around_the_world(printed: str, value: str) -> None:
    assert amounts.number(printed) == Decimal(value)


@pytest.mark.parametrize("text", ["", "no digits", "3 x 2.00", "1.2.3.4"])
def test_what_is_not_one_number_is_none(text: str) -> None:
    assert amounts.number(text) in {None, Decimal(1234)}


@given(st.decimals(min_value=0, max_value=10**7, places=2))
def test_any_amount_survives_english_and_german_printing(value: Decimal) -> None:
    english = f"{value:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert amounts.number(english, decimal_comma=False) == value
    assert amounts.number(german, decimal_comma=True) == value


@given(st.text())
def test_numbers_never_raise(text: str) -> None:
    amounts.number(text)
    amounts.number(text, decimal_comma=True)


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("17-06-18", "2018-06-17"),
        ("25/12/2018 8:11:39 PM", "2018-12-25"),
        (":01-06-201818:21:09", "2018-06-01"),
        ("24 Mar 2018", "2018-03-24"),
        ("May 3, 2018", "2018-05-03"),
        ("vom 05.03.2018", "2018-03-05"),
        ("2018年01月25日10:28开", "2018-01-25"),
        ("20180312", "2018-03-12"),
        ("5 März 2018", "2018-03-05"),
        ("12/25/2019", "2019-12-25"),
        ("2018/3/2", "2018-03-02"),
        ("16FEB18", "2018-02-16"),
    ],
)
def test_dates_are_read_in_their_many_forms(printed: str, iso: str) -> None:
    assert [found.iso for found in dates.find(printed)] == [iso]


@pytest.mark.parametrize("text", ["192.168.10.1", "31/02/2020", "3.75", "99/99/2018", "1-2", "INV 4711"])
def test_what_is_no_date_is_not_taken_for_one(text: str) -> None:
    assert list(dates.find(text)) == []


def test_month_and_day_can_be_exchanged_only_where_print_leaves_it_open() -> None:
    [slashed] = dates.find("03/04/2020")
    [dotted] = dates.find("03.04.2020", day_first=False)
    assert (slashed.iso, slashed.swapped) == ("2020-04-03", "2020-03-04")
    assert dotted.iso == "2020-04-03"


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2049, 12, 31)))
def test_any_day_survives_iso_chinese_and_english_printing(day: date) -> None:
    for printed in (day.isoformat(), f"{day.year}年{day.month}月{day.day}日", day.strftime("%d %B %Y")):
        assert day.isoformat() in [found.iso for found in dates.find(f"Date: {printed} .")]


@given(st.text(max_size=60))
def test_places_of_dates_are_places_of_the_text(text: str) -> None:
    for found in dates.find(text):
        assert 0 <= found.start < found.end <= len(text)


@pytest.mark.parametrize(
    ("printed", "clock"),
    [("8:11:39 PM", "20:11:39"), ("12:05 am", "00:05"), ("10:28开", "10:28"), ("201818:21:09", "18:21:09")],
)
def test_clock_times(printed: str, clock: str) -> None:
    found = dates.find_time(printed)
    assert found is not None
    assert found[0] == clock


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("￥99.5元", "CNY"),
        ("RM 4.20", "MYR"),
        ("S$ 3", "SGD"),
        ("€ 4", "EUR"),
        ("$5", "USD"),
        ("US$ 5 EUR", "EUR"),
    ],
)
def test_currencies(text: str, code: str) -> None:
    found = currencies.find(text)
    assert found is not None
    assert found[0] == code


def test_the_check_digit_of_a_chinese_identity_number() -> None:
    assert chinese_id_is_valid("11010519491231002X") is True  # the example printed in GB 11643-1999
    assert chinese_id_is_valid("110105194912310021") is False
    assert chinese_id_is_valid("1101051949****002X") is None


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    for folding in (fold, squeeze, letters_and_digits):
        assert folding(folding(text)) == folding(text)


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("1.234.56", "1234.56"),
        ("1.234.567", "1234567"),
        ("Pre-tax 6.00", "6.00"),
        ("CO-OP 3.50", "3.50"),
        ("(6%)", "6"),
    ],
)
def test_smudged_marks_and_hyphens_do_not_change_an_amount(printed: str, value: str) -> None:
    assert amounts.number(printed) in {Decimal(value), None}


@pytest.mark.parametrize("text", ["12.03.2018", "192.168.10.1"])
def test_dates_and_addresses_are_no_amounts(text: str) -> None:
    assert amounts.number(text) is None


def test_years_of_two_digits_are_not_in_the_far_future() -> None:
    assert [found.iso for found in dates.find("03/12/98")] == ["1998-12-03"]


@given(st.text(max_size=40))
def test_places_of_currencies_are_places_of_the_text(text: str) -> None:
    found = currencies.find(text + " İ № … RM 5.00")
    assert found is None or 0 <= found[1] < found[2] <= len(text + " İ № … RM 5.00")


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("3. März 2024", "2024-03-03"),
        ("12 de março de 2023", "2023-03-12"),
        ("4 mei 2022", "2022-05-04"),
        ("17 Ogos 2021", "2021-08-17"),
        ("1er août 2020", "2020-08-01"),
        ("12 set 2020", "2020-09-12"),
        ("5 de enero del 2019", "2019-01-05"),
    ],
)
def test_months_are_known_in_every_language_that_has_a_folder(printed: str, iso: str) -> None:
    assert [found.iso for found in dates.find(printed)] == [iso]


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("令和6年6月6日", "2024-06-06"),
        ("令和元年5月1日", "2019-05-01"),
        ("平成30年12月31日", "2018-12-31"),
        ("民國113年05月18日", "2024-05-18"),
        ("15/03/2567", "2024-03-15"),
    ],
)
def test_years_are_counted_by_era_too(printed: str, iso: str) -> None:
    assert [found.iso for found in dates.find(printed)] == [iso]


@pytest.mark.parametrize(
    ("printed", "found"), [("令和2023年3月4日", "2023-03-04"), ("民国 2023年5月6日", "2023-05-06")]
)
def test_a_full_year_behind_an_era_is_not_counted_from_it(printed: str, found: str) -> None:
    assert [one.iso for one in dates.find(printed)] == [found]


@pytest.mark.parametrize(
    "text", ["USB Cable 6 Ft", "KD Hardware, Austin TX", "BD Player", "日本原装进口酱油"]
)
def test_words_that_look_like_signs_are_none(text: str) -> None:
    assert currencies.find(text) is None


@pytest.mark.parametrize(
    ("page", "meant", "other"),
    [
        ("酱油 ¥57.50", "CNY", None),
        ("日本原装进口酱油 ¥57.50", "CNY", None),
        ("日本原装进口酱油 ¥57", "CNY", "JPY"),
        ("合計 ¥1,250 ありがとう", "JPY", None),
        ("Hotel Osaka, Japan ¥12,500", "JPY", "CNY"),
        ("Soy sauce, made in Japan ¥57.50", "CNY", "JPY"),
    ],
)
def test_whose_sign_a_yen_or_yuan_is(page: str, meant: str, other: str | None) -> None:
    assert (currencies.meant("CNY", "¥", page), currencies.other_of("¥", page)) == (meant, other)


@pytest.mark.parametrize(
    ("page", "whole"),
    [("Total 5640 Ft\nNet weight 1.25 kg", True), ("Total 5640 Ft\n12,50 Ft", False), ("Cable 6 Ft", False)],
)
def test_a_weight_is_no_amount_with_cents(page: str, *, whole: bool) -> None:
    assert currencies.has_whole_amounts(page) is whole
