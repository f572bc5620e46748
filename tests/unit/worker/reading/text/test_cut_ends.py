"""Lines that were cut off before their end: faint digits beside them, and what is none."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from worker.reading.pages.base import Picture
from worker.reading.text.crops import Quad
from worker.reading.text.cut_ends import completes, longer
from worker.reading.text.letters import LineText

FONT = ImageFont.load_default(40)
LEFT, TOP, RIGHT, BOTTOM = 240, 90, 300, 150  # around "13"


def page(*texts: tuple[int, str, int]) -> Picture:
    """A page that says 13, and texts at an x, as grey as told."""
    image = Image.new("RGB", (600, 240), (250, 250, 250))
    pen = ImageDraw.Draw(image)
    for x, text, grey in ((245, "13", 40), *texts):
        pen.text((x, 95), text, fill=(grey, grey, grey), font=FONT)
    return np.asarray(image)


def quad(left: float, right: float) -> Quad:
    return np.array([(left, TOP), (right, TOP), (right, BOTTOM), (left, BOTTOM)], dtype=np.float32)


def test_a_faint_digit_before_a_line_belongs_to_it() -> None:
    found = longer(page((208, "2.", 190)), [quad(LEFT, RIGHT)])
    assert list(found) == [0]
    assert 190 <= found[0][0, 0] <= 210
    assert found[0][1, 0] == RIGHT


def test_a_digit_behind_a_line_belongs_to_it() -> None:
    found = longer(page((305, "7", 60)), [quad(LEFT, RIGHT)])
    assert 325 <= found[0][1, 0] <= 345
    assert found[0][0, 0] == LEFT


def test_white_paper_and_the_rim_of_the_page_are_left_alone() -> None:
    assert longer(page(), [quad(LEFT, RIGHT)]) == {}
    assert longer(page()[:, 238:304], [quad(LEFT - 238, RIGHT - 238)]) == {}


def test_a_rule_is_no_letter() -> None:
    ruled, upright = page().copy(), page().copy()
    ruled[120:123, 100:240] = 0
    upright[60:180, 210:214] = 0
    assert longer(ruled, [quad(LEFT, RIGHT)]) == longer(upright, [quad(LEFT, RIGHT)]) == {}


def test_what_is_a_line_of_its_own_is_not_taken() -> None:
    assert longer(page((208, "2.", 40)), [quad(LEFT, RIGHT), quad(200, LEFT)]) == {}


def test_no_lines_are_none() -> None:
    assert longer(page(), []) == {}


@pytest.mark.parametrize(
    ("before", "after", "confidence", "whole"),
    [
        ("13", "2.13", 0.99, True),
        ("DAYS", "7 DAYS", 0.95, True),
        ("13", "2.13", 0.8, False),
        ("13", "2.18", 0.99, False),
        ("13", "13.", 0.99, False),
        ("235.85", "235.851", 0.99, False),
        ("", "7", 0.99, False),
    ],
)
def test_a_line_is_longer_where_it_surely_says_more(
    before: str, after: str, confidence: float, whole: bool
) -> None:
    assert completes(LineText(before, 0.99, ()), LineText(after, confidence, ())) is whole
