"""The country of a document, by names, legal forms, tax numbers, telephones and addresses in the net.

What is known of each country is in `countries.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class CountrySign:
    """A part of a text, `text[start:end]`, that tells a country whose money is `currency` (ISO 4217)."""

    currency: str
    start: int
    end: int


def signs(text: str) -> Iterator[CountrySign]:
    """Every part of a text that tells a country."""
    for pattern, currency in _patterns():
        for match in pattern.finditer(text):
            yield CountrySign(currency, *match.span())


@lru_cache(maxsize=64)
def currency_of(text: str) -> str | None:
    """The currency of all countries that a text tells; None where there are none or several."""
    told = {sign.currency for sign in signs(text)}
    return told.pop() if len(told) == 1 else None


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    raw = (files(__package__) / "countries.toml").read_text(encoding="utf-8")
    return tuple((_pattern(told), told["currency"]) for told in tomllib.loads(raw).values())


def _pattern(told: dict[str, Any]) -> re.Pattern[str]:
    """Words count as wholes, in whatever case."""
    words = (rf"(?<!\w)(?:{word})(?!\w)" for word in (*told["names"], *told.get("marks", ())))
    phone = [rf"\+{told['phone']}(?=[ ()\d-])"] if "phone" in told else []
    domain = [rf"(?<=[\w-])\.{told['domain']}(?![\w.-])"] if "domain" in told else []
    return re.compile("|".join([*words, *phone, *domain]), re.IGNORECASE)
