"""Which backend opens which file: the only module that names them. Runs in the child process."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from worker.errors import CorruptFile, EmptyDocument, MissingExtra, TooLarge, TooManyPages, UnsupportedType
from worker.reading.pages.base import OpenDocument, PageLimits
from worker.reading.pages.sniff import HEAD, FileType, other_type, sniff


def open_document(path: Path, *, pdf_backend: str, limits: PageLimits) -> OpenDocument:
    """Open a file by what it is; raises SourceError."""
    size = path.stat().st_size
    if size == 0:
        raise EmptyDocument
    if size > limits.max_bytes:
        raise TooLarge(size=size, limit=limits.max_bytes)
    with path.open("rb") as file:
        head = file.read(HEAD)
    file_type = sniff(head)
    if file_type is None:
        _refuse(head)
    if file_type is FileType.PDF:
        document = _open_pdf(path, pdf_backend)
    elif file_type in {FileType.OFFICE, FileType.HTML, FileType.XML}:
        document = _open_reflowable(path, file_type, limits)
    else:
        document = _open_image(path, file_type, limits)
    if document.page_count > limits.max_pages:
        pages = document.page_count
        document.close()
        raise TooManyPages(pages=pages, limit=limits.max_pages)
    return document


def _refuse(head: bytes) -> NoReturn:
    found = other_type(head)
    if found is None:
        raise CorruptFile(kind="", detail="its first bytes match no type of file")
    raise UnsupportedType(found=found)


def _open_pdf(path: Path, backend: str) -> OpenDocument:
    if backend == "pdfium" or (backend == "auto" and find_spec("pymupdf") is None):
        _need("pypdfium2", feature="Reading PDF", extra="raster")
        from worker.reading.pages import pdfium

        return pdfium.open_pdf(path)
    _need("pymupdf", feature="Reading PDF with PyMuPDF", extra="pymupdf")
    from worker.reading.pages import pymupdf

    return pymupdf.open_pdf(path)


def _open_reflowable(path: Path, file_type: FileType, limits: PageLimits) -> OpenDocument:
    _need("pymupdf", feature=f"Reading {file_type} files", extra="pymupdf")
    if file_type is FileType.OFFICE:
        _need("mammoth", feature="Reading Word documents", extra="raster")
        _need("openpyxl", feature="Reading Excel workbooks", extra="raster")
    from worker.reading.pages import reflowable

    return reflowable.open_reflowable(path, file_type, limits)


def _open_image(path: Path, file_type: FileType, limits: PageLimits) -> OpenDocument:
    _need("PIL", feature="Reading images", extra="raster")
    if file_type is FileType.HEIC:
        _need("pillow_heif", feature="Reading HEIC", extra="raster")
    from worker.reading.pages import image

    return image.open_image(path, file_type, limits)


def _need(module: str, *, feature: str, extra: str) -> None:
    if find_spec(module) is None:
        raise MissingExtra(feature=feature, extra=extra)
