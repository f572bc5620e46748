"""Values of all kinds, as they are printed and as they are meant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from bench.sheets import stock


@dataclass(frozen=True)
class Locale:
    """How a document writes: its language, dates, numbers, currency."""

    lang: str
    date: str
    comma: bool
    group: str
    sign: str
    sign_first: bool


@dataclass(frozen=True)
class Printed:
    """A value: the lines that are printed, what it means, the JSON type it is asked for in."""

    lines: tuple[str, ...]
    meant: Any
    type: str = "string"
    format: str | None = None


def locale(rng: Random) -> Locale:
    """A way of writing."""
    lang = rng.choice(
        ["en"] * 8 + ["zh"] * 3 + ["de"] * 3 + ["fr", "fr", "es", "es", "pt", "it", "nl", "ms", "ja"]
    )
    comma = lang in {"de", "fr", "es", "pt", "it", "nl"} and rng.random() < 0.9
    group = rng.choice([".", "", " "] if comma else [",", ""])
    sign = rng.choice(
        {
            "zh": ["¥", "￥", ""],
            "ja": ["¥", "円", ""],
            "ms": ["RM", "RM ", ""],
            "en": ["$", "£", "", "€", "USD "],
        }.get(lang, ["€", "", "EUR"])
    )
    return Locale(lang, rng.choice(stock.DATES[lang]), comma, group, sign, lang in {"en", "zh", "ja", "ms"})


def number(value: float, here: Locale, *, places: int = 2) -> str:
    """A number as it is printed."""
    whole, _, fraction = f"{abs(value):,.{places}f}".partition(".")
    text = whole.replace(",", here.group)
    text += (("," if here.comma else ".") + fraction) if fraction else ""
    return f"-{text}" if value < 0 else text


def money(value: float, here: Locale, rng: Random) -> Printed:
    """An amount, with or without its sign."""
    text = number(value, here)
    if here.sign and rng.random() < 0.5:
        text = f"{here.sign}{text}" if here.sign_first else f"{text} {here.sign}".rstrip()
    return Printed((text,), round(value, 2), "number")


def word(rng: Random, here: Locale) -> str:
    """A name that nobody bears."""
    if here.lang == "zh":
        return "".join(rng.choice(stock.HAN) for _ in range(rng.randint(2, 3)))
    if here.lang == "ja" and rng.random() < 0.7:
        return "".join(rng.choice(stock.KANA) for _ in range(rng.randint(3, 5)))
    return "".join(
        rng.choice(stock.ONSETS) + rng.choice(stock.VOWELS) + rng.choice(stock.CODAS)
        for _ in range(rng.randint(1, 3))
    ).capitalize()


def person(rng: Random, here: Locale) -> str:
    if here.lang == "zh":
        return rng.choice(stock.SURNAMES) + "".join(rng.choice(stock.HAN) for _ in range(rng.randint(1, 2)))
    names = [word(rng, here) for _ in range(rng.choice([2, 2, 2, 3]))]
    text = " ".join(names)
    if rng.random() < 0.15:
        text = rng.choice(["Mr. ", "Ms. ", "Dr. "]) + text
    return text.upper() if rng.random() < 0.25 else text


def company(rng: Random, here: Locale) -> str:
    if here.lang == "zh":
        return word(rng, here) + rng.choice(
            [
                "科技有限公司",
                "贸易有限公司",
                "大药房",
                "商贸有限公司",
                "医院",
                "酒店",
                "餐饮管理有限公司",
                "超市",
            ]
        )
    if here.lang == "ja":
        return (
            rng.choice(["株式会社", ""]) + word(rng, here) + rng.choice(["商事", "工業", "販売", "電機", ""])
        )
    text = " ".join(
        [
            word(rng, here),
            *([word(rng, here)] if rng.random() < 0.3 else []),
            *([rng.choice(stock.TRADES)] if rng.random() < 0.6 else []),
            rng.choice(stock.LEGAL[here.lang]),
        ]
    ).strip()
    return text.upper() if rng.random() < 0.3 else text


@dataclass(frozen=True)
class Postal:
    """An address as it is printed, and its parts by what they are."""

    lines: tuple[str, ...]
    parts: tuple[tuple[str, str], ...] = ()


def address(rng: Random, here: Locale) -> tuple[str, ...]:
    """The lines of an address."""
    return postal(rng, here).lines


def postal(rng: Random, here: Locale) -> Postal:
    """An address as its language writes it."""
    if here.lang == "zh":
        return Postal((f"{word(rng, here)}市{word(rng, here)}区{word(rng, here)}路{rng.randint(1, 900)}号",))
    if here.lang == "ja":
        town = f"{rng.choice('東西南北')}京都{word(rng, here)}区"
        number_ = f"{rng.randint(1, 9)}-{rng.randint(1, 30)}-{rng.randint(1, 20)}"
        return Postal((f"〒{rng.randint(100, 999)}-{rng.randint(1000, 9999)}", town + number_))
    street = rng.choice(stock.STREETS[here.lang]).format(
        n=rng.randint(1, 400), m=rng.randint(1, 60), w=word(rng, here)
    )
    city = " ".join(word(rng, here) for _ in range(rng.choice([1, 1, 1, 2])))
    code_ = f"{rng.randint(1000, 99999):05d}"
    parts = [("street", street), ("city", city), ("zip", code_)]
    if here.lang == "en":
        state = rng.choice(["NY", "CA", "TX", "WA", "FL", "IL", "OH", "MA"])
        parts.append(("state", state))
        town = f"{city}{rng.choice([', ', ', ', ' '])}{state} {code_}"
    else:
        town = f"{code_} {city}"
    lines = [street, town, *([rng.choice(stock.COUNTRIES)] if rng.random() < 0.4 else [])]
    if rng.random() < 0.3:
        lines.insert(
            1,
            f"{word(rng, here)} {rng.choice(['Park', 'Building', 'Centre', 'Floor 3'])}{rng.choice(['', ','])}",
        )
    if rng.random() < 0.3:
        lines = [*(f"{line}," for line in lines[:-1]), lines[-1] + rng.choice(["", "."])]
    return Postal((", ".join(lines),) if rng.random() < 0.25 else tuple(lines), tuple(parts))


def code(rng: Random) -> str:
    """A number of a document, person or thing."""
    digits = "".join(rng.choice("0123456789") for _ in range(rng.randint(4, 10)))
    letters = "".join(rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(rng.randint(1, 3)))
    return rng.choice(
        [
            digits,
            digits,
            f"{letters}{digits}",
            f"{letters}-{digits}",
            f"{letters}-{rng.randint(2019, 2026)}-{digits[:4]}",
            f"{digits[:3]}/{digits[3:]}",
            f"{letters}{digits[:3]}{letters}",
            f"{digits[:4]}-{digits[4:] or '07'}",
        ]
    )


def item(rng: Random, here: Locale) -> str:
    if here.lang in {"zh", "ja"}:
        return rng.choice(stock.HAN_ITEMS) + rng.choice(["", "", "A型", "500ml"])
    text = rng.choice(stock.ITEMS) + rng.choice(
        ["", "", f" {word(rng, here)}", f" {rng.randint(2, 90)}", f" {word(rng, here)} {word(rng, here)}"]
    )
    return text.upper() if rng.random() < 0.3 else text


def day(rng: Random) -> dt.date:
    return dt.date(rng.randint(2008, 2026), rng.randint(1, 12), rng.randint(1, 28))


def printed_date(when: dt.date, here: Locale) -> str:
    return when.strftime(here.date)


def chosen(rng: Random, ideas: Sequence[str]) -> str | None:
    """One of a fixed set of values, where the ideas name one."""
    return next((rng.choice(stock.CHOICES[idea]) for idea in ideas if idea in stock.CHOICES), None)
