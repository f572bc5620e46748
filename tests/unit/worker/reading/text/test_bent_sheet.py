"""Sheets that do not lie flat: the way from the flat sheet to the page and back, and when there is one."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from schemas.page import Box
from worker.reading.text.baselines import sheet_of, strips_of
from worker.reading.text.bent_sheet import BentSheet
from worker.reading.text.frame import Frame

HEIGHT, WIDTH, RISE = 900, 1200, 40.0


def wave(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the page is pushed down at `x`, a share of its width, in pixels."""
    return np.asarray(RISE * np.sin(np.pi * x))


def ruled(*, pushed: float = 1.0, lean: float = 0.0) -> NDArray[np.bool_]:
    """A map of text: broken lines, in places pushed down as by a wave and leaning by so many pixels."""
    text = np.zeros((HEIGHT, WIDTH), dtype=bool)
    x = np.arange(WIDTH)
    down = np.rint(pushed * wave(x / WIDTH) + lean * x / WIDTH).astype(int)
    for top in range(80, 760, 40):
        for start, end in ((60, 420), (480, 700), (800, 1130)):
            for thick in range(10):
                text[top + thick + down[start:end], x[start:end]] = True
    return text


@cache
def wavy_sheet() -> BentSheet:
    found = sheet_of(strips_of(ruled()), WIDTH, HEIGHT)
    assert found is not None
    return found


@pytest.mark.parametrize("lean", [0.0, 60.0])
def test_a_page_whose_lines_are_straight_lies_flat(lean: float) -> None:
    assert sheet_of(strips_of(ruled(pushed=0.0, lean=lean)), WIDTH, HEIGHT) is None


def test_a_page_with_too_few_lines_tells_nothing() -> None:
    text = ruled()
    text[100:] = False
    assert sheet_of(strips_of(text), WIDTH, HEIGHT) is None
    assert sheet_of(strips_of(np.zeros((HEIGHT, WIDTH), dtype=bool)), WIDTH, HEIGHT) is None


@pytest.mark.parametrize("seed", [1, 4, 6, 8])
def test_a_few_marks_that_lean_each_its_own_way_tell_nothing(seed: int) -> None:
    text, rng = np.zeros((HEIGHT, WIDTH), dtype=np.uint8), np.random.default_rng(seed)
    for x in range(60, WIDTH - 200, 220):
        for y in (60, 320, 580, 840):
            lean = int(rng.integers(-9, 10))
            cv2.line(text, (x, y), (x + 80, y + lean), 1, 8)
    assert sheet_of(strips_of(text > 0), WIDTH, HEIGHT) is None


def test_lines_of_a_bent_page_are_level_on_the_flat_one() -> None:
    picture = np.where(ruled()[..., None], 0, 255).astype(np.uint8).repeat(3, axis=2)
    flat = wavy_sheet().flattened(picture)[..., 1] < 128
    _, _, stats, _ = cv2.connectedComponentsWithStats(flat.astype(np.uint8))
    heights = stats[1:, cv2.CC_STAT_HEIGHT][stats[1:, cv2.CC_STAT_AREA] > 500]
    assert len(heights) == 3 * 17
    assert heights.max() <= 14  # 10 as drawn, up to 40 as bent
    rows = sorted(stats[1:, cv2.CC_STAT_TOP][stats[1:, cv2.CC_STAT_AREA] > 500])
    assert max(max(rows[at : at + 3]) - min(rows[at : at + 3]) for at in range(0, len(rows), 3)) <= 5


@given(st.floats(0.1, 0.8), st.floats(0.15, 0.75), st.floats(0.01, 0.15), st.integers(0, 3))
def test_boxes_come_back_to_where_they_were(x: float, y: float, size: float, turns: int) -> None:
    frame = Frame(turns, wavy_sheet())
    box = Box(x, y, x + size, y + size / 10)
    back = frame.from_page(frame.on_page(box))
    assert back.x0 <= box.x0 + 0.002
    assert back.y0 <= box.y0 + 0.002
    assert back.x1 >= box.x1 - 0.002
    assert back.y1 >= box.y1 - 0.002
    assert abs(back.cx - box.cx) < 0.01
    assert abs(back.cy - box.cy) < 0.05


def test_a_place_of_the_sheet_is_found_on_the_page() -> None:
    picture = np.full((HEIGHT, WIDTH, 3), 255, dtype=np.uint8)
    picture[500:520, 700:760] = 0
    sheet = wavy_sheet()
    [y, x] = np.nonzero(sheet.flattened(picture)[..., 1] < 128)
    high, wide = sheet.height, sheet.width
    box = sheet.on_page(Box(x.min() / wide, y.min() / high, (x.max() + 1) / wide, (y.max() + 1) / high))
    assert box.iou(Box(700 / WIDTH, 500 / HEIGHT, 760 / WIDTH, 520 / HEIGHT)) > 0.7


def test_a_page_that_was_only_turned_is_turned_back() -> None:
    box = Box(0.1, 0.2, 0.3, 0.25)
    assert Frame(1).on_page(box) == box.turned_back(1)
    assert Frame().is_the_page
    assert not Frame(2).is_the_page
    assert not Frame(0, wavy_sheet()).is_the_page
