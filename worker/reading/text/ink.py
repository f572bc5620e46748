"""What the picture of a page shows where words are claimed, and where none are."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.page import Box, Word
from worker.reading.pages.base import Picture
from worker.reading.text.crops import Quad, crop

_CONTRAST = 40  # grey levels between ink and paper, 0 to 255
_PALE = 12  # the same where a word is known to be drawn
_SPECKS = 0.0005  # share of a blank page in which brightness changes
_EDGE = np.ones((3, 3), dtype=np.uint8)
_LETTER = (0.35, 2.5)  # height of a letter against the usual one
_ROW = 2.5  # how much longer than high a row of letters is at least
_LOWEST = 6  # pixels of a letter that can still be read, its rim with it
_WORD = 15.0  # the length of a word against its height
_FILLED = 0.95  # share of a word's rectangle in which brightness changes; more is a bar
_FEW = 3  # words
_FAIR_SHARE = 0.1
_INKED = (0.08, 0.9)  # share of a row's rectangle in which brightness changes


def stands_on_ink(picture: Picture, box: Box) -> bool:
    """Whether brightness changes within a box."""
    inside = crop(picture, box)[..., 1]  # green carries most of the brightness
    return int(inside.max()) - int(inside.min()) > _PALE


def is_blank(picture: Picture) -> bool:
    """Whether a page has no ink on it: specks and the shadow of its edge are none."""
    grey = np.ascontiguousarray(picture[..., 1])
    edges = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, _EDGE) > _CONTRAST
    return float(edges.mean()) < _SPECKS


def has_contrast(picture: Picture) -> bool:
    """Whether something on a part of a page differs from its paper as much as ink does."""
    green = picture[..., 1]
    return int(green.max()) - int(green.min()) > _CONTRAST


def holds_low_letters(picture: Picture, found: Sequence[Quad], *, highest: float) -> bool:
    """Whether spots outside the lines found look like letters or words, at most `highest` pixels high.

    They must be a fair share of all spots: of a texture, most are too small.
    """
    green = np.ascontiguousarray(picture[..., 1])
    edges = (cv2.morphologyEx(green, cv2.MORPH_GRADIENT, _EDGE) > _CONTRAST).astype(np.uint8)
    cv2.fillPoly(edges, [quad.astype(np.int32) for quad in found], 0)
    _, _, stats, _ = cv2.connectedComponentsWithStats(edges, connectivity=8)
    widths, heights, areas = (
        stats[1:, column] for column in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA)
    )
    filled = areas / (widths * heights)
    alike = (
        (heights >= _LOWEST) & (heights <= highest) & (widths >= heights / 2) & (widths <= _WORD * heights)
    )
    letters = int((alike & (filled >= _INKED[0]) & (filled <= _FILLED)).sum())
    return letters >= max(_FEW, _FAIR_SHARE * len(heights))


def rows_elsewhere(picture: Picture, words: Sequence[Word]) -> list[Box]:
    """Where ink that looks like rows of letters stands under none of the words.

    Spots as high as the words' letters, near each other and in a row; half the resolution will do.
    """
    grey = np.ascontiguousarray(picture[::2, ::2, 1])
    height, width = grey.shape
    if not words or min(height, width) < 3:
        return []
    usual = float(np.median([word.box.height for word in words])) * height
    edges = (cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, _EDGE) > _CONTRAST).astype(np.uint8)
    for word in words:
        box = word.box.clipped()
        y0, y1 = int(box.y0 * height) - 1, int(box.y1 * height) + 2
        edges[max(0, y0) : y1, max(0, int(box.x0 * width) - 1) : int(box.x1 * width) + 2] = 0
    letters = _letters(edges, usual)
    reach = max(3, round(usual * 0.7))
    joined = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, np.ones((1, reach), dtype=np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    rows = [stats[index] for index in range(1, count) if _is_row(stats[index], edges, usual)]
    return [_box(row, width, height) for row in rows]


def _letters(edges: NDArray[np.uint8], usual: float) -> NDArray[np.uint8]:
    """Only the spots as high as letters are."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(edges, connectivity=8)
    low, high = (factor * usual for factor in _LETTER)
    heights, widths = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    kept = (heights >= low) & (heights <= high) & (widths <= 3 * high)
    kept[0] = False
    return np.asarray(kept[labels] if count > 1 else np.zeros_like(edges), dtype=np.uint8)


def _is_row(stats: NDArray[np.int32], edges: NDArray[np.uint8], usual: float) -> bool:
    x, y, wide, high = (int(value) for value in stats[:4])
    if high < _LETTER[0] * usual or high > _LETTER[1] * usual or wide < _ROW * high:
        return False
    inked = float(edges[y : y + high, x : x + wide].mean())
    return _INKED[0] <= inked <= _INKED[1]


def _box(stats: NDArray[np.int32], width: int, height: int) -> Box:
    """A row with a little room around it."""
    x, y, wide, high = (int(value) for value in stats[:4])
    room = 0.2 * high
    return Box(
        (x - room) / width, (y - room) / height, (x + wide + room) / width, (y + high + room) / height
    ).clipped()
