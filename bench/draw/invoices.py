"""Invoices of made-up companies: as a PDF with a text layer, and as a picture of the same page."""

from __future__ import annotations

import random
from typing import Any

from bench.draw.paper import Drawn, Paper

_COMPANIES = (
    ("Northlight Instruments Ltd", "3 Harbour Row, 10245 Eastport", "GB555123456"),
    ("Ahornwerk GmbH", "Talstraße 9, 80001 Neustadt", "DE555987654"),
    ("Marigold Paper Supply Inc", "77 Pine Street, Fairmont, OR 97011", "55-1234567"),
)
_BUYERS = (
    ("Copperfield Studio LLC", "19 Orchard Avenue, 30110 Westbrook"),
    ("Atelier Brunnen KG", "Am Markt 4, 20002 Seehausen"),
)
_COLUMNS = (
    ("Description", 90, False),
    ("Quantity", 700, True),
    ("Unit price", 880, True),
    ("VAT %", 990, True),
    ("Amount", 1150, True),
)
_WORK = (
    "Paper A4, 80 g",
    "Calibration service",
    "Cable set 2 m",
    "Sample case",
    "On-site support",
    "Ink cartridge",
)


def draw(rng: random.Random, name: str) -> Drawn:
    """One page, A4 at 150 dpi."""
    seller, buyer = rng.choice(_COMPANIES), rng.choice(_BUYERS)
    month, day = rng.randrange(1, 12), rng.randrange(1, 29)
    year = rng.randrange(2018, 2025)
    number = f"INV-{year}-{rng.randrange(10000):04d}"
    paper = Paper.blank(1240, 1754)
    paper.write(90, 90, seller[0], size=40, face="bold", at="/seller/name")
    paper.write(90, 146, seller[1], size=24, face="latin", at="/seller/address")
    right = paper.write(90, 182, "VAT ID: ", size=24, face="latin")
    paper.write(right, 182, seller[2], size=24, face="latin", at="/seller/tax_ids/0")
    paper.write(90, 300, "Bill to", size=24, face="bold")
    paper.write(90, 338, buyer[0], size=26, face="latin", at="/buyer/name")
    paper.write(90, 374, buyer[1], size=24, face="latin", at="/buyer/address")
    facts = (
        ("Invoice No", number, "invoice_number"),
        ("Invoice date", f"{year}-{month:02d}-{day:02d}", "issue_date"),
        ("Due date", f"{year}-{month + 1:02d}-{day:02d}", "due_date"),
    )
    for row, (title, value, key) in enumerate(facts):
        paper.write(720, 300 + 40 * row, title, size=24, face="latin")
        paper.write(940, 300 + 40 * row, value, size=24, face="latin", at=f"/{key}")
        paper.expected[key] = value
    paper.expected |= {
        "seller": {"name": seller[0], "address": seller[1], "tax_ids": [seller[2]]},
        "buyer": {"name": buyer[0], "address": buyer[1]},
        "currency": "EUR",
    }
    _positions(paper, rng)
    return paper.done("invoice", name)


def _positions(paper: Paper, rng: random.Random) -> None:
    y = 520
    for title, x, right in _COLUMNS:
        paper.write(x, y, title, size=24, face="bold", align_right=right)
    paper.pen.line((90, y + 40, 1150, y + 40), fill=(80, 80, 80), width=2)
    lines = []
    for index, work in enumerate(rng.sample(_WORK, rng.randrange(2, 5))):
        y += 60
        lines.append(_line(paper, rng, y, index, work))
    paper.expected["lines"] = lines
    _sums(paper, y + 90, round(sum(line["amount"] for line in lines), 2))
    paper.write(
        90, 1640, "Payment within 30 days to the account named on our letterhead.", size=22, face="latin"
    )


def _line(paper: Paper, rng: random.Random, y: int, index: int, work: str) -> dict[str, Any]:
    count, price = rng.randrange(1, 40), rng.randrange(200, 20000) / 100
    amount = round(count * price, 2)
    printed = (work, str(count), f"{price:.2f}", "19", f"{amount:,.2f}")
    keys = ("description", "quantity", "unit_price", "tax_rate", "amount")
    for (_, x, right), text, key in zip(_COLUMNS, printed, keys, strict=True):
        paper.write(x, y, text, size=24, face="latin", align_right=right, at=f"/lines/{index}/{key}")
    return dict(zip(keys, (work, count, price, 19, amount), strict=True))


def _sums(paper: Paper, y: int, net: float) -> None:
    tax = round(net * 0.19, 2)
    rows = (
        ("Net total", net, "subtotal"),
        ("VAT", tax, "tax_total"),
        ("Total EUR", round(net + tax, 2), "total"),
    )
    for title, value, key in rows:
        face = "bold" if key == "total" else "latin"
        paper.write(720, y, title, size=26, face=face)
        paper.write(1150, y, f"{value:,.2f}", size=26, face=face, align_right=True, at=f"/{key}")
        paper.expected[key] = value
        y += 46
