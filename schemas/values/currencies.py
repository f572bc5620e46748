"""Currencies by the signs and words that stand beside amounts."""

from __future__ import annotations

import re

from schemas import languages
from schemas.values import countries
from schemas.values.folding import plain

# Words that name a currency are with their language, and count as its sign. The sign $ alone and the sign ¥
# alone belong to several countries; the commonest one is taken and a more exact sign (S$, JPY) elsewhere on
# the page wins by standing earlier in this list. What is printed without a sign of its own is known by its
# ISO code beside an amount.
_BY_CODE = (
    "AED|ARS|BDT|BGN|BRL|CLP|COP|CZK|DKK|EGP|HUF|IQD|ISK|JOD|KES|KWD|LKR|LYD|MAD|MXN|NGN|NOK|NZD|OMR|PHP|PKR|QAR|"
    "RON|RSD|SAR|SEK|TND|UAH|UYU|VND|ZAR"
)
_SIGNS: tuple[tuple[str, str], ...] = (
    (r"(?<![A-Z])(?:CNY|RMB)(?![A-Z])", "CNY"),
    (r"(?<![A-Z])(?:EUR)(?![A-Z])|€", "EUR"),
    (r"(?<![A-Z])(?:GBP)(?![A-Z])|£", "GBP"),
    (r"(?<![A-Z])(?:MYR)(?![A-Z])|(?<![A-Za-z])RM(?=[\s\d:).]|$)", "MYR"),
    (r"(?<![A-Z])(?:SGD)(?![A-Z])|(?<![A-Z])S\$", "SGD"),
    (r"(?<![A-Z])(?:HKD)(?![A-Z])|HK\$", "HKD"),
    (r"(?<![A-Z])(?:TWD|NT)\$|(?<![A-Z])TWD(?![A-Z])", "TWD"),
    (r"(?<![A-Z])(?:AUD)(?![A-Z])|(?<![A-Z])AU?\$", "AUD"),
    (r"(?<![A-Z])(?:CAD)(?![A-Z])|(?<![A-Z])CA?\$", "CAD"),
    (r"(?<![A-Z])MX\$", "MXN"),
    (r"(?<![A-Z])NZ\$", "NZD"),
    (r"(?<![A-Z])R\$", "BRL"),
    (rf"(?<![A-Za-z])(?:{_BY_CODE})(?=\s?[-\d])|(?<=\d)\s?(?:{_BY_CODE})(?![A-Za-z])", ""),
    (rf"(?<=[ (])(?:{_BY_CODE})(?=\)?$)", ""),
    (r"(?<![A-Za-z])KD(?=[\s:.]{0,3}\d|\)?$)", "KWD"),
    (r"(?<![A-Za-z])BD(?=[\s:.]{1,3}\d|\)?$)", "BHD"),
    (r"₺", "TRY"),
    (r"(?<![A-Z])(?:CHF)(?![A-Z])|(?<![A-Z])SFr\.?", "CHF"),
    (r"(?<![A-Z])(?:JPY)(?![A-Z])", "JPY"),
    (r"(?<![A-Z])(?:KRW)(?![A-Z])|₩", "KRW"),
    (r"(?<![A-Z])(?:INR)(?![A-Z])|₹|(?<![A-Za-z])Rs\.?(?=\s?\d)", "INR"),
    (r"(?<![A-Z])(?:ILS|NIS)(?![A-Z])|₪", "ILS"),
    (r"(?<![A-Z])(?:IDR)(?![A-Z])|(?<![A-Za-z])Rp\.?(?=\s?\d)", "IDR"),
    (r"(?<![A-Z])(?:THB)(?![A-Z])|฿", "THB"),
    (r"(?<![A-Z])(?:PLN)(?![A-Z])|zł", "PLN"),
    (r"(?<![A-Z])(?:RUB)(?![A-Z])|₽", "RUB"),
    (r"₴", "UAH"),
    (r"(?<=\d)\s?Kč", "CZK"),
    (r"(?<=\d\d\d)\s?Ft(?![a-z])", "HUF"),  # lengths in feet are short
    (r"₫|(?<=\d)\s?(?:đ|VNĐ)(?!\w)", "VND"),
    (r"(?<![A-Z])TL(?![A-Z])(?=\s?\d)|(?<=\d)\s?TL(?![A-Za-z])", "TRY"),
    (r"(?<=\d)\s?원", "KRW"),
    (r"(?<=\d)\s?円", "JPY"),
    (r"[¥￥]|\d\s?元", "CNY"),
    (r"(?<![A-Z])(?:USD)(?![A-Z])|US\$|(?<![A-Za-z])\$(?=\s?\d|$)", "USD"),
)
_SHARED = re.compile(r"[$¥￥]")
_DOLLARS = frozenset({"AUD", "CAD", "HKD", "MXN", "NZD", "SGD", "TWD"})
"""Currencies beside the American one whose sign is printed as `$` where they are at home."""
_ZIP = re.compile(r"\b[A-Z]{2}\.?,? \d{5}(-\d{4})?\b")
_THOUSANDTHS = re.compile(
    r"(?<![A-Za-z])(?<!SDN )(?<!SDN\. )(?:BHD|BD|KD|JD)\s?\d[\d,]*\.\d{3}(?!\d)"
    r"|(?<![A-Za-z])(?:IQD|JOD|KWD|LYD|OMR|TND)(?![A-Za-z])"
)
_JAPAN = re.compile(languages.pieces("japan"), re.IGNORECASE)
_YEN = re.compile(r"[\u3041-\u30fa]|\d\s?円")
_SEN = re.compile(r"[¥￥]\s?[\d,]*\d\.\d\d(?!\d)")
_WHOLE = re.compile(
    rf"NT\$|{languages.currencies()['TWD']}|\bTWD\b|[₩₫円원]|\b(?:JPY|KRW|VND|CLP|ISK|HUF|IDR)\b|\bRp\b|\d\d\d\s?Ft\b|\d\s?đ\b"
)
_CENTS = re.compile(r"\d[.,]\d{2}(?!\d|\s?(?:kg|mg|g|ml|cl|dl|l|mm|cm|km|m|kWh|h|%)(?![a-z]))", re.IGNORECASE)
"""An amount with cents, not a quantity with its unit."""
_HAN = re.compile(r"[\u4e00-\u9fff]")
_OF_MONTH_FIRST = frozenset({"USD", "CAD"})
_UNSIGNED = languages.currencies().keys() - {code for _, code in _SIGNS}
_COMPILED = (
    *(
        (re.compile("|".join(filter(None, (sign, languages.currencies().get(code))))), code)
        for sign, code in _SIGNS
    ),
    *((re.compile(languages.currencies()[code]), code) for code in sorted(_UNSIGNED)),
)


def find(text: str) -> tuple[str, int, int] | None:
    """The ISO 4217 code of the first sign in order of exactness, with its place in the text."""
    if len(plain(text)) == len(text):  # else places in it would not be places in the text
        text = plain(text)
    for pattern, code in _COMPILED:
        match = pattern.search(text)
        if match:
            return code or match.group(0).strip(), match.start(), match.end()
    return None


def other_of(sign: str, page: str) -> str | None:
    """The other currency that a shared sign may stand for, unless the text of its page tells whose it is.

    A page that names Japan may still be Chinese (a sauce made in Japan), unless it is written in Japanese.
    """
    if _SHARED.fullmatch(sign) is None:
        return None
    if sign == "$":
        return _other_dollar(page)
    if _YEN.search(page):
        return None
    if meant("CNY", sign, page) == "JPY":
        return "CNY"
    sure = _HAN.search(page) and (_SEN.search(page) or not _JAPAN.search(page))
    return None if sure else "JPY"


def _other_dollar(page: str) -> str | None:
    """What else a `$` may be: nothing where a country with dollars, or an American address, tells."""
    told = countries.currency_of(page)
    if told is None:
        return None if is_american(page) else "CAD"
    currency, sure = told
    if currency == "USD":
        return None
    return None if sure and currency in _DOLLARS else "USD"


def meant(code: str, sign: str, page: str) -> str:
    """The currency of a sign: `¥` is the yen on a Japanese page, or on a Latin one that names the country.

    A `$` is that of the one country which a page tells, if any.
    """
    if sign == "$":
        told = countries.currency_of(page)
        return told[0] if told else code
    if code != "CNY" or not re.fullmatch(r"[¥￥]", sign):
        return code
    named = _JAPAN.search(page) and not _HAN.search(page) and not _SEN.search(page)
    return "JPY" if _YEN.search(page) or named else code


def is_american(page: str) -> bool:
    """Whether a text holds an address as in the United States: a state and a ZIP code."""
    return _ZIP.search(page) is not None


def day_leads(text: str) -> bool:
    """Whether a text names a currency, and none of a country in which 3/4/2020 may be the fourth of March."""
    named = find(text)
    return named is not None and named[0] not in _OF_MONTH_FIRST


def has_whole_amounts(page: str) -> bool:
    """Whether a text names a currency without cents, and holds no amount with them."""
    return _WHOLE.search(page) is not None and _CENTS.search(page) is None


def has_thousandths(page: str) -> bool:
    """Whether a text names a currency whose amounts have three digits behind the point."""
    return _THOUSANDTHS.search(page) is not None
