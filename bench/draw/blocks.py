"""Documents of blocks that are known: titles, paragraphs, lists, tables, captions, headers and footers.

Reports of several pages in one column or two, drawn as PDFs. Words are broken at the ends of some lines.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pymupdf

from bench.draw.pages import WORDS

_WIDTH, _HEIGHT = 595.0, 842.0
_TOP, _BOTTOM = 80.0, 770.0
_FAMILIES = (("tiro", "tibo", "tiit"), ("helv", "hebo", "heit"))
_CHINESE = "今天早上河边起了雾我们沿着石阶慢慢走茶馆的灯还没有亮回来时买了两斤橘子晚上给家里写信"


@dataclass(frozen=True, slots=True)
class DrawnBlock:
    """A block as drawn: its type and its words without white, an item or a row of cells each."""

    page: int
    type: str
    parts: tuple[tuple[str, ...], ...]


class Setter:
    """Sets blocks down the columns of a document, and remembers them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.document: Any = pymupdf.open()
        self.blocks: list[DrawnBlock] = []
        self.chinese = rng.random() < 0.2
        self.fonts = ("china-s", "china-s", "china-s") if self.chinese else rng.choice(_FAMILIES)
        self.metrics = [pymupdf.Font(name) for name in self.fonts]
        self.words = list(_CHINESE) if self.chinese else WORDS[rng.choice(sorted(WORDS))].split()
        self.size = rng.uniform(8.5, 11.5)
        self.leading = rng.uniform(1.15, 1.5)
        self.columns = rng.choice((1, 1, 2))
        self.indent = rng.choice((0.0, 0.0, 1.5)) * self.size
        self.between = self.size * (rng.uniform(0.0, 0.4) if self.indent else rng.uniform(0.7, 1.2))
        self.title_size = rng.choice((1.0, 1.25, 1.4)) * self.size if not self.chinese else 1.4 * self.size
        self.bullet = rng.choice(("\u25cf", "-", "1.", "1)", "a)"))
        self.left, self.measure, self.y = 60.0, 0.0, _BOTTOM
        self.column = self.columns
        self.footer = rng.choice(("{}", "- {} -", "{} / 9"))
        self.head = self.phrase(rng.randrange(3, 6))

    def phrase(self, count: int) -> str:
        """So many words."""
        return ("" if self.chinese else " ").join(self.rng.choice(self.words) for _ in range(count))

    def room(self, height: float) -> None:
        """Go to the next column or page where less than that is left in this one."""
        if self.y + height <= _BOTTOM:
            return
        self.column += 1
        if self.column >= self.columns:
            self._new_page()
            self.column = 0
        gutter = 24.0
        self.measure = (475.0 - gutter * (self.columns - 1)) / self.columns
        self.left, self.y = 60.0 + self.column * (self.measure + gutter), _TOP

    def _new_page(self) -> None:
        self.page = self.document.new_page(width=_WIDTH, height=_HEIGHT)
        number = len(self.document)
        self.put(60, 40, self.head, 8, 0)
        self.note("header", [[self.head]])
        foot = self.footer.format(number)
        self.put(285, 795, foot, 8, 0)
        self.note("footer", [[foot]])

    def note(self, kind: str, parts: Sequence[Sequence[str]]) -> None:
        """Remember a block."""
        plain = tuple(tuple("".join(cell.split()) for cell in part) for part in parts)
        self.blocks.append(DrawnBlock(len(self.document), kind, plain))

    def put(self, x: float, y: float, text: str, size: float, face: int) -> None:
        """A line whose top is at `y`."""
        self.page.insert_text((x, y + size), text, fontname=self.fonts[face], fontsize=size)

    def width(self, text: str, size: float, face: int = 0) -> float:
        """How wide a text is set."""
        return float(self.metrics[face].text_length(text, fontsize=size))

    def wrapped(
        self, text: str, width: float, size: float, *, first: float = 0.0, broken: bool = False
    ) -> list[str]:
        """A text as lines; where `broken`, long words are broken at the ends of some."""
        lines: list[str] = []
        line = ""
        for word in text if self.chinese else text.split():
            blank = "" if self.chinese or not line else " "
            room = width - (0.0 if lines else first)
            if self.width(line + blank + word, size) <= room:
                line += blank + word
                continue
            start = line + blank + word[: len(word) // 2] + "-"
            if broken and len(word) > 6 and word.isalpha() and self.width(start, size) <= room:
                lines.append(start)
                line = word[len(word) // 2 :]
            else:
                lines.append(line)
                line = word
        return [*lines, line]

    def paragraph(self) -> None:
        """Running text."""
        text = self.phrase(self.rng.randrange(25, 90)).capitalize() + ("。" if self.chinese else ".")
        self.room(3 * self.leading * self.size)
        lines = self.wrapped(text, self.measure, self.size, first=self.indent, broken=not self.chinese)
        for at, line in enumerate(lines):
            self.room(self.size)
            self.put(self.left + (0 if at else self.indent), self.y, line, self.size, 0)
            self.y += self.leading * self.size
        self.note("paragraph", [[text]])
        self.y += self.between

    def title(self) -> None:
        """A line or two of larger or bolder letters."""
        size = self.title_size
        self.room(8 * self.leading * self.size)
        self.y += 0.8 * size if self.y > _TOP else 0
        text = self.phrase(self.rng.randrange(2, 5)).capitalize()
        for line in self.wrapped(text, 0.8 * self.measure, size):
            self.put(self.left, self.y, line, size, 1)
            self.y += self.leading * size
        self.note("title", [[text]])
        self.y += 0.4 * size

    def items(self) -> None:
        """Items with bullets, numbers or letters, set in or not."""
        items, hang = [], 1.6 * self.size
        inset = self.rng.choice((0.0, 1.5)) * self.size
        for number in range(self.rng.randrange(2, 6)):
            sign = self.bullet.replace("1", str(number + 1)).replace("a", chr(97 + number))
            text = self.phrase(self.rng.randrange(3, 20))
            lines = self.wrapped(text, self.measure - inset - hang, self.size)
            self.room(len(lines) * self.leading * self.size)
            if sign == self.bullet == "\u25cf":
                place = (self.left + inset, self.y + self.size)
                self.page.insert_text(place, "l", fontname="zadb", fontsize=0.6 * self.size)
            else:
                self.put(self.left + inset, self.y, sign, self.size, 0)
            for line in lines:
                self.put(self.left + inset + hang, self.y, line, self.size, 0)
                self.y += self.leading * self.size
            items.append([f"{sign} {text}"])
        self.note("list", items)
        self.y += self.between or 0.5 * self.size

    def table(self) -> None:
        """Three or four columns, ruled or not, some cells empty or of two lines, mostly with a caption."""
        rng, size = self.rng, self.size * 0.95
        count, rows = rng.choice((3, 4)), rng.randrange(3, 9)
        self.room((rows + 5) * 1.8 * size)
        self.y += size
        if rng.random() < 0.5:
            self._caption(f"Tab. {rng.randrange(1, 20)}. {self.phrase(5)}")
        step, ruled = rng.uniform(1.5, 2.0) * size, rng.random() < 0.5
        each = self.measure / count
        parts = []
        for row in range(rows):
            cells = [self._cell(row, column, each, size) for column in range(count)]
            for column, text in enumerate(cells):
                off = each - 6 - self.width(text, size) if column and row else 0.0
                self.put(self.left + column * each + 3 + off, self.y, text, size, int(row == 0))
            if ruled:
                self.page.draw_rect(
                    (self.left, self.y - 0.2 * size, self.left + self.measure, self.y + step - 0.2 * size),
                    width=0.4,
                )
            parts.append(cells)
            self.y += step
        self.note("table", parts)
        self.y += 1.5 * size

    def _cell(self, row: int, column: int, width: float, size: float) -> str:
        if row and column:
            return "" if self.rng.random() < 0.15 else f"{self.rng.randrange(100_000) / 100:.2f}"
        return self.wrapped(self.phrase(3), width - 10, size)[0]

    def figure(self) -> None:
        """A picture with its caption under it."""
        height = self.rng.uniform(90, 160)
        self.room(height + 5 * self.size)
        self.page.draw_rect(
            (self.left, self.y, self.left + self.measure, self.y + height), fill=(0.8, 0.85, 0.8)
        )
        self.y += height + 6
        self._caption(f"Fig. {self.rng.randrange(1, 20)}: {self.phrase(self.rng.randrange(4, 14))}")
        self.y += self.size

    def _caption(self, text: str) -> None:
        size = 0.88 * self.size
        for line in self.wrapped(text, self.measure, size):
            self.put(self.left, self.y, line, size, 2)
            self.y += 1.2 * size
        self.note("caption", [[text]])
        self.y += 0.4 * size


def draw_report(rng: random.Random) -> tuple[bytes, list[DrawnBlock]]:
    """A report as a PDF, and its blocks."""
    setter = Setter(rng)
    for _ in range(rng.randrange(3, 6)):
        setter.title()
        for _ in range(rng.randrange(2, 5)):
            setter.paragraph()
            part = rng.choice((None, setter.items, setter.table, setter.figure))
            if part:
                part()
    return setter.document.tobytes(), setter.blocks
