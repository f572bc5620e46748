"""A drawn page as a PDF whose text layer says what the page shows."""

from __future__ import annotations

from pathlib import Path

import pymupdf

from bench.draw.paper import Drawn, font_file

_POINTS = 72 / 150  # drawn at 150 dots per inch


def write_pdf(drawn: Drawn, target: Path) -> None:
    """Set every text again at its place, in the same letters."""
    document = pymupdf.open()
    page = document.new_page(width=drawn.image.width * _POINTS, height=drawn.image.height * _POINTS)
    for text, x, baseline, size, face in drawn.texts:
        page.insert_text(
            (x * _POINTS, baseline * _POINTS),
            text,
            fontsize=size * _POINTS,
            fontname=face,
            fontfile=font_file(face),
        )
    document.subset_fonts()
    document.save(target, garbage=4, deflate=True, no_new_id=True)
