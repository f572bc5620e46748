"""OCR with the real networks, on both runtimes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pymupdf
import pytest
from PIL import Image, ImageDraw, ImageFont

from schemas.record import Severity
from worker.reading.pages.base import Page, Picture
from worker.reading.text.ocr import Ocr
from worker.reading.text.page_lines import legibility

TEXTS = ("Invoice 2026-0471", "Hex bolts M8 12,50", "Total due 1,284.90")


@pytest.fixture(scope="module", params=["openvino", "onnxruntime"])
def ocr(request: pytest.FixtureRequest) -> Iterator[Ocr]:
    engine = Ocr(runtime=request.param)
    yield engine
    engine.close()


def drawn(texts: tuple[str, ...] = TEXTS, size: tuple[int, int] = (700, 420), letter: int = 36) -> Picture:
    image = Image.new("RGB", size, "white")
    for index, text in enumerate(texts):
        ImageDraw.Draw(image).text(
            (50, 60 + 110 * index), text, fill="black", font=ImageFont.load_default(letter)
        )
    return np.asarray(image)


def test_lines_are_read_with_their_places(ocr: Ocr) -> None:
    page = ocr.read(Page(1, drawn()))
    assert [line.text.replace(" ", "") for line in page.lines] == [text.replace(" ", "") for text in TEXTS]
    for line in page.lines:
        assert len(line.edges) == len(line.text) + 1
        assert list(line.edges) == sorted(line.edges)
        assert all(0 <= rival.odds <= 0.5 and rival.index < len(line.text) for rival in line.rivals)
    assert abs(page.lines[1].box.x0 - 50 / 700) < 0.02


def test_a_letter_has_the_box_in_which_it_stands(ocr: Ocr) -> None:
    picture = drawn(("A" * 8 + "   " + "7" * 8,))
    [*_, line] = ocr.read(Page(1, picture)).lines
    where = line.span_box(len(line.text) - 1, len(line.text))
    ink = np.nonzero((picture < 128).any(axis=(0, 2)))[0]
    assert abs(where.x1 - ink[-1] / 700) < 0.03
    assert where.width < 0.07


def test_pages_read_at_the_same_time_are_read_as_alone(ocr: Ocr) -> None:
    pages = [Page(number, drawn((f"Page number {number}", "Sum 47.11"))) for number in range(1, 7)]
    alone = [ocr.read(page).lines for page in pages]
    with ThreadPoolExecutor(4) as together:
        assert [page.lines for page in together.map(ocr.read, pages)] == alone


@pytest.mark.parametrize("shape", [(10_001, 1), (1, 10_001), (1, 1), (3, 9000)])
def test_pages_of_extreme_shape_are_read_within_bounds(ocr: Ocr, shape: tuple[int, int]) -> None:
    page = ocr.read(Page(1, np.full((*shape, 3), 255, dtype=np.uint8)))
    assert page.lines == ()


def test_a_blank_page_is_told_from_one_that_cannot_be_read(ocr: Ocr) -> None:
    blank = ocr.read(Page(1, np.full((800, 600, 3), 250, dtype=np.uint8)))
    scribble = np.full((800, 600, 3), 250, dtype=np.uint8)
    scribble[::8, ::2] = 0
    unread = ocr.read(Page(2, scribble))
    read = ocr.read(Page(3, drawn()))
    assert [(issue.code, issue.severity) for issue in legibility([blank])] == [("blank_page", Severity.ERROR)]
    assert [(issue.code, issue.severity) for issue in legibility([blank, unread, read])] == [
        ("blank_page", Severity.INFO),
        ("unreadable_page", Severity.ERROR),
    ]


def test_a_page_on_its_side_is_turned(ocr: Ocr) -> None:
    page = ocr.read(Page(1, np.ascontiguousarray(np.rot90(drawn()))))
    assert page.quarter_turns == 3
    assert (page.width, page.height) == (700, 420)
    assert page.lines[0].text.replace(" ", "") == "Invoice2026-0471"


def test_a_script_without_letters_of_the_recogniser_is_named(ocr: Ocr) -> None:
    texts = ("Кассовый чек от ресторана", "Хлеб ржаной", "Молоко и сметана", "Всего к оплате")
    image = Image.new("RGB", (800, 520), "white")
    face = ImageFont.truetype(io.BytesIO(pymupdf.Font("cjk").buffer), 40)
    for index, text in enumerate(texts):
        ImageDraw.Draw(image).text((60, 60 + 100 * index), text, fill="black", font=face)
    pages = [ocr.read(Page(1, np.asarray(image))), ocr.read(Page(2, drawn()))]
    [told] = legibility(pages)
    assert (told.code, told.severity) == ("unsupported_script", Severity.ERROR)
    assert "Cyrillic" in told.message
