"""Pages set in columns: reports with crossing titles, figures and tables, newspapers, pages of books.

Drawn as PDFs; their lines are known in the order in which a person reads them, article by article.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

import pymupdf

_WIDTH, _HEIGHT = 595.0, 842.0
_LEADING = 1.25
_FONTS = ("tiro", "helv")
WORDS: Mapping[str, str] = {
    "fr": "le pont de la ville reste fermé jusqu'au printemps car les pierres sont usées et chaque "
    "voiture doit passer par la vieille route où les marchands attendent depuis longtemps une réponse",
    "it": "il consiglio della città ha deciso ieri sera di riaprire il mercato vicino alla stazione dopo "
    "una lunga discussione con gli abitanti che chiedono più luce nelle strade e meno rumore",
    "nl": "de gemeente heeft besloten om het oude gebouw bij de haven te bewaren omdat veel bewoners "
    "daar elke week samenkomen en niemand een betere plaats voor hun feesten weet te vinden",
    "pt": "a câmara decidiu ontem abrir de novo a estrada junto ao rio porque os pescadores precisam de "
    "chegar cedo ao porto e não querem esperar mais um inverno por uma ponte nova e segura",
    "de": "der Rat der Stadt hat gestern beschlossen die alte Mühle am Fluss wieder zu öffnen weil viele "
    "Bürger dort im Sommer gern sitzen und keiner einen schöneren Platz im ganzen Tal kennt",
}


@cache
def _font(name: str) -> Any:
    return pymupdf.Font(name)


@dataclass(slots=True)
class Sheet:
    """A page while it is set: `lines` are those drawn so far, in reading order."""

    page: Any
    rng: random.Random
    font: str
    words: list[str]
    lines: list[str] = field(default_factory=list)

    def phrase(self, width: float, size: float) -> str:
        """Words that fill a width."""
        text = ""
        while True:
            longer = f"{text} {self.rng.choice(self.words)}".strip()
            if _font(self.font).text_length(longer, fontsize=size) > width:
                return text or longer[:3]
            text = longer

    def write(self, x: float, y: float, text: str, size: float) -> None:
        """A line whose top is at `y`."""
        self.page.insert_text((x, y + size), text, fontname=self.font, fontsize=size)
        self.lines.append(text)

    def headline(self, x: float, y: float, width: float, size: float) -> float:
        """A line of larger letters; returns where the text under it begins."""
        self.write(x, y, self.phrase(width, size), size)
        return y + 1.7 * size

    def prose(self, x: float, width: float, top: float, bottom: float, size: float) -> None:
        """Paragraphs down a column."""
        y, left = top, self.rng.randrange(4, 9)
        while y + size <= bottom:
            left -= 1
            self.write(x, y, self.phrase(width * (1.0 if left else 0.5), size), size)
            y += _LEADING * size
            if not left:
                left = self.rng.randrange(4, 9)
                y += self.rng.choice((0.0, 0.5 * size))

    def columns(self, x: float, width: float, top: float, bottom: float, *, count: int, size: float) -> None:
        """Columns from left to right."""
        gutter = self.rng.uniform(1.3, 2.2) * size
        each = (width - gutter * (count - 1)) / count
        for number in range(count):
            left = x + number * (each + gutter)
            self.prose(left, each, top, bottom, size)
            if number and self.rng.random() < 0.3:
                rule = left - gutter / 2
                self.page.draw_line((rule, top), (rule, bottom), width=0.4)


def report(sheet: Sheet) -> None:
    """One to three columns, a title, then a figure with its caption or a table across them, and a footer."""
    rng, size = sheet.rng, sheet.rng.uniform(8.5, 10.5)
    count, middle = rng.randrange(1, 4), rng.uniform(330, 480)
    sheet.write(50, 28, sheet.phrase(200, 8), 8)
    top = sheet.headline(50, 50, 480, 18)
    sheet.columns(50, 495, top, middle, count=count, size=size)
    if rng.random() < 0.5:
        sheet.page.draw_rect((50, middle + 12, 545, middle + 90), fill=(0.8, 0.8, 0.85))
        sheet.write(50, middle + 96, f"Fig. 1 {sheet.phrase(300, 8)}", 8)
    else:
        for row in range(5):
            y = middle + 14 + row * 18
            sheet.write(60, y, sheet.phrase(110, 9), 9)
            sheet.write(300, y, f"{rng.randrange(100)}", 9)
            sheet.write(450, y, f"{rng.randrange(10_000) / 100:.2f}", 9)
    sheet.columns(50, 495, middle + 125, 770, count=count, size=size)
    sheet.write(290, 800, str(rng.randrange(1, 300)), 8)


def newspaper(sheet: Sheet) -> None:
    """Articles in rows, each over some of three to six narrow columns, its headline over all of its own."""
    rng, count = sheet.rng, sheet.rng.randrange(3, 7)
    size, gutter = 7.5, rng.uniform(9.0, 13.0)
    each = (525 - gutter * (count - 1)) / count
    sheet.write(35, 25, sheet.phrase(400, 26), 26)
    cuts = [70.0, rng.uniform(330, 520), 800.0]
    for top, bottom in pairwise(cuts):
        first = 0
        while first < count:
            over = min(count - first, rng.randrange(1, 4))
            x, width = 35 + first * (each + gutter), over * each + (over - 1) * gutter
            below = sheet.headline(x, top + 8, width, 11 if over == 1 else 15)
            for column in range(over):
                sheet.prose(x + column * (each + gutter), each, below, bottom - 8, size)
            first += over


def book(sheet: Sheet) -> None:
    """A running head with the page's number, one column or two, footnotes."""
    rng, size = sheet.rng, sheet.rng.uniform(9.5, 12)
    sheet.write(80, 45, str(rng.randrange(400)), 9)
    sheet.write(230, 45, sheet.phrase(160, 9), 9)
    count = rng.choice((1, 1, 2))
    sheet.columns(80, 435, 80, 680, count=count, size=size)
    sheet.page.draw_line((80, 700), (200, 700), width=0.5)
    for note in range(rng.randrange(1, 4)):
        sheet.write(80, 708 + 12 * note, f"{note + 1} {sheet.phrase(380, 7.5)}", 7.5)


FAMILIES: Mapping[str, Callable[[Sheet], None]] = {"report": report, "newspaper": newspaper, "book": book}


def draw_page(rng: random.Random, family: str) -> tuple[bytes, list[str]]:
    """A page of a family as a PDF, and its lines in reading order."""
    document = pymupdf.open()
    page = document.new_page(width=_WIDTH, height=_HEIGHT)
    sheet = Sheet(page, rng, rng.choice(_FONTS), WORDS[rng.choice(sorted(WORDS))].split())
    FAMILIES[family](sheet)
    return document.tobytes(), sheet.lines
