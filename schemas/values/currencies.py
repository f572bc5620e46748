"""Currencies by the signs and words that stand beside amounts."""

from __future__ import annotations

import re

from schemas.values.folding import plain

# The sign $ alone and the sign ¥ alone belong to several countries; the commonest one is taken
# and a more exact sign (S$, JPY) elsewhere on the page wins by standing earlier in this list.
_SIGNS: tuple[tuple[str, str], ...] = (
    (r"(?<![A-Z])(?:CNY|RMB)(?![A-Z])|人民币", "CNY"),
    (r"(?<![A-Z])(?:EUR)(?![A-Z])|€", "EUR"),
    (r"(?<![A-Z])(?:GBP)(?![A-Z])|£", "GBP"),
    (r"(?<![A-Z])(?:MYR)(?![A-Z])|(?<![A-Za-z])RM(?=[\s\d:).]|$)", "MYR"),
    (r"(?<![A-Z])(?:SGD)(?![A-Z])|(?<![A-Z])S\$", "SGD"),
    (r"(?<![A-Z])(?:HKD)(?![A-Z])|HK\$|港币|港元", "HKD"),
    (r"(?<![A-Z])(?:TWD|NT)\$|(?<![A-Z])TWD(?![A-Z])|新台币|新臺幣", "TWD"),
    (r"(?<![A-Z])(?:AUD)(?![A-Z])|(?<![A-Z])A\$", "AUD"),
    (r"(?<![A-Z])(?:CAD)(?![A-Z])|(?<![A-Z])C\$", "CAD"),
    (r"(?<![A-Z])(?:CHF)(?![A-Z])|(?<![A-Z])SFr\.?", "CHF"),
    (r"(?<![A-Z])(?:JPY)(?![A-Z])|日[本元円]", "JPY"),
    (r"(?<![A-Z])(?:KRW)(?![A-Z])|₩", "KRW"),
    (r"(?<![A-Z])(?:INR)(?![A-Z])|₹|(?<![A-Za-z])Rs\.?(?=\s?\d)", "INR"),
    (r"(?<![A-Z])(?:ILS|NIS)(?![A-Z])|₪", "ILS"),
    (r"(?<![A-Z])(?:IDR)(?![A-Z])|(?<![A-Za-z])Rp\.?(?=\s?\d)", "IDR"),
    (r"(?<![A-Z])(?:THB)(?![A-Z])|฿", "THB"),
    (r"(?<![A-Z])(?:PLN)(?![A-Z])|zł", "PLN"),
    (r"(?<![A-Z])(?:SEK|DKK|NOK)(?![A-Z])", ""),
    (r"[¥￥]|\d\s?元", "CNY"),
    (r"(?<![A-Z])(?:USD)(?![A-Z])|US\$|\$(?=\s?\d|$)", "USD"),
)
_OF_MONTH_FIRST = frozenset({"USD", "CAD"})
_COMPILED = tuple((re.compile(pattern), code) for pattern, code in _SIGNS)


def find(text: str) -> tuple[str, int, int] | None:
    """The ISO 4217 code of the first sign in order of exactness, with its place in the text."""
    if len(plain(text)) == len(text):  # else places in it would not be places in the text
        text = plain(text)
    for pattern, code in _COMPILED:
        match = pattern.search(text)
        if match:
            return code or match.group(0), match.start(), match.end()
    return None


def day_leads(text: str) -> bool:
    """Whether a text names a currency, and none of a country in which 3/4/2020 may be the fourth of March."""
    named = find(text)
    return named is not None and named[0] not in _OF_MONTH_FIRST
