"""What the pages of a document say about themselves, kept while they pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from schemas.documents.invoice import Invoice
from schemas.page import Line
from schemas.registry import Schema
from worker.reading.pages.base import Barcode, FormField, Page
from worker.reading.pages.sandbox import SandboxedDocument
from worker.reading.text.sources import TextLayerLines

INVOICE = Invoice.kind


class Witness:
    """The invoice a file carries, and by page its lines, codes and filled fields."""

    def __init__(self, invoice: Mapping[str, Any] | None) -> None:
        self.invoice = invoice
        self.lines: dict[int, tuple[Line, ...]] = {}
        self.barcodes: list[tuple[int, Barcode]] = []
        self.form_fields: list[tuple[int, FormField]] = []

    def see(self, page: Page) -> None:
        """Keep what a page says; its lines only where values are to be found in them."""
        self.barcodes += [(page.number, code) for code in page.barcodes]
        self.form_fields += [(page.number, field) for field in page.form_fields]
        if (self.invoice or page.barcodes) and page.words:
            self.lines[page.number] = TextLayerLines()(page).lines


def embedded_values(document: SandboxedDocument, schema: Schema) -> Mapping[str, Any] | None:
    """The values a file carries for a schema: those of its XML, for invoices; None without any.

    The file was opened elsewhere: what comes from there is checked as if it were a stranger's.
    Raises SourceError when the file cannot be opened.
    """
    if schema.name != INVOICE or document.invoice is None:
        return None
    try:
        checked = Invoice.model_validate(document.invoice).model_dump(mode="json")
    except ValidationError:
        return None
    return _said(checked) or None


def _said(values: Any) -> Any:
    """The values without what is null or empty."""
    if isinstance(values, dict):
        inner = {name: _said(value) for name, value in values.items()}
        return {name: value for name, value in inner.items() if value not in (None, {}, [])}
    if isinstance(values, list):
        return [_said(value) for value in values]
    return values
