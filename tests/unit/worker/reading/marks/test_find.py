from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pymupdf
import pytest
from numpy.typing import NDArray

from schemas.page import Box, Line, Mark, MarkState, even_edges
from worker.reading.marks.find import find_marks
from worker.reading.marks.lines import without
from worker.reading.pages.base import PageLimits
from worker.reading.pages.pymupdf import open_pdf
from worker.reading.text.sources import TextLayerLines
from worker.settings import Settings

WIDTH, HEIGHT = 700, 420
INK = (20, 20, 20)
Canvas = NDArray[np.uint8]


def paper() -> Canvas:
    return np.full((HEIGHT, WIDTH, 3), 250, dtype=np.uint8)


def text(canvas: Canvas, x: int, y: int, said: str, *, confidence: float = 0.98, write: bool = True) -> Line:
    """A line of letters 24 pixels high that stands at y."""
    if write:
        cv2.putText(canvas, said, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.7, INK, 2, cv2.LINE_AA)
    wide = cv2.getTextSize(said, cv2.FONT_HERSHEY_SIMPLEX, 0.7, 2)[0][0]
    box = Box(x / WIDTH, (y - 20) / HEIGHT, (x + wide) / WIDTH, (y + 6) / HEIGHT)
    return Line(said, box, confidence, even_edges(box, len(said)))


def square(canvas: Canvas, x: int, y: int, *, side: int = 22, width: int = 2) -> None:
    cv2.rectangle(canvas, (x, y - side), (x + side, y), INK, width)


def empty(canvas: Canvas, x: int, y: int) -> None:
    square(canvas, x, y)


def ticked(canvas: Canvas, x: int, y: int) -> None:
    square(canvas, x, y)
    points = np.array([(x + 4, y - 10), (x + 9, y - 4), (x + 30, y - 30)])
    cv2.polylines(canvas, [points], isClosed=False, color=(120, 40, 20), thickness=2, lineType=cv2.LINE_AA)


def crossed(canvas: Canvas, x: int, y: int) -> None:
    square(canvas, x, y)
    cv2.line(canvas, (x + 3, y - 19), (x + 19, y - 3), INK, 2)
    cv2.line(canvas, (x + 19, y - 19), (x + 3, y - 3), INK, 2)


def filled(canvas: Canvas, x: int, y: int) -> None:
    square(canvas, x, y, width=-1)


def scribbled(canvas: Canvas, x: int, y: int) -> None:
    square(canvas, x, y)
    for step in range(4, 20, 4):
        cv2.line(canvas, (x + step, y - 19), (x + step, y - 3), INK, 2)


def found(canvas: Canvas, lines: Sequence[Line]) -> tuple[Mark, ...]:
    return find_marks(canvas, lines)


@pytest.mark.parametrize(
    ("draw", "state"),
    [
        (empty, MarkState.EMPTY),
        (ticked, MarkState.TICKED),
        (crossed, MarkState.CROSSED),
        (filled, MarkState.FILLED),
        (scribbled, MarkState.SCRIBBLED),
    ],
)
def test_a_box_beside_a_text_in_every_state(
    draw: Callable[[Canvas, int, int], None], state: MarkState
) -> None:
    canvas = paper()
    draw(canvas, 60, 100)
    empty(canvas, 60, 160)
    lines = [text(canvas, 110, 98, "Courier"), text(canvas, 110, 158, "Collection")]
    first, second = found(canvas, lines)
    assert (first.state, second.state) == (state, MarkState.EMPTY)
    assert min(first.confidence, second.confidence) > 0.8
    assert first.box.iou(Box(60 / WIDTH, 78 / HEIGHT, 83 / WIDTH, 101 / HEIGHT)) > 0.7


def test_specks_are_no_mark_and_a_faint_dash_is_doubtful() -> None:
    canvas = paper()
    square(canvas, 60, 100)
    square(canvas, 60, 160)
    canvas[88:90, 66:68] = 20
    canvas[148:151, 66:76] = 20
    lines = [text(canvas, 110, 98, "Courier"), text(canvas, 110, 158, "Collection")]
    speck, dash = found(canvas, lines)
    assert speck.state is MarkState.EMPTY
    assert dash.confidence < 0.7 or dash.chosen


def test_radio_buttons_stand_in_groups_and_letters_are_none() -> None:
    canvas = paper()
    for x, y in ((70, 90), (300, 90)):
        cv2.circle(canvas, (x, y), 10, INK, 2, cv2.LINE_AA)
    cv2.circle(canvas, (300, 90), 5, INK, -1, cv2.LINE_AA)
    alone = text(canvas, 100, 200, "OUR OFFICE")
    lines = [text(canvas, 100, 98, "Landlord"), text(canvas, 330, 98, "Tenant"), alone]
    marks = found(canvas, lines)
    assert [(mark.round, mark.state) for mark in marks] == [(True, MarkState.EMPTY), (True, MarkState.FILLED)]


def test_cells_of_tables_places_for_letters_and_bullets_are_none() -> None:
    canvas = paper()
    for x in range(60, 640, 30):
        cv2.line(canvas, (x, 40), (x, 130), INK, 2)
    for y in range(40, 131, 30):
        cv2.line(canvas, (60, y), (630, y), INK, 2)
    for x in range(60, 300, 27):
        square(canvas, x, 200)
    filled(canvas, 60, 300)
    lines = [text(canvas, 320, 198, "Account"), text(canvas, 110, 298, "a point of a list")]
    assert found(canvas, lines) == ()


def test_a_letter_of_a_text_layer_that_is_a_square_is_none_and_one_of_a_recogniser_is_a_box() -> None:
    canvas = paper()
    empty(canvas, 60, 100)
    box = Box(60 / WIDTH, 76 / HEIGHT, 160 / WIDTH, 102 / HEIGHT)
    layer = Line("口 male", box, 1.0, even_edges(box, 6))
    edges = (60 / WIDTH, 86 / WIDTH, 95 / WIDTH, *(100 / WIDTH + step / WIDTH for step in range(15, 61, 15)))
    read = Line("口 male", box, 0.95, edges)
    cv2.putText(canvas, "male", (100, 98), cv2.FONT_HERSHEY_SIMPLEX, 0.7, INK, 2, cv2.LINE_AA)
    assert found(canvas, [layer]) == ()
    assert len(found(canvas, [read])) == 1


def test_a_crooked_scan_is_read_as_well() -> None:
    canvas = paper()
    ticked(canvas, 60, 100)
    empty(canvas, 300, 100)
    lines = [text(canvas, 110, 98, "Courier"), text(canvas, 350, 98, "Collection")]
    turn = cv2.getRotationMatrix2D((200, 100), 1.5, 1.0)
    turned = cv2.warpAffine(canvas, turn, (WIDTH, HEIGHT), borderValue=(250, 250, 250))
    noise = np.random.default_rng(3).normal(0, 8, turned.shape)
    noisy = np.clip(turned + noise, 0, 255).astype(np.uint8)
    assert [mark.state for mark in found(noisy, lines)] == [MarkState.TICKED, MarkState.EMPTY]


def test_boxes_of_a_pdf_as_vectors_glyphs_and_fields(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page(width=400, height=200)
    for row, said in enumerate(("Vector", "Sign", "Field")):
        page.insert_text((60, 40 + 40 * row), said, fontsize=10)
        page.insert_text((260, 40 + 40 * row), f"{said} marked", fontsize=10)
    for x, chosen in ((40, False), (240, True)):
        page.draw_rect((x, 31, x + 10, 41))
        page.insert_text((x, 80), "o", fontname="zadb", fontsize=12)
        if chosen:
            page.draw_line((x + 2, 33), (x + 8, 39))
            page.draw_line((x + 8, 33), (x + 2, 39))
            page.insert_text((x + 1, 80), "4", fontname="zadb", fontsize=10)
        widget = pymupdf.Widget()
        widget.field_type, widget.field_name = pymupdf.PDF_WIDGET_TYPE_CHECKBOX, f"box {x}"
        widget.rect, widget.field_value = pymupdf.Rect(x, 111, x + 10, 121), chosen
        widget.border_color, widget.border_width = (0, 0, 0), 1
        page.add_widget(widget)
    document.save(tmp_path / "form.pdf")
    opened = open_pdf(tmp_path / "form.pdf")
    read = TextLayerLines()(opened.page(0, PageLimits.of(Settings())))
    opened.close()
    assert [mark.chosen for mark in read.marks] == [False, True] * 3
    labels = [piece.text for line in read.lines for piece in without(line, read.marks)]
    assert labels == ["Vector", "Vector marked", "Sign", "Sign marked", "Field", "Field marked"]
