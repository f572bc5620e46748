"""Shop receipts of made-up shops in several countries."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

from bench.draw.paper import Drawn, Paper

_GOODS = (
    "Sourdough loaf",
    "Oat milk 1L",
    "Pencil HB",
    "Green tea",
    "Batteries AA",
    "Dish soap",
    "Notebook A5",
    "Rice 2kg",
    "Sparkling water",
    "Light bulb",
    "Apples 1kg",
    "Masking tape",
)


@dataclass(frozen=True, slots=True)
class _Shop:
    name: str
    address: tuple[str, ...]
    phone: str
    currency: str
    sign: str
    tax: tuple[str, float]
    date: str


_SHOPS = (
    _Shop(
        "HOLLOWAY CORNER STORES LTD",
        ("14 Quillfeather Lane", "Lower Bexley", "LB4 7QT"),
        "020 5550 1432",
        "GBP",
        "£",
        ("VAT 20%", 0.2),
        "%d/%m/%Y",
    ),
    _Shop(
        "Blue Heron Hardware",
        ("2210 Old Mill Road", "Fairmont, OR 97011"),
        "(555) 014-2298",
        "USD",
        "$",
        ("Sales Tax", 0.07),
        "%m/%d/%Y",
    ),
    _Shop(
        "KEDAI ALAT TULIS SERI BAYU SDN BHD",
        ("NO. 8, JALAN KENARI 3/2,", "TAMAN SERI BAYU,", "43210 BANDAR LAMA, SELANGOR."),
        "03-5550 7781",
        "MYR",
        "RM ",
        ("GST 6%", 0.06),
        "%d-%m-%Y",
    ),
    _Shop(
        "Bäckerei Sonnenfeld GmbH",
        ("Lindenweg 12", "12345 Altdorf"),
        "030 5550198",
        "EUR",
        "€",
        ("MwSt 7%", 0.07),
        "%d.%m.%Y",
    ),
)


def draw(rng: random.Random, name: str) -> Drawn:
    """A receipt as the printer lets it go."""
    shop = rng.choice(_SHOPS)
    day = dt.date(rng.randrange(2016, 2025), rng.randrange(1, 13), rng.randrange(1, 29))
    lines = [
        (good, rng.randrange(1, 5), rng.randrange(80, 2500) / 100)
        for good in rng.sample(_GOODS, rng.randrange(2, 7))
    ]
    paper = Paper.blank(640, 760 + 40 * len(lines) + 34 * len(shop.address), (252, 252, 250))
    y = _head(paper, shop)
    y = _when(paper, rng, y, day.strftime(shop.date))
    y, subtotal = _goods(paper, lines, y)
    _sums(paper, rng, shop, y, subtotal)
    paper.expected |= {
        "company": shop.name,
        "address": " ".join(shop.address),
        "phone": shop.phone,
        "date": day.isoformat(),
        "currency": shop.currency,
    }
    return paper.done("receipt", name)


def _head(paper: Paper, shop: _Shop) -> int:
    paper.write(
        320, 36, shop.name, size=30 if len(shop.name) < 26 else 24, face="bold", anchor="ma", at="/company"
    )
    y = 80
    for line in shop.address:
        paper.write(320, y, line, size=22, face="latin", anchor="ma", at="/address")
        y += 32
    left = 320 - 10 * len(f"Tel: {shop.phone}") / 2
    right = paper.write(left, y, "Tel: ", size=22, face="latin")
    paper.write(right, y, shop.phone, size=22, face="latin", at="/phone")
    return y + 56


def _when(paper: Paper, rng: random.Random, y: int, day: str) -> int:
    number, clock = (
        f"{rng.choice('RBT')}{rng.randrange(10**6):06d}",
        f"{rng.randrange(8, 21):02d}:{rng.randrange(60):02d}",
    )
    right = paper.write(40, y, "Receipt No: ", size=22, face="mono")
    paper.write(right, y, number, size=22, face="mono", at="/receipt_number")
    right = paper.write(40, y + 36, "Date: ", size=22, face="mono")
    right = paper.write(right, y + 36, day, size=22, face="mono", at="/date")
    paper.write(right + 14, y + 36, clock, size=22, face="mono", at="/time")
    paper.expected |= {"receipt_number": number, "time": clock}
    return y + 90


def _goods(paper: Paper, lines: list[tuple[str, int, float]], y: int) -> tuple[int, float]:
    columns = (("Description", 40, False), ("Qty", 380, True), ("Price", 490, True), ("Amount", 600, True))
    for title, x, right in columns:
        paper.write(x, y, title, size=20, face="mono", align_right=right)
    items, subtotal = [], 0.0
    for index, (good, count, price) in enumerate(lines):
        y += 40
        amount = round(count * price, 2)
        subtotal += amount
        at = f"/items/{index}"
        paper.write(40, y, good, size=20, face="mono", at=f"{at}/description")
        paper.write(380, y, str(count), size=20, face="mono", align_right=True, at=f"{at}/quantity")
        paper.write(490, y, f"{price:.2f}", size=20, face="mono", align_right=True, at=f"{at}/unit_price")
        paper.write(600, y, f"{amount:.2f}", size=20, face="mono", align_right=True, at=f"{at}/amount")
        items.append({"description": good, "quantity": count, "unit_price": price, "amount": amount})
    paper.expected["items"] = items
    return y + 64, round(subtotal, 2)


def _sums(paper: Paper, rng: random.Random, shop: _Shop, y: int, subtotal: float) -> None:
    tax = round(subtotal * shop.tax[1], 2)
    total = round(subtotal + tax, 2)
    paid = float(-(-total // 10) * 10) if rng.random() < 0.6 else total
    rows = [
        ("Subtotal", subtotal, "subtotal"),
        (shop.tax[0], tax, "tax"),
        ("TOTAL", total, "total"),
        ("Cash" if paid > total else "VISA", paid, "paid"),
    ]
    if paid > total:
        rows.append(("Change", round(paid - total, 2), "change"))
    for title, value, key in rows:
        size = 28 if key == "total" else 22
        paper.write(40, y, title, size=size, face="bold" if key == "total" else "mono")
        paper.write(
            600,
            y,
            f"{value:.2f}",
            size=size,
            face="bold" if key == "total" else "mono",
            align_right=True,
            at=f"/{key}",
        )
        left = 600 - 0.62 * size * len(f"{value:.2f}") - 24
        paper.write(left, y, shop.sign.strip(), size=size, face="latin", align_right=True)
        paper.expected[key] = value
        y += 46
    paper.write(320, y + 30, "Thank you, please come again", size=20, face="mono", anchor="ma")
