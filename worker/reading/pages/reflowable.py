"""Files that have no pages of their own, set on paper: Word, Excel, HTML, XML. By PyMuPDF's HTML.

Runs in the child process of `sandbox`. What is shown of such a file are these pages.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import ParseError

import pymupdf
from defusedxml import DefusedXmlException

from worker.errors import CorruptFile, EmptyDocument
from worker.reading.pages import markup
from worker.reading.pages.base import OpenDocument, Page, PageLimits
from worker.reading.pages.pymupdf import DAMAGE, PdfDocument
from worker.reading.pages.sniff import FileType

_WIDTH, _HEIGHT = 595, 842  # A4 in points
_FONT_SIZE = 9
_WIDE = 8  # columns that fit on a page upright
_STYLE = "<style>td{padding:2px 8px;vertical-align:top}img{max-width:100%}</style>"
_OUTSIDE = re.compile(r"<img\b(?![^>]*\bsrc=[\"']data:)[^>]*>", re.IGNORECASE)
"""Pictures that are not in the file itself; nothing is fetched."""

_UNREADABLE = (*DAMAGE, zipfile.BadZipFile, KeyError, OSError, ParseError, DefusedXmlException, EOFError)


def open_reflowable(path: Path, file_type: FileType, limits: PageLimits) -> OpenDocument:
    """Set a file on pages of A4, across where its tables are wide; raises SourceError."""
    try:
        html = _html(path, file_type, limits)
        wide = max((row.count("<td") for row in html.split("<tr")), default=0) > _WIDE
        width, height = (_HEIGHT, _WIDTH) if wide else (_WIDTH, _HEIGHT)
        written = f'<html dir="{_direction(html)}">{_STYLE}{_OUTSIDE.sub("", html)}</html>'
        flowing = pymupdf.open(stream=written.encode(), filetype="html")
        flowing.layout(width=width, height=height, fontsize=_FONT_SIZE)
        document = pymupdf.open("pdf", flowing.convert_to_pdf())
    except _UNREADABLE as error:
        raise CorruptFile(kind=file_type, detail="its structure cannot be followed") from error
    if not any(page.get_text().strip() or page.get_images() for page in document):
        raise EmptyDocument
    return _Reflowable(path, file_type, document)


def _html(path: Path, file_type: FileType, limits: PageLimits) -> str:
    if file_type is FileType.OFFICE:
        return markup.of_office(path, limits)
    if file_type is FileType.XML:
        return markup.of_xml(path, limits)
    return path.read_text("utf-8", errors="replace")


def _direction(html: str) -> str:
    """`rtl` where most letters are of a script written so: tables then begin at the right."""
    text = re.sub(r"<[^>]*>", "", html)
    leftward = sum(unicodedata.bidirectional(char) in {"R", "AL"} for char in text)
    return "rtl" if 2 * leftward > sum(map(str.isalpha, text)) else "ltr"


class _Reflowable:
    """The pages, and for an XML file itself as what it says of itself: it may be an invoice."""

    def __init__(self, path: Path, file_type: FileType, document: pymupdf.Document) -> None:
        self._path, self._file_type = path, file_type
        self._pages = PdfDocument(document, document.page_count)
        self.page_count = document.page_count

    def page(self, index: int, limits: PageLimits) -> Page:
        """Draw a page."""
        return self._pages.page(index, limits)

    def attachments(self, most_bytes: int) -> Iterator[tuple[str, bytes]]:
        """An XML file is its own attachment; others have none."""
        if self._file_type is FileType.XML and self._path.stat().st_size <= most_bytes:
            yield "document.xml", self._path.read_bytes()

    def close(self) -> None:
        """Let go of the pages."""
        self._pages.close()
