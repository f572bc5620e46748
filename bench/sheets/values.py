"""Values of all kinds, as they are printed and as they are meant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

_ONSETS = ["b", "br", "c", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p", "pr", "r", "s", "st", "t", "tr", "v", "w", "z", "sch", "th"]
_VOWELS = ["a", "e", "i", "o", "u", "ei", "au", "ia", "ou", "ee"]
_CODAS = ["", "", "n", "r", "l", "s", "m", "t", "nd", "rt", "ck"]
_HAN = "安宁海天华明东方新世纪金龙福泰和平阳光远大信达长城中兴科技广州上北京江南西湖红星美林博瑞恒通利源顺丰盛嘉宝"
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_KANA = "アイウエオカキクケコサシスセソタチツテトナニノハヒフマミムメモヤユヨラリルレロワン"
_LEGAL = {
    "en": ["Ltd", "Inc.", "LLC", "Corp.", "PLC", "& Co", "Group", "Services", ""], "de": ["GmbH", "AG", "KG", "e.K.", "GmbH & Co. KG", ""],
    "fr": ["SARL", "SA", "SAS", "EURL", ""], "es": ["S.L.", "S.A.", ""], "pt": ["Lda", "S.A.", "Ltda"], "it": ["S.r.l.", "S.p.A.", "SNC"],
    "nl": ["B.V.", "N.V.", "VOF"], "ms": ["Sdn Bhd", "Bhd", "Enterprise", "Trading"],
}
_TRADES = ["Foods", "Logistics", "Energy", "Consulting", "Market", "Electric", "Medical", "Systems", "Trading", "Hotel", "Bakery", "Software", "Air", "Supply", "Auto", "Water", "Bank", "Clinic", "Motors", "Textiles"]
_STREETS = {
    "en": ["{n} {w} Street", "{n} {w} Road", "{n} {w} Ave", "{n} {w} Blvd, Suite {m}", "Unit {m}, {n} {w} Lane"], "de": ["{w}straße {n}", "{w}weg {n}", "Am {w} {n}"],
    "fr": ["{n} rue de {w}", "{n}, avenue {w}"], "es": ["Calle {w} {n}", "Av. {w}, {n}"], "pt": ["Rua {w}, {n}", "Av. {w} {n}"], "it": ["Via {w} {n}", "Piazza {w}, {n}"],
    "nl": ["{w}straat {n}", "{w}laan {n}"], "ms": ["No. {n}, Jalan {w} {m}", "Lot {n}, Taman {w}"],
}
_COUNTRIES = ["Germany", "France", "Spain", "Malaysia", "Italy", "USA", "Netherlands", "Portugal", "Canada", "UK", "Brazil", "Mexico", "Japan", "India"]
_CHOICES: dict[str, Sequence[str]] = {
    "sex": ["M", "F", "Male", "Female"], "status": ["Paid", "Open", "Shipped", "Active", "Approved", "Pending", "Final"], "class": ["Economy", "2", "1", "Business", "Y", "Standard"],
    "marital": ["Single", "Married", "Divorced"], "method": ["Cash", "VISA", "Mastercard", "Bank transfer", "Debit card", "PayPal", "Direct Debit", "Cheque"],
    "language": ["English", "French", "German", "Spanish"], "nationality": ["British", "French", "German", "Malaysian", "Italian", "Spanish"],
    "unit": ["pcs", "kg", "h", "box", "Stk", "l", "m", "ea", "set", "g/dL", "mmol/L", "%", "U/L", "mg/dL"], "grade": ["A", "B+", "Pass", "1.7", "Distinction", "85", "Merit", "C"],
    "currency": ["EUR", "USD", "GBP", "MYR", "CNY", "JPY", "CHF", "BRL"], "flag": ["H", "L", "N"], "type": ["Standard", "Savings", "Type B", "Original", "Blood", "Serum", "Residential"],
    "gate": ["B22", "A4", "12", "D7", "3"], "tariff": ["Residential 24", "Flex Green", "Tarif A", "Basic 100", "Off-peak"], "category": ["Household", "Office", "Retail", "Category C"],
    "range": ["3.5 - 5.1", "13 - 17", "< 200", "0.6 - 1.2", "70-110", "4.0-10.0", "135 - 145"], "terms": ["30 days net", "Net 30", "14 days", "Due on receipt", "30 Tage netto"],
    "diagnosis": ["Routine check-up", "Hypertension", "Annual screening", "Back pain"], "version": ["1.0", "2.3", "B", "Rev 4", "C"], "country": _COUNTRIES,
}
_ITEMS = ["Cable", "Oil", "Lamp", "Chair", "Paper A4", "Coffee", "Service fee", "Bread", "Consulting", "Apple juice", "Steel bolt M8", "Hosting", "Blue pen", "Filter", "Laptop sleeve", "Rice 5kg", "Haircut", "Transport", "Maintenance", "Glucose", "Haemoglobin", "Sodium", "Mathematics", "Physics", "Basic salary", "Overtime", "Income tax", "Pension", "Card purchase", "ATM withdrawal", "Transfer", "Screws 4x40", "T-Shirt XL", "Ticket adult", "USB-C adapter", "Green tea", "Wall paint", "Garden hose"]
_HAN_ITEMS = ["电缆", "食用油", "台灯", "办公椅", "打印纸", "咖啡", "服务费", "面包", "技术咨询", "苹果汁", "螺栓", "葡萄糖", "血红蛋白", "基本工资", "转账", "米饭", "运输费", "笔记本"]


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


_DATES = {
    "en": ["%d/%m/%Y", "%d %b %Y", "%Y-%m-%d", "%d-%m-%Y", "%B %d, %Y", "%d %B %Y", "%d-%b-%Y"], "de": ["%d.%m.%Y", "%d.%m.%y", "%Y-%m-%d"], "fr": ["%d/%m/%Y", "%d-%m-%Y"], "es": ["%d/%m/%Y", "%d-%m-%Y"],
    "pt": ["%d/%m/%Y", "%d-%m-%Y"], "it": ["%d/%m/%Y", "%d.%m.%Y"], "nl": ["%d-%m-%Y", "%d/%m/%Y"], "ms": ["%d/%m/%Y", "%d-%m-%Y", "%d %b %Y"], "zh": ["%Y年%m月%d日", "%Y-%m-%d", "%Y/%m/%d"], "ja": ["%Y年%m月%d日", "%Y/%m/%d"],
}


def locale(rng: Random) -> Locale:
    """A way of writing."""
    lang = rng.choice(["en"] * 8 + ["zh"] * 3 + ["de"] * 3 + ["fr", "fr", "es", "es", "pt", "it", "nl", "ms", "ja"])
    comma = lang in {"de", "fr", "es", "pt", "it", "nl"} and rng.random() < 0.9
    group = rng.choice([".", "", " "] if comma else [",", ""])
    sign = rng.choice({"zh": ["¥", "￥", ""], "ja": ["¥", "円", ""], "ms": ["RM", "RM ", ""], "en": ["$", "£", "", "€", "USD "]}.get(lang, ["€", "", "EUR"]))
    return Locale(lang, rng.choice(_DATES[lang]), comma, group, sign, lang in {"en", "zh", "ja", "ms"})


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
        return "".join(rng.choice(_HAN) for _ in range(rng.randint(2, 3)))
    if here.lang == "ja" and rng.random() < 0.7:
        return "".join(rng.choice(_KANA) for _ in range(rng.randint(3, 5)))
    return "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(rng.randint(1, 3))).capitalize()


def person(rng: Random, here: Locale) -> str:
    if here.lang == "zh":
        return rng.choice(_SURNAMES) + "".join(rng.choice(_HAN) for _ in range(rng.randint(1, 2)))
    names = [word(rng, here) for _ in range(rng.choice([2, 2, 2, 3]))]
    text = " ".join(names)
    if rng.random() < 0.15:
        text = rng.choice(["Mr. ", "Ms. ", "Dr. "]) + text
    return text.upper() if rng.random() < 0.25 else text


def company(rng: Random, here: Locale) -> str:
    if here.lang == "zh":
        return word(rng, here) + rng.choice(["科技有限公司", "贸易有限公司", "大药房", "商贸有限公司", "医院", "酒店", "餐饮管理有限公司", "超市"])
    if here.lang == "ja":
        return rng.choice(["株式会社", ""]) + word(rng, here) + rng.choice(["商事", "工業", "販売", "電機", ""])
    text = " ".join([word(rng, here), *([word(rng, here)] if rng.random() < 0.3 else []), *([rng.choice(_TRADES)] if rng.random() < 0.6 else []), rng.choice(_LEGAL[here.lang])]).strip()
    return text.upper() if rng.random() < 0.3 else text


def address(rng: Random, here: Locale) -> tuple[str, ...]:
    if here.lang == "zh":
        return (f"{word(rng, here)}市{word(rng, here)}区{word(rng, here)}路{rng.randint(1, 900)}号",)
    if here.lang == "ja":
        return (f"〒{rng.randint(100, 999)}-{rng.randint(1000, 9999)}", f"{rng.choice('東西南北')}京都{word(rng, here)}区{rng.randint(1, 9)}-{rng.randint(1, 30)}-{rng.randint(1, 20)}")
    street = rng.choice(_STREETS[here.lang]).format(n=rng.randint(1, 400), m=rng.randint(1, 60), w=word(rng, here))
    town = f"{rng.randint(1000, 99999):05d} {word(rng, here)}" if here.lang != "en" else f"{word(rng, here)}, {rng.choice(['NY', 'CA', 'TX', 'WA'])} {rng.randint(10000, 99999)}"
    lines = [street, town, *([rng.choice(_COUNTRIES)] if rng.random() < 0.4 else [])]
    if rng.random() < 0.2:
        lines.insert(1, f"{word(rng, here)} {rng.choice(['Park', 'Building', 'Centre', 'Floor 3'])}")
    return (", ".join(lines),) if rng.random() < 0.25 else tuple(lines)


def code(rng: Random) -> str:
    """A number of a document, person or thing."""
    digits = "".join(rng.choice("0123456789") for _ in range(rng.randint(4, 10)))
    letters = "".join(rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(rng.randint(1, 3)))
    return rng.choice([digits, digits, f"{letters}{digits}", f"{letters}-{digits}", f"{letters}-{rng.randint(2019, 2026)}-{digits[:4]}", f"{digits[:3]}/{digits[3:]}", f"{letters}{digits[:3]}{letters}", f"{digits[:4]}-{digits[4:] or '07'}"])


def item(rng: Random, here: Locale) -> str:
    if here.lang in {"zh", "ja"}:
        return rng.choice(_HAN_ITEMS) + rng.choice(["", "", "A型", "500ml"])
    text = rng.choice(_ITEMS) + rng.choice(["", "", f" {word(rng, here)}", f" {rng.randint(2, 90)}", f" {word(rng, here)} {word(rng, here)}"])
    return text.upper() if rng.random() < 0.3 else text


def day(rng: Random) -> dt.date:
    return dt.date(rng.randint(2008, 2026), rng.randint(1, 12), rng.randint(1, 28))


def printed_date(when: dt.date, here: Locale) -> str:
    return when.strftime(here.date)


def chosen(rng: Random, ideas: Sequence[str]) -> str | None:
    """One of a fixed set of values, where the ideas name one."""
    return next((rng.choice(_CHOICES[idea]) for idea in ideas if idea in _CHOICES), None)
