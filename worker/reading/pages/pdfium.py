"""PDF pages by pdfium: permissively licensed, and the fastest on drawings full of vectors.

Runs in the child process of `sandbox`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium

from schemas.page import Box, Painted, Word, union
from worker.errors import CorruptFile, EmptyDocument, PasswordRequired
from worker.reading.pages.base import FormField, OpenDocument, Page, PageLimits

_Corners = tuple[float, float, float, float]
"""Left, bottom, right, top in points, origin at the bottom left."""

_LONGEST = 2**16  # bytes
_WRITTEN = (
    pdfium.raw.FPDF_FORMFIELD_TEXTFIELD,
    pdfium.raw.FPDF_FORMFIELD_COMBOBOX,
    pdfium.raw.FPDF_FORMFIELD_LISTBOX,
)
_DAMAGE = (pdfium.PdfiumError, RuntimeError, ValueError, TypeError, IndexError, OverflowError)


def open_pdf(path: Path) -> OpenDocument:
    """Open a PDF; raises SourceError."""
    try:
        document = pdfium.PdfDocument(path)
        document.init_forms()  # else filled fields of forms are drawn empty
        count = len(document)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise PasswordRequired from error
        raise CorruptFile(kind="PDF", detail="its structure cannot be followed") from error
    except _DAMAGE as error:
        raise CorruptFile(kind="PDF", detail="its structure cannot be followed") from error
    if count < 1:
        raise EmptyDocument
    return _PdfDocument(document, count)


class _PdfDocument:
    def __init__(self, document: Any, count: int) -> None:
        self._document = document
        self.page_count = count

    def page(self, index: int, limits: PageLimits) -> Page:
        """Draw the page as a viewer shows it, its rotation applied."""
        try:
            page = self._document[index]
            width, height = page.get_size()
            dots = limits.dpi / 72
            scale = limits.scale(width * dots, height * dots, wanted=1.0) * dots
            bitmap = page.render(scale=scale, rev_byteorder=True)
            picture = np.ascontiguousarray(bitmap.to_numpy()[..., :3]).copy()
            fields = tuple(_form_fields(self._document, page))
            words = (*_words(page), *_words_of([field for field, written in fields if written]))
            page.close()
        except _DAMAGE as error:
            raise CorruptFile(kind="PDF", detail=f"page {index + 1} cannot be drawn") from error
        told = tuple(field for field, _ in fields) if limits.embedded_data else ()
        return Page(number=index + 1, picture=picture, words=words, form_fields=told)

    def attachments(self, most_bytes: int) -> Iterator[tuple[str, bytes]]:
        """Name and content of the files in the file; those that cannot be unpacked are left out."""
        try:
            for index in range(self._document.count_attachments()):
                attached = self._document.get_attachment(index)
                data = bytes(attached.get_data())
                if len(data) <= most_bytes:
                    yield attached.get_name(), data
        except _DAMAGE:
            return

    def close(self) -> None:
        """Let go of the file."""
        self._document.close()


def _words(page: Any) -> Iterator[Word]:
    """Runs of characters between white space, their places in fractions of the upright page."""
    text_page = page.get_textpage()
    to_upright = _upright(page)
    run: list[tuple[str, _Corners]] = []
    for index, char in enumerate((*_characters(text_page), " ")):
        gap = char.isspace() or char in "\x00\ufffe"
        corners = (0.0, 0.0, 0.0, 0.0) if gap else text_page.get_charbox(index, loose=True)
        if run and (gap or _leaves_line(run[-1][1], corners)):
            font, painted = _drawn(text_page, index - len(run))
            box = union(to_upright(place) for _, place in run)
            yield Word("".join(c for c, _ in run), box, font=font, painted=painted)
            run = []
        if not gap:
            run.append((char, corners))


def _drawn(text_page: Any, index: int) -> tuple[str, Painted]:
    """The font of a character, by its address, and whether it is drawn to be seen."""
    drawn = pdfium.raw.FPDFText_GetTextObject(text_page.raw, index)
    if not drawn:
        return "", Painted.YES
    font = ctypes.addressof(pdfium.raw.FPDFTextObj_GetFont(drawn).contents)
    mode = pdfium.raw.FPDFTextObj_GetTextRenderMode(drawn)
    invisible = mode == pdfium.raw.FPDF_TEXTRENDERMODE_INVISIBLE
    return f"{font:x}", Painted.INVISIBLE if invisible else Painted.YES


def _form_fields(document: Any, page: Any) -> Iterator[tuple[FormField, bool]]:
    """The fields of the page that are filled in, and whether something is written there, not ticked."""
    form, to_upright = document.formenv, _upright(page)
    for index in range(pdfium.raw.FPDFPage_GetAnnotCount(page) if form else 0):
        annotation = pdfium.raw.FPDFPage_GetAnnot(page, index)
        try:
            if pdfium.raw.FPDFAnnot_GetSubtype(annotation) == pdfium.raw.FPDF_ANNOT_WIDGET:
                value = _string(pdfium.raw.FPDFAnnot_GetFormFieldValue, form, annotation).strip()
                at = pdfium.raw.FS_RECTF()
                if value and pdfium.raw.FPDFAnnot_GetRect(annotation, at):
                    name = _string(pdfium.raw.FPDFAnnot_GetFormFieldName, form, annotation)
                    box = to_upright((at.left, at.bottom, at.right, at.top))
                    kind = pdfium.raw.FPDFAnnot_GetFormFieldType(form, annotation)
                    yield FormField(name, value, box), kind in _WRITTEN
        finally:
            pdfium.raw.FPDFPage_CloseAnnot(annotation)


def _string(ask: Any, form: Any, annotation: Any) -> str:
    """A text that pdfium gives in UTF-16 with an end mark, after it has told its size."""
    size = min(ask(form, annotation, None, 0), _LONGEST)
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    ask(form, annotation, buffer, size)
    return bytes(buffer)[: max(0, size - 2)].decode("utf-16-le", "replace")


def _words_of(fields: Sequence[FormField]) -> Iterator[Word]:
    """What is filled in, as words: pdfium's text leaves it out. Letters half as wide as the field is high."""
    for field in fields:
        at, words = field.box, field.value.split()
        letter = min(at.height / 2, at.width / max(1, len(" ".join(words))))
        x = at.x0
        for word in words:
            yield Word(word, Box(x, at.y0, min(at.x1, x + letter * len(word)), at.y1))
            x += letter * (len(word) + 1)


def _leaves_line(before: _Corners, after: _Corners) -> bool:
    """Whether a character stands higher or lower than the one before: lines may end without a blank."""
    height = max(before[3] - before[1], after[3] - after[1])
    return abs((before[1] + before[3]) - (after[1] + after[3])) / 2 > height / 2


def _characters(text_page: Any) -> Iterator[str]:
    for index in range(text_page.count_chars()):
        code = pdfium.raw.FPDFText_GetUnicode(text_page, index)
        yield chr(code) if 0 < code < 0x110000 else "\x00"


def _upright(page: Any) -> Callable[[_Corners], Box]:
    """From PDF space (origin bottom left, before /Rotate) to fractions of the upright page."""
    rotation = page.get_rotation()
    left, bottom, right, top = page.get_cropbox()

    def place(corners: _Corners) -> Box:
        xs = ((corners[0] - left) / (right - left or 1), (corners[2] - left) / (right - left or 1))
        ys = ((top - corners[1]) / (top - bottom or 1), (top - corners[3]) / (top - bottom or 1))
        if rotation == 90:
            xs, ys = (1 - ys[0], 1 - ys[1]), xs
        elif rotation == 180:
            xs, ys = (1 - xs[0], 1 - xs[1]), (1 - ys[0], 1 - ys[1])
        elif rotation == 270:
            xs, ys = ys, (1 - xs[0], 1 - xs[1])
        return Box(min(xs), min(ys), max(xs), max(ys))

    return place
