"""Documents made in code: just enough of each kind to test with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pymupdf
from PIL import Image, ImageDraw, ImageFont

from schemas.page import Box, Line, even_edges
from schemas.record import Provenance
from worker.reading.engines.matcher import concepts
from worker.reading.engines.matcher.rows import arrange
from worker.reading.engines.matcher.sheet import Sheet, lay_out
from worker.reading.marks.glyphs import signs_in
from worker.reading.text.page_lines import PageLines

WIDTH, HEIGHT = 1000, 1400


PROVENANCE = Provenance(
    source_sha256="",
    filename="",
    pages=1,
    kind_version=1,
    schema_sha256="",
    engine="fake",
    pipeline_version="1",
)
"""Of a record that nothing is asked of but its values."""


def pdf(path: Path, pages: Sequence[str], *, rotation: int = 0, password: str | None = None) -> Path:
    """A PDF with a line of text per page."""
    document = pymupdf.open()
    for text in pages:
        page = document.new_page(width=300, height=400)
        page.insert_text((40, 80), text, fontsize=14)
        page.set_rotation(rotation)
    if password:
        encryption = pymupdf.PDF_ENCRYPT_AES_256
        document.save(path, encryption=encryption, user_pw=password, owner_pw=password)
    else:
        document.save(path)
    return path


def picture(text: str = "HELLO 123", *, size: tuple[int, int] = (600, 200)) -> Image.Image:
    """Black letters on white."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((40, 60), text, fill="black", font=ImageFont.load_default(48))
    return image


def page_of(*rows: Sequence[tuple[float, str]] | str, number: int = 1, letter: float = 28) -> PageLines:
    """A page as if read: rows of (x in pixels, text), or plain texts at the left margin."""
    lines: list[Line] = []
    for index, row in enumerate(rows):
        cells = [(60.0, row)] if isinstance(row, str) else row
        lines.extend(line(x, 60 + 44 * index, text, letter=letter) for x, text in cells if text)
    marks = [sign.mark for sign in signs_in(lines, aspect=WIDTH / HEIGHT)]
    return PageLines(number, WIDTH, HEIGHT, tuple(lines), marks=tuple(marks))


def line(x: float, y: float, text: str, *, letter: float = 28, confidence: float = 0.99) -> Line:
    """A line of text, letters half as wide as high, Chinese ones square."""
    wide = sum(letter if ord(char) > 0x2E80 else letter / 2 for char in text)
    box = Box(x / WIDTH, y / HEIGHT, (x + wide) / WIDTH, (y + letter) / HEIGHT)
    return Line(text, box, confidence, even_edges(box, len(text)))


def sheet(*rows: Sequence[tuple[float, str]] | str) -> Sheet:
    """A laid-out page with the library's labels found."""
    return lay_out(arrange([page_of(*rows)]), concepts.lexicon())


def noise(size: tuple[int, int] = (64, 64)) -> np.ndarray:
    """A picture of nothing, the same each time."""
    return np.random.default_rng(5).integers(0, 255, (*size, 3), dtype=np.uint8)
