"""PDF pages by PyMuPDF: the fastest on text pages. AGPL or commercial, see LICENSE.

Runs in the child process of `sandbox`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf

from worker.errors import CorruptFile, EmptyDocument, PasswordRequired
from worker.reading.pages import pymupdf_words
from worker.reading.pages.base import FormField, OpenDocument, Page, PageLimits

DAMAGE = (RuntimeError, ValueError, TypeError, IndexError, AttributeError, OverflowError)
"""What PyMuPDF raises on damaged files; FzErrorBase is a RuntimeError."""


def open_pdf(path: Path) -> OpenDocument:
    """Open a PDF; raises SourceError."""
    pymupdf.TOOLS.mupdf_display_errors(False)  # noqa: FBT003 (their signature)
    pymupdf.TOOLS.mupdf_display_warnings(False)  # noqa: FBT003
    try:
        document = _open(path)
        if document.needs_pass:
            raise PasswordRequired
        count = document.page_count
    except DAMAGE as error:
        raise CorruptFile(kind="PDF", detail="its structure cannot be followed") from error
    if count < 1:
        raise EmptyDocument
    return PdfDocument(document, count)


def _open(path: Path) -> Any:
    """PyMuPDF takes names in UTF-8 only; a file with another name is read into memory."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return pymupdf.open(stream=path.read_bytes(), filetype="pdf")
    return pymupdf.open(path, filetype="pdf")


class PdfDocument:
    """A PDF that PyMuPDF has opened."""

    def __init__(self, document: Any, count: int) -> None:
        self._document = document
        self.page_count = count

    def page(self, index: int, limits: PageLimits) -> Page:
        """Draw the page as a viewer shows it, its rotation applied."""
        try:
            page = self._document.load_page(index)
            bounds = page.rect
            dots = limits.dpi / 72
            scale = limits.scale(bounds.width * dots, bounds.height * dots, wanted=1.0) * dots
            pixmap = page.get_pixmap(
                matrix=pymupdf.Matrix(scale, scale), alpha=False, colorspace=pymupdf.csRGB
            )
            picture = np.frombuffer(pixmap.samples_mv, dtype=np.uint8)
            picture = picture.reshape(pixmap.height, pixmap.stride)[:, : pixmap.width * 3]
            shape = (pixmap.height, pixmap.width, 3)
            picture = picture.reshape(shape).copy()
            words = pymupdf_words.words(page, picture)
            fields = tuple(_form_fields(page)) if limits.embedded_data else ()
        except DAMAGE as error:
            raise CorruptFile(kind="PDF", detail=f"page {index + 1} cannot be drawn") from error
        return Page(number=index + 1, picture=picture, words=words, form_fields=fields)

    def attachments(self, most_bytes: int) -> Iterator[tuple[str, bytes]]:
        """Name and content of the files in the file; those that cannot be unpacked are left out."""
        try:
            for name in self._document.embfile_names():
                told = self._document.embfile_info(name)
                if told.get("length", 0) <= most_bytes:
                    yield str(told.get("ufilename") or name), self._document.embfile_get(name)
        except DAMAGE:
            return

    def close(self) -> None:
        """Let go of the file."""
        self._document.close()


def _form_fields(page: Any) -> Iterator[FormField]:
    """The fields of the page that are filled in."""
    place = pymupdf_words.upright(page)
    for widget in page.widgets():
        value = widget.field_value
        if isinstance(value, str) and value.strip():
            yield FormField(str(widget.field_name or ""), value.strip(), place(widget.rect))
