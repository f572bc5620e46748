"""Kinds told from words: what is clear, what a person is asked, and what has to be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from schemas import registry
from schemas.registry import Schema
from worker.errors import KindUnclear
from worker.reading.pages.base import Page, PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.reading.telling.tell import Teller, Told
from worker.reading.telling.words import told_by_signs
from worker.reading.text.sources import TextLayerLines
from worker.settings import Settings

pymupdf = pytest.importorskip("pymupdf")

RECEIPT = ("TAX INVOICE", "Cashier: Ann", "Total 12.50", "Cash 20.00", "Change 7.50", "Thank you")
INVOICE = ("Invoice no 4711", "Invoice date 2026-01-02", "Bill to: Miller Ltd", "IBAN DE02 1203 0000")
BADGE = ("Visitor badge", "Badge no 12", "Host Ann Lee", "Gate North")
_TEXT = {"type": "string"}


def tell(folder: Path, lines: tuple[str, ...], **own: Schema) -> Told:
    """What a page with these lines is told to be, beside kinds of one's own."""
    path = folder / "page.pdf"
    with pymupdf.open() as document:
        page = document.new_page(width=400, height=400)
        for at, line in enumerate(lines):
            page.insert_text((30, 40 + 30 * at), line)
        document.save(path)
    candidates: Mapping[str, Schema] = {name: registry.kind(name) for name in told_by_signs()} | own
    with Sandbox(PageLimits.of(Settings())) as sandbox:
        return Teller(TextLayerLines(), lambda: candidates).tell(sandbox.open(path))


@pytest.mark.parametrize(("lines", "kind"), [(RECEIPT, "receipt"), (INVOICE, "invoice")])
def test_what_many_words_speak_for_is_told(tmp_path: Path, lines: tuple[str, ...], kind: str) -> None:
    told = tell(tmp_path, lines)
    assert (told.schema.name, told.issues) == (kind, ())


def test_where_two_kinds_may_be_meant_a_person_looks(tmp_path: Path) -> None:
    told = tell(tmp_path, (*RECEIPT, *INVOICE))
    (issue,) = told.issues
    assert issue.code == "kind_unsure"
    assert {"receipt", "invoice"} <= set(issue.message.replace(",", " ").replace(":", " ").split())


def test_where_nothing_speaks_for_a_kind_it_is_to_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(KindUnclear, match="receipt"):
        tell(tmp_path, ("Dear Ann,", "see you on Monday.", "Yours, Ben"))


def test_a_kind_of_ones_own_is_told_by_its_labels(tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "title": "Visitor badge",
        "properties": {"badge_no": _TEXT, "host": _TEXT, "gate": _TEXT},
    }
    badge = registry.from_json_schema(schema, name="badge")
    assert tell(tmp_path, BADGE, badge=badge).schema is badge
    with pytest.raises(KindUnclear):
        tell(tmp_path, ("Dear Ann, our host", "asks you to come on Monday."), badge=badge)


def test_the_page_that_was_looked_at_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "two.pdf"
    with pymupdf.open() as document:
        for number in (1, 2):
            document.new_page().insert_text((30, 40), f"page {number}")
        document.save(path)
    with Sandbox(PageLimits.of(Settings())) as sandbox:
        opened = sandbox.open(path)
        first = opened.first_page()
        pages = list(opened)
    assert pages[0] is first
    assert [page.number for page in pages if isinstance(page, Page)] == [1, 2]
