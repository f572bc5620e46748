"""Drawing what was read on the pages it was read from: a box and a value per citation."""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from schemas import pointer
from schemas.record import Evidence, Record
from worker.reading.pages.sandbox import PageFailed, Sandbox

_SURE, _DOUBTFUL = (0, 130, 60), (205, 90, 0)
_SURE_FROM = 0.8
_MAX_VALUE = 28

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw(path: Path, record: Record, folder: Path, sandbox: Sandbox) -> list[Path]:
    """Write `<name>.<page>.png` for every page; returns the files. Pages are drawn anew."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for page in sandbox.open(path):
        if isinstance(page, PageFailed):
            continue
        image = Image.fromarray(page.picture)
        canvas = ImageDraw.Draw(image, "RGBA")
        font = _font(max(11, image.height // 110))
        for label, evidence, box in _marks(record, page.number):
            colour = _SURE if evidence.confidence >= _SURE_FROM else _DOUBTFUL
            _mark(canvas, image.size, box, label, colour=colour, font=font)
        target = folder / f"{path.stem}.{page.number:04d}.png"
        image.save(target)
        written.append(target)
    return written


def _marks(record: Record, page: int) -> Iterator[tuple[str, Evidence, tuple[float, float, float, float]]]:
    """Label, evidence and box; a value on several lines is named at the first of them only."""
    for at, evidence in record.fields.items():
        value = " ".join(str(pointer.get(record.data, at)).split())
        short = value if len(value) <= _MAX_VALUE else value[: _MAX_VALUE - 1] + "…"
        parts = pointer.split(at)
        name = next((part for part in reversed(parts) if not part.isdigit()), parts[-1])
        label = f"{name}: {short} ({evidence.confidence:.2f})"
        for citation in evidence.citations:
            if citation.page == page:
                yield label, evidence, citation.box
                label = ""


def _mark(
    canvas: ImageDraw.ImageDraw,
    page: tuple[int, int],
    box: tuple[float, float, float, float],
    label: str,
    *,
    colour: tuple[int, int, int],
    font: _Font,
) -> None:
    """A frame around a place and its label above it, or below at the top of the page."""
    width, height = page
    x0, y0, x1, y1 = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    canvas.rectangle((x0 - 2, y0 - 2, x1 + 2, y1 + 2), outline=colour, width=2)
    if not label:
        return
    length, size = canvas.textlength(label, font=font), font.getbbox("Åg国")[3]
    left = max(0.0, min(x0, width - length - 4))
    top = y0 - size - 6 if y0 > size + 6 else y1 + 4
    canvas.rectangle(
        (left, top, left + length + 4, top + size + 4), fill=(255, 255, 255, 150)
    )  # what it covers stays legible
    canvas.text((left + 2, top + 1), label, font=font, fill=colour)


def _font(size: int) -> _Font:
    """A font with Chinese where one is at hand: PyMuPDF brings one."""
    if find_spec("pymupdf"):
        import pymupdf

        return ImageFont.truetype(io.BytesIO(pymupdf.Font("china-s").buffer), size)
    return ImageFont.load_default(size)
