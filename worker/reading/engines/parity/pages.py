"""What both sides are asked: two pages drawn here, one wide and one tall, and a prompt for each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from worker.reading.pages.base import Picture


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A page and what is asked of it."""

    name: str
    text: str
    picture: Picture


LAST = 32
"""Positions at the end of the prompt whose logits are compared."""
TOKENS = 32
"""Tokens that are generated."""
PLAN = "cases.json"

_LINES = (
    "INVOICE  No. INV-2026-0042",
    "Date: 2026-11-22    Due: 2026-12-22",
    "Harbour Paper Ltd., 7 Quay Street",
    "Item                 Qty      Price       Amount",
    "Paper A4, 80 g        12       4.50        54.00",
    "Envelopes C5         200       0.09        18.00",
    "Ink, black             3      21.75        65.25",
    "Net 137.25    Tax 20 % 27.45    Total EUR 164.70",
    "IBAN GB00 TEST 0000 0000 0000 00",
)
_SIZES = {"wide": (1400, 480), "tall": (900, 1270)}
_PROMPTS = {
    "wide": "Read the page in the picture. What is the invoice number, and what is the total?",
    "tall": "请阅读图中的页面，写出发票号码、开票日期和合计金额。",
}


def write(folder: Path) -> tuple[Case, ...]:
    """Draw the pages into a new folder, with a plan that `reference_runner` reads."""
    folder.mkdir()
    cases = tuple(Case(name, text, _draw(*_SIZES[name])) for name, text in _PROMPTS.items())
    for case in cases:
        Image.fromarray(case.picture).save(folder / f"{case.name}.png")
    plan = {
        "last": LAST,
        "tokens": TOKENS,
        "cases": [{"name": case.name, "text": case.text, "image": f"{case.name}.png"} for case in cases],
    }
    (folder / PLAN).write_text(json.dumps(plan, ensure_ascii=False), encoding="utf-8")
    return cases


def _draw(width: int, height: int) -> Picture:
    """Lines of text over the whole page, and a coloured bar, so that a swapped channel is seen."""
    page = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(page)
    pen.rectangle((0, 0, width, height // 24), fill=(200, 60, 20))
    step = height // (len(_LINES) + 1)
    font = ImageFont.load_default(min(step * 0.6, 30))
    for number, line in enumerate(_LINES, start=1):
        pen.text((width // 20, number * step), line, fill="black", font=font)
    return np.asarray(page)
