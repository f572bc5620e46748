"""From the meaning of a label to a value that could stand behind it."""

from __future__ import annotations

import datetime as dt
from random import Random

from bench.sheets.values import (
    Locale,
    Printed,
    address,
    chosen,
    code,
    company,
    day,
    item,
    money,
    number,
    person,
    printed_date,
    word,
)

_MONEY = frozenset(
    {
        "total",
        "amount",
        "price",
        "balance",
        "salary",
        "charge",
        "rent",
        "deposit",
        "discount",
        "change",
        "debit",
        "credit",
        "premium",
        "coverage",
        "rounding",
        "allowance",
        "cost",
        "deductions",
    }
)
_COUNTS = frozenset(
    {"quantity", "pieces", "hours", "days", "nights", "guests", "count", "age", "points", "credits", "page"}
)
_MEASURES = {"weight": "kg", "volume": "m3", "consumption": "kWh", "reading": "", "area": "m2"}
_PEOPLE = frozenset(
    {
        "employee",
        "patient",
        "student",
        "passenger",
        "doctor",
        "contact",
        "tenant",
        "landlord",
        "insured",
        "author",
        "prepared",
        "cashier",
        "name",
    }
)
_FIRMS = frozenset(
    {
        "company",
        "seller",
        "employer",
        "bank",
        "hospital",
        "school",
        "store",
        "carrier",
        "shipper",
        "consignee",
    }
)
_CODES = frozenset(
    {
        "number",
        "id",
        "sku",
        "code",
        "reference",
        "vehicle",
        "serial",
        "terminal",
        "table",
        "room",
        "seat",
        "car",
        "iban",
        "bic",
    }
)


def value(meaning: str, here: Locale, rng: Random) -> Printed:
    """A value for a meaning."""
    ideas = meaning.split()
    known = set(ideas)
    if "date" in known or meaning in {"period start", "period end"}:
        when = day(rng)
        return Printed((printed_date(when, here),), when.isoformat(), "string", "date")
    if meaning == "period":
        first = day(rng)
        text = f"{printed_date(first, here)} - {printed_date(first + dt.timedelta(days=30), here)}"
        return Printed((text,), text)
    if "time" in known:
        text = f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"
        return Printed((text,), text)
    picked = chosen(rng, ideas)
    if picked is not None and not known & {"number", "rate", "name", "sample"}:
        return Printed((picked,), picked)
    return _numeric(known, here, rng) or _textual(known, here, rng)


def _numeric(known: set[str], here: Locale, rng: Random) -> Printed | None:
    if known & _CODES and not known & _COUNTS:
        return None
    if known & {"rate"}:
        rate = rng.choice([5, 6, 7, 10, 19, 20, 21, 2.5, 13])
        return Printed(
            (f"{number(rate, here, places=int(rate % 1 > 0))}{rng.choice(['%', ' %', ''])}",),
            float(rate),
            "number",
        )
    if known & _COUNTS:
        count = rng.randint(1, 90)
        return Printed((str(count),), count, "integer")
    unit = next((_MEASURES[idea] for idea in known if idea in _MEASURES), None)
    if unit is not None:
        amount = round(rng.uniform(1, 9000), rng.choice([0, 1, 2]))
        text = number(amount, here, places=0 if amount == int(amount) else 2)
        return Printed(
            (f"{text} {unit}".strip() if rng.random() < 0.6 else text,), round(amount, 2), "number"
        )
    if known & {"year"}:
        year = rng.randint(2008, 2026)
        return Printed((str(year),), year, "integer")
    return (
        money(round(10 ** rng.uniform(0.3, 4.5), 2), here, rng)
        if known & _MONEY and "words" not in known
        else None
    )


def _textual(known: set[str], here: Locale, rng: Random) -> Printed:  # noqa: PLR0911
    if known & {"phone", "fax"}:
        text = f"{rng.choice(['+49 ', '0', '(555) ', '03-', '+60 '])}{rng.randint(100, 999)} {rng.randint(1000, 9999)}"
        return Printed((text,), text)
    if known & {"email", "website"}:
        site = f"{rng.choice(['info', 'office', 'mail'])}@{word(rng, Locale('en', '', False, '', '', True)).lower()}.com"  # noqa: FBT003
        return Printed((site,), site)
    if known & {"address"}:
        lines = address(rng, here)
        return Printed(lines, " ".join(lines))
    if "zip" in known:
        text = str(rng.randint(10000, 99999))
        return Printed((text,), text)
    if known & _CODES and "name" not in known:
        text = code(rng)
        return Printed((text,), text)
    if known & _PEOPLE or (known & {"customer"} and rng.random() < 0.4):
        text = person(rng, here)
        return Printed((text,), text)
    if known & _FIRMS or known & {"customer"}:
        text = company(rng, here)
        return Printed((text,), text)
    if known & {
        "remarks",
        "reason",
        "title",
        "project",
        "event",
        "course",
        "job",
        "department",
        "description",
        "model",
        "material",
    }:
        text = " ".join(item(rng, here) for _ in range(rng.choice([1, 1, 2])))
        return Printed((text,), text)
    text = " ".join(word(rng, here) for _ in range(rng.choice([1, 1, 2])))
    return Printed((text,), text)
