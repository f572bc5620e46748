"""Documents that do not lie flat, read by OCR: values right, and cited where they are seen."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest

from bench.draw import bent, receipts
from bench.draw.bent import Bend
from bench.draw.paper import Drawn
from schemas import registry
from schemas.page import Box
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.pages.base import Page
from worker.reading.text.sources import OcrLines

AMOUNTS = ("/subtotal", "/total", "/paid", "/change")
SEEN = (
    Bend(lambda s: -0.6 * s, 0.1, (0.15, 0.1)),
    Bend(lambda s: np.where(s < 0, 0.3, -0.3), 0.02, (0.15, -0.1)),
    Bend(np.zeros_like, tilt=(0.35, 0.45)),
)


@pytest.fixture(scope="module")
def lines() -> Iterator[OcrLines]:
    source = OcrLines()
    yield source
    source.close()


def flat() -> Drawn:
    return receipts.draw(random.Random(3), "receipt")  # noqa: S311


def seen(bend: Bend) -> Drawn:
    return bent.bent(flat(), bend)


@pytest.mark.parametrize("bend", SEEN, ids=["curled", "folded", "at an angle"])
def test_a_bent_receipt_is_read_as_a_flat_one(lines: OcrLines, bend: Bend) -> None:
    drawn = seen(bend)
    page = lines(Page(1, np.asarray(drawn.image)))
    assert page.sheet is not None
    read = read_lines([page], registry.kind("receipt").root)
    asked = {at: drawn.expected[at[1:]] for at in AMOUNTS if at[1:] in drawn.expected}
    assert {at: read.data[at[1:]] for at in asked} == asked
    boxes = drawn.row("")["boxes"]
    for at in asked:
        [citation] = read.evidence[at].citations
        cited, printed = Box(*citation.box), Box(*boxes[at][-1])
        assert cited.intersection(printed) > 0.6 * printed.area, at


def test_a_receipt_that_lies_flat_is_read_as_it_came(lines: OcrLines) -> None:
    assert lines(Page(1, np.asarray(flat().image))).sheet is None
