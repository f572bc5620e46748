"""PDFs whose text layer is what they show, is not, or is so in part."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pymupdf
import pytest

from bench.draw.falsified import SORTS, falsified, honest
from tests.build import pdf
from worker.reading.pages.base import Page
from worker.reading.pages.sandbox import Sandbox
from worker.reading.text.page_lines import PageLines
from worker.reading.text.sources import OcrLines, TextLayerLines


@pytest.fixture(scope="module")
def lines() -> Iterator[OcrLines]:
    source = OcrLines()
    yield source
    source.close()


def first_page(path: Path, sandbox: Sandbox) -> Page:
    [page] = [page for page in sandbox.open(path) if isinstance(page, Page)]
    return page


def text(read: PageLines) -> str:
    return "".join(line.text.replace(" ", "") for line in read.lines)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("sort", SORTS)
def test_what_is_printed_is_read_however_the_layer_lies(
    tmp_path: Path, sandbox: Sandbox, lines: OcrLines, sort: str, seed: int
) -> None:
    bill = falsified(random.Random(seed), sort)  # noqa: S311 (drawn the same each time)
    (tmp_path / "a.pdf").write_bytes(bill.data)
    read = lines(first_page(tmp_path / "a.pdf", sandbox))
    assert [word for word in bill.printed if word not in text(read)] == []
    assert [lie for lie in bill.lies if lie in text(read)] == []
    [issue] = read.issues()
    assert issue.code == "text_layer_ignored"


def test_an_honest_layer_is_kept_whole(tmp_path: Path, sandbox: Sandbox, lines: OcrLines) -> None:
    bill = honest(random.Random(3))  # noqa: S311 (as above)
    (tmp_path / "a.pdf").write_bytes(bill.data)
    read = lines(first_page(tmp_path / "a.pdf", sandbox))
    assert (read.from_layer, read.from_picture, read.distrusted) == (len(bill.printed), 0, ())
    assert list(read.notes()) == [
        f"page 1: {len(bill.printed)} words from the text layer, 0 from the picture"
    ]


def test_text_in_a_picture_on_a_text_page_is_read_too(
    tmp_path: Path, sandbox: Sandbox, lines: OcrLines
) -> None:
    stamp = pymupdf.open().new_page(width=200, height=40)
    stamp.insert_text((10, 25), "PAID 12.05.2024", fontsize=14)
    page = pymupdf.open().new_page(width=400, height=400)
    page.insert_text((40, 80), "Invoice 4711", fontsize=12)
    page.insert_text((40, 110), "Total 12.50", fontsize=12)
    page.insert_image((40, 200, 240, 240), pixmap=stamp.get_pixmap(dpi=200))
    page.parent.save(tmp_path / "a.pdf")
    read = lines(first_page(tmp_path / "a.pdf", sandbox))
    assert "Invoice4711" in text(read)
    assert "PAID12.05.2024" in text(read)
    assert read.from_layer == 4


def test_letters_set_apart_and_ligatures_are_made_whole(
    tmp_path: Path, sandbox: Sandbox, lines: OcrLines
) -> None:
    page = pymupdf.open().new_page(width=400, height=300)
    for index, letter in enumerate("4711-08"):
        page.insert_text((40 + 14 * index, 80), letter, fontsize=11)
    page.insert_text((200, 80), "Total due", fontsize=11)
    for x in (40, 40.4):  # printed twice, for bold letters
        page.insert_text((x, 120), "Sum 38.20", fontsize=11)
    page.parent.save(tmp_path / "a.pdf")
    read = lines(first_page(tmp_path / "a.pdf", sandbox))
    assert [line.text for line in read.lines] == ["4711-08", "Total due", "Sum 38.20"]


def test_without_ocr_words_that_nobody_can_see_are_none(tmp_path: Path, sandbox: Sandbox) -> None:
    shown = first_page(pdf(tmp_path / "a.pdf", ["Invoice total"]), sandbox)
    assert [line.text for line in TextLayerLines()(shown).lines] == ["Invoice total"]
    blank = Page(1, np.full_like(shown.picture, 255), shown.words)
    assert TextLayerLines()(blank).lines == ()
