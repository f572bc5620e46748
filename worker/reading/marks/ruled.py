"""Cells that drawn lines enclose: the boxes of forms and the cells of ruled tables.

What bounds a cell is an edge between light and dark that runs straight on for longer than any letter: a
line of ink, or the end of a shaded field. A cell is a part of the page that such edges separate from all
others.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.page import Box, Line
from worker.reading.marks.binary import Mask

_LETTER = 18.0  # pixels to which higher letters are brought
_LEVEL = 3.0  # letter heights that an edge along the lines runs on at least
_UPRIGHT = 1.5  # and one across them: no stroke of a letter is as long
_STRAIGHT = 0.94  # share of that length on which it is seen
_STEP = 14  # grey levels between the two sides of an edge, 0 to 255
_REACH = 0.5  # letter heights by which edges are drawn on, so that they meet in worn and rounded corners
_OF_TEXT = 0.85  # share of an edge within lines of text from which it is the edge of letters
_LEAST = (0.9, 0.7)  # width and height of a cell that has room for letters, in letter heights
_DRAWN = 2  # pixels from the middle of an edge to where it is drawn
_FULL = 0.8  # share of its bounds that a cell fills, for it is a rectangle
_MOST = 0.9  # share of the page, either way, from which it is no cell but the frame of the page


def ruled_cells(picture: NDArray[np.uint8], lines: Sequence[Line]) -> tuple[Box, ...]:
    """The cells of an upright page that drawn lines enclose, from the top down.

    `picture` is height x width x 3, RGB. A page without lines of text has none.
    """
    level = [line.height for line in lines if not line.vertical]
    if not level:
        return ()
    unit = float(np.median(level)) * picture.shape[0]
    step = max(1, int(unit / _LETTER + 0.5))
    small = (
        cv2.resize(picture, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
        if step > 1
        else picture
    )
    red, green, blue = cv2.split(small)
    grey = cv2.min(cv2.min(red, green), blue)
    unit /= step
    text = _text(lines, grey.shape)
    barrier = _edges(grey, text, unit, _LEVEL)
    barrier |= _edges(np.ascontiguousarray(grey.T), np.ascontiguousarray(text.T), unit, _UPRIGHT).T
    return _enclosed(barrier, unit)


def _text(lines: Sequence[Line], shape: tuple[int, ...]) -> Mask:
    """Where the lines of text are."""
    text = np.zeros(shape, dtype=np.uint8)
    for line in lines:
        box = line.box
        top, bottom = round(box.y0 * shape[0]), round(box.y1 * shape[0])
        text[top : bottom + 1, round(box.x0 * shape[1]) : round(box.x1 * shape[1]) + 1] = 1
    return text


def _edges(grey: NDArray[np.uint8], text: Mask, unit: float, least: float) -> Mask:
    """Edges that run straight along the rows of a picture, drawn on at both ends."""
    step = cv2.absdiff(grey[2:], grey[:-2])
    seen = np.zeros(grey.shape, dtype=np.uint8)
    seen[1:-1] = step > _STEP
    length = max(12, round(least * unit)) | 1
    thick = cv2.dilate(seen, np.ones((2, 1), dtype=np.uint8))  # of an edge that leans
    share = cv2.boxFilter(thick, cv2.CV_32F, (length, 1), borderType=cv2.BORDER_CONSTANT)
    runs = _without_letters(
        cv2.dilate((share >= _STRAIGHT).astype(np.uint8), np.ones((1, length), np.uint8)), text
    )
    drawn_on = cv2.dilate(runs, np.ones((2, 1 + 2 * round(_REACH * unit)), dtype=np.uint8))
    return np.asarray(drawn_on, dtype=np.uint8)


def _without_letters(runs: Mask, text: Mask) -> Mask:
    """The edges that are not nearly all within lines of text."""
    points = cv2.findNonZero(runs)
    if points is None:
        return np.asarray(runs, dtype=np.uint8)
    count, labels = cv2.connectedComponents(runs, connectivity=8)
    x, y = points.reshape(-1, 2).T
    of = labels[y, x]
    within = np.bincount(of, weights=text[y, x], minlength=count)
    kept: Mask = np.zeros_like(runs)
    kept[y, x] = (within < _OF_TEXT * np.bincount(of, minlength=count))[of]
    return kept


def _enclosed(barrier: Mask, unit: float) -> tuple[Box, ...]:
    """The rectangles that are left of a page when its edges are taken away."""
    height, width = barrier.shape
    _, _, found, _ = cv2.connectedComponentsWithStats(1 - barrier, connectivity=4)
    boxes = []
    for x, y, wide, high, area in found[1:].tolist():
        roomy = wide > _LEAST[0] * unit and high > _LEAST[1] * unit
        whole = wide > _MOST * width and high > _MOST * height
        if roomy and not whole and area > _FULL * wide * high:
            x0, y0, x1, y1 = x - _DRAWN, y - _DRAWN, x + wide + _DRAWN, y + high + _DRAWN
            boxes.append(Box(x0 / width, y0 / height, x1 / width, y1 / height).clipped())
    return tuple(sorted(boxes, key=lambda box: (box.y0, box.x0)))
