"""The country of a document, by names, legal forms, tax numbers, telephones and addresses in the net.

What is known of each country is in `countries.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class CountrySign:
    """A part of a text, `text[start:end]`, that tells a country whose money is `currency` (ISO 4217).

    It is not `sure` where it is no more than the country's name.
    """

    currency: str
    start: int
    end: int
    sure: bool


def signs(text: str) -> Iterator[CountrySign]:
    """Every part of a text that tells a country."""
    for pattern, currency, sure in _patterns():
        for match in pattern.finditer(text):
            yield CountrySign(currency, *match.span(), sure)


def agreed(found: Iterable[CountrySign]) -> tuple[str, bool] | None:
    """The one currency that some signs tell, and whether nothing speaks against it; None without one.

    What is sure counts before names; a currency that only names tell, or that names contradict, is not sure.
    """
    found = list(found)
    sure = {sign.currency for sign in found if sign.sure}
    told = {sign.currency for sign in found}
    for currencies in (sure, told):
        if len(currencies) == 1:
            (currency,) = currencies
            return currency, sure == told
    return None


@lru_cache(maxsize=64)
def currency_of(text: str) -> tuple[str, bool] | None:
    """What all signs of a text agree on."""
    return agreed(signs(text))


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str, bool], ...]:
    raw = (files(__package__) / "countries.toml").read_text(encoding="utf-8")
    told = tomllib.loads(raw).values()
    return tuple(
        (re.compile(pattern), country["currency"], sure)
        for country in told
        for pattern, sure in ((_names(country), False), (_sure_signs(country), True))
        if pattern
    )


def _names(country: dict[str, Any]) -> str:
    """A country's names, each with a capital or all in capitals."""
    return "|".join(_whole(re.escape(form)) for name in country["names"] for form in (name, name.upper()))


def _sure_signs(country: dict[str, Any]) -> str:
    marks = [_whole(mark) for mark in country.get("marks", ())]
    phone = [rf"\+{country['phone']}(?=[ ()\d-])"] if "phone" in country else []
    ending = rf"(?i:(?:www\.|@)[\w.-]+\.{country['domain']}(?![\w-]|\.\w))" if "domain" in country else ""
    return "|".join([*marks, *phone, *([ending] if ending else [])])


def _whole(word: str) -> str:
    """A word that is no part of another one; scripts without blanks have none."""
    return word if ord(word[0]) > 0x2E80 else rf"(?<!\w)(?:{word})(?!\w)"
