from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.build import noise
from tests.invoice_files import code
from worker.reading.pages import protocol
from worker.reading.pages.base import Barcode, FormField, Page, PageLimits
from worker.reading.pages.codes import barcodes
from worker.reading.pages.sandbox import Sandbox


@pytest.mark.parametrize(
    ("text", "symbology"),
    [
        ("01,32,,24112000000012345678,113.00,20240305,,A1B2", "QRCode"),
        ("发票 24112000000012345678", "QRCode"),
        ("4006381333931", "EAN13"),
        ("RE-77", "Code128"),
        ("RE-77", "DataMatrix"),
        ("RE-77", "PDF417"),
    ],
)
def test_codes_are_read_with_their_places(text: str, symbology: str) -> None:
    [found] = barcodes(code(text, symbology))
    assert (found.text, found.symbology) == (text, symbology)
    assert 0 < found.box.x0 < found.box.x1 < 1
    assert 0 < found.box.y0 <= found.box.y1 < 1


def test_a_page_that_lies_on_its_side_is_read_too() -> None:
    [found] = barcodes(np.rot90(code("RE-77", "Code128")).copy())
    assert found.text == "RE-77"


def test_noise_and_empty_pages_have_no_codes() -> None:
    assert barcodes(noise((300, 300))) == ()
    assert barcodes(np.full((1, 1, 3), 255, dtype=np.uint8)) == ()


def test_codes_come_out_of_the_sandbox_unless_they_are_not_wanted(tmp_path: Path, limits: PageLimits) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(code("RE-77")).save(path)
    for wanted in (True, False):
        told = PageLimits(**{**limits.as_json(), "embedded_data": wanted})
        with Sandbox(told) as sandbox:
            [page] = list(sandbox.open(path))
        assert isinstance(page, Page)
        assert [found.text for found in page.barcodes] == (["RE-77"] if wanted else [])


def test_marks_cross_the_border_bounded_and_without_nonsense(limits: PageLimits) -> None:
    picture = noise((8, 8))
    mark, box = barcodes(code("RE-77"))[0], barcodes(code("x"))[0].box
    fields = tuple(FormField("a", letter * 90_000, box) for letter in "bcde")
    header, payload = protocol.page_message(Page(1, picture, barcodes=(mark,) * 5000, form_fields=fields))
    assert len(json.dumps(header)) < protocol.most_header(limits)
    crossed = protocol.page_of(header, bytearray(payload), number=1, limits=limits)
    assert len(crossed.barcodes) == 1000
    assert crossed.barcodes[0] == Barcode(mark.text, mark.symbology, mark.box)
    assert [one.value[0] for one in crossed.form_fields] == ["b", "c"]
    for nonsense in ([1, "b", 0, 0, 1, 1], ["a", 1, 0, 0, 1, 1], ["a", "b", float("nan"), 0, 1, 1]):
        header["barcodes"] = [nonsense]
        with pytest.raises(ValueError, match="not a"):
            protocol.page_of(header, bytearray(payload), number=1, limits=limits)


def test_an_invoice_that_is_too_large_is_left_out(limits: PageLimits) -> None:
    assert protocol.opened_message(3, {"a": "b"}, limits)["invoice"] == {"a": "b"}
    assert protocol.opened_message(3, {"a": "b" * 2**24}, limits)["invoice"] is None
