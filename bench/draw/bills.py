"""Long bills that repeat themselves: few prices, quantities mostly one, article numbers full of digits."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from bench.draw.paper import Drawn, Paper

_GOODS = (
    "Coffee",
    "Tea",
    "Rice 2kg",
    "Oat milk 1L",
    "Notebook A5",
    "Batteries AA 4 pcs",
    "Stamp",
    "Lamp 40W",
)
_PRICES = (1.0, 2.5, 5.0, 5.5, 10.0)


@dataclass(frozen=True, slots=True)
class _Row:
    position: int
    number: str
    name: str
    count: int
    price: float

    @property
    def amount(self) -> float:
        return round(self.count * self.price, 2)


def draw(rng: random.Random, name: str, *, rows: int) -> Drawn:
    """A page of a bill as the kind `receipt`, in one of three arrangements."""
    paper = Paper.blank(1000, 330 + 84 * rows)
    paper.write(60, 40, "Page 1 of 2", size=20, face="mono")
    paper.write(60, 80, "Order 1", size=20, face="mono")
    paper.write(60, 120, "Corner Shop 5 Ltd", size=30, face="bold", at="/company")
    paper.expected["company"] = "Corner Shop 5 Ltd"
    arrange: Callable[[Paper, int, str, _Row], int] = rng.choice((_in_columns, _under_the_name, _times))
    y, items = 190, []
    for index in range(rows):
        number, count = f"{rng.randrange(10**6, 10**7)}", rng.choice((1, 1, 1, 1, 2, 3, 10))
        row = _Row(index + 1, number, rng.choice(_GOODS), count, rng.choice(_PRICES))
        y = arrange(paper, y, f"/items/{index}", row)
        items.append(
            {"description": row.name, "quantity": count, "unit_price": row.price, "amount": row.amount}
        )
    paper.expected["items"] = items
    total = round(sum(float(str(item["amount"])) for item in items), 2)
    for title, value, key in (("Items", float(rows), ""), ("TOTAL", total, "total"), ("CASH", total, "paid")):
        y += 36
        paper.write(60, y, title, size=22, face="mono")
        text = f"{value:.2f}" if key else f"{rows}"
        paper.write(900, y, text, size=22, face="mono", align_right=True, at=f"/{key}" if key else None)
        paper.expected |= {key: value} if key else {}
    return paper.done("receipt", name)


def _in_columns(paper: Paper, y: int, at: str, row: _Row) -> int:
    """Position, name, quantity, price and amount side by side."""
    paper.write(60, y, str(row.position), size=22, face="mono")
    paper.write(130, y, row.name, size=22, face="mono", at=f"{at}/description")
    for x, text, key in _amounts(row):
        paper.write(x, y, text, size=22, face="mono", align_right=True, at=f"{at}/{key}")
    return y + 36


def _under_the_name(paper: Paper, y: int, at: str, row: _Row) -> int:
    """The name alone, below it article number, quantity, price and amount."""
    paper.write(60, y, row.name, size=22, face="mono", at=f"{at}/description")
    paper.write(60, y + 34, row.number, size=22, face="mono")
    for x, text, key in _amounts(row):
        paper.write(x, y + 34, text, size=22, face="mono", align_right=True, at=f"{at}/{key}")
    return y + 76


def _times(paper: Paper, y: int, at: str, row: _Row) -> int:
    """Article number and quantity times price first, the name below."""
    right = paper.write(60, y, f"{row.number}  ", size=22, face="mono")
    right = paper.write(right, y, str(row.count), size=22, face="mono", at=f"{at}/quantity")
    right = paper.write(right, y, " x ", size=22, face="mono")
    paper.write(right, y, f"{row.price:.2f}", size=22, face="mono", at=f"{at}/unit_price")
    paper.write(900, y, f"{row.amount:.2f}", size=22, face="mono", align_right=True, at=f"{at}/amount")
    paper.write(90, y + 34, row.name, size=22, face="mono", at=f"{at}/description")
    return y + 76


def _amounts(row: _Row) -> tuple[tuple[int, str, str], ...]:
    return (
        (560, str(row.count), "quantity"),
        (720, f"{row.price:.2f}", "unit_price"),
        (900, f"{row.amount:.2f}", "amount"),
    )
