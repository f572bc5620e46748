from __future__ import annotations

from tests.contracts.rasteriser import PdfBackend


class TestPymupdf(PdfBackend):
    backend = "pymupdf"


class TestPdfium(PdfBackend):
    backend = "pdfium"
