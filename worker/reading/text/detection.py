"""Where lines stand in a picture, by the detector of PP-OCR.

Its map of text is cut into connected spots, each spot's rectangle grown to the line around it
(differentiable binarisation, Liao et al. 2020, with the thresholds of PaddleOCR). The picture is
brought to a size out of a grid, for a runtime builds its kernels anew for every other size.

A sheet whose letters are too low at that size is looked at again, larger, and in the end as it came, in
overlapping tiles. Their maps are put together before lines are cut out of them, so that a line that
crosses a seam is one line and none is found twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.reading.pages.base import Picture
from worker.reading.text import ink
from worker.reading.text.crops import Quad
from worker.reading.text.runtimes.base import OcrRuntime

GRID = 96
"""Pixels between two sizes, a multiple of the network's 32."""

_SHORT, _LONG = 736, 1280  # sides in pixels: a picture is enlarged to the one, never beyond the other
_LONGER = 2016  # the same for small print
_TILE, _SEAM = 14 * GRID, GRID  # pixels of a tile's sides, and by how much two of them overlap
_SMALL = 17.0  # pixels that lines are high, below which more of them may be found at the larger size
_TINY = 12.0  # the same for tiles, which cost more
_MUCH_SMALLER = 0.5  # a picture scaled by less may hold letters of which nothing is seen
_MAX_ASPECT = 3.0  # a picture thinner than this is padded
_IS_TEXT = 0.3
_SURE = 0.5  # mean over a line
_GROWN = 1.6  # area over circumference by which a spot is grown
_LEAST = 3.0  # pixels of a spot's shorter side
_MOST = 3000  # lines on one picture
_JOIN = np.ones((2, 2), dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class _Scaled:
    """A picture on its canvas: `x`, `y` where it begins, by how much it was scaled along each side."""

    canvas: Picture
    x: int
    y: int
    scale_x: float
    scale_y: float
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Detected:
    """The lines of a picture, in no order, and which of its pixels belong to text.

    `text` is as large as the picture was looked at, without what was looked at in tiles.
    """

    quads: list[Quad]
    text: NDArray[np.bool_] | None


def detect(picture: Picture, runtime: OcrRuntime) -> list[Quad]:
    """The lines of a picture, in no order."""
    return detected(picture, runtime).quads


def detected(picture: Picture, runtime: OcrRuntime) -> Detected:
    """The lines of a picture; one with small print is looked at again, larger."""
    size = (picture.shape[1], picture.shape[0])
    for longest, low in ((_LONG, _SMALL), (_LONGER, _TINY)):
        scaled = _scaled(picture, longest)
        text = _text_map(scaled, runtime)
        quads = list(_quads(text))
        if scaled.scale_x >= 1.0 or not _hides_lines(quads, picture, scaled, low):
            return Detected([_in_picture(quad, scaled, size) for quad in quads], text > _IS_TEXT)
    return Detected([_within(quad, size) for quad in _quads(_tiled_map(picture, runtime))], None)


def _tiled_map(picture: Picture, runtime: OcrRuntime) -> NDArray[np.float32]:
    """How surely each pixel belongs to text, from tiles of the picture as large as it came.

    Where tiles overlap, the surer one holds, without the rim where letters may be cut.
    """
    height, width = picture.shape[:2]
    text = np.zeros((height, width), dtype=np.float32)
    paper = _paper(picture)
    for y in _starts(height):
        for x in _starts(width):
            part = picture[y : y + _TILE, x : x + _TILE]
            if not ink.has_contrast(part):
                continue
            high, wide = part.shape[:2]
            canvas = np.empty((_TILE, _TILE, 3), dtype=np.uint8)
            canvas[:] = paper
            canvas[:high, :wide] = part
            found = runtime.text_map(canvas)[:high, :wide]
            rim = _SEAM // 4
            top, left = (rim if y else 0), (rim if x else 0)
            bottom = high - (rim if y + high < height else 0)
            right = wide - (rim if x + wide < width else 0)
            place = text[y + top : y + bottom, x + left : x + right]
            np.maximum(place, found[top:bottom, left:right], out=place)
    return text


def _starts(size: int) -> range:
    """Where tiles begin along a side, so that the last one reaches its end."""
    return range(0, max(1, size - _SEAM), _TILE - _SEAM)


def _text_map(scaled: _Scaled, runtime: OcrRuntime) -> NDArray[np.float32]:
    """How surely each pixel of the picture belongs to text, without the margin of its canvas."""
    text = runtime.text_map(scaled.canvas)
    return text[scaled.y : scaled.y + scaled.height, scaled.x : scaled.x + scaled.width]


def _hides_lines(quads: Sequence[Quad], picture: Picture, scaled: _Scaled, low: float) -> bool:
    """Whether letters may be too low at a scale to be found: lower than `low` pixels.

    A tenth of the lines found is, or on a large sheet something else looks like letters of that height.
    """
    heights = [min(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[3] - quad[0])) for quad in quads]
    if heights and float(np.percentile(heights, 10)) < low:
        return True
    return scaled.scale_x < _MUCH_SMALLER and ink.holds_low_letters(
        picture, [_unscaled(quad, scaled) for quad in quads], highest=low / scaled.scale_x
    )


def _scaled(picture: Picture, longest: int) -> _Scaled:
    height, width = picture.shape[:2]
    scale = min(max(1.0, _SHORT / min(height, width)), longest / max(height, width))
    new_width, new_height = max(1, round(width * scale)), max(1, round(height * scale))
    if scale != 1.0:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        picture = cv2.resize(picture, (new_width, new_height), interpolation=how)
    wide = _on_grid(max(new_width, new_height / _MAX_ASPECT))
    high = _on_grid(max(new_height, new_width / _MAX_ASPECT))
    thin = max(height, width) > _MAX_ASPECT * min(height, width)
    x, y = ((wide - new_width) // 2, (high - new_height) // 2) if thin else (0, 0)
    canvas = np.empty((high, wide, 3), dtype=np.uint8)
    canvas[:] = _paper(picture)
    canvas[y : y + new_height, x : x + new_width] = picture
    return _Scaled(canvas, x, y, new_width / width, new_height / height, new_width, new_height)


def _on_grid(size: float) -> int:
    return int(-(-size // GRID)) * GRID


def _paper(picture: Picture) -> NDArray[np.uint8]:
    """The colour of most of a picture."""
    pixels = picture.reshape(-1, 3)
    return np.asarray(np.median(pixels[:: max(1, len(pixels) // 5000)], axis=0), dtype=np.uint8)


def _quads(text: NDArray[np.float32]) -> Iterator[Quad]:
    spots = cv2.dilate((text > _IS_TEXT).astype(np.uint8), _JOIN)
    contours, _ = cv2.findContours(spots, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours[:_MOST]:
        (x, y), (width, height), angle = cv2.minAreaRect(contour)
        if (
            min(width, height) < _LEAST
            or _mean(text, cv2.boxPoints(((x, y), (width, height), angle))) < _SURE
        ):
            continue
        grown = width * height * _GROWN / (2 * (width + height))
        yield _clockwise(cv2.boxPoints(((x, y), (width + 2 * grown, height + 2 * grown), angle)))


def _mean(text: NDArray[np.float32], corners: Quad) -> float:
    """How surely the pixels in a rectangle belong to text, on average."""
    high, wide = text.shape
    x0, y0 = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, (wide - 1, high - 1))
    x1, y1 = np.clip(np.ceil(corners.max(axis=0)).astype(int), 0, (wide - 1, high - 1))
    mask = np.zeros((y1 - y0 + 1, x1 - x0 + 1), dtype=np.uint8)
    cv2.fillPoly(mask, [(corners - (x0, y0)).astype(np.int32)], 1)
    return float(cv2.mean(text[y0 : y1 + 1, x0 : x1 + 1], mask)[0])


def _clockwise(corners: Quad) -> Quad:
    """From the upper left corner on, the page being upright."""
    left, right = np.split(corners[np.argsort(corners[:, 0], kind="stable")], 2)
    left, right = left[np.argsort(left[:, 1])], right[np.argsort(right[:, 1])]
    return np.array([left[0], right[0], right[1], left[1]], dtype=np.float32)


def _in_picture(quad: Quad, scaled: _Scaled, size: tuple[int, int]) -> Quad:
    return _within(_unscaled(quad, scaled), size)


def _unscaled(quad: Quad, scaled: _Scaled) -> Quad:
    return np.asarray(quad / (scaled.scale_x, scaled.scale_y), dtype=np.float32)


def _within(quad: NDArray[np.floating], size: tuple[int, int]) -> Quad:
    return np.asarray(np.clip(np.round(quad), (0, 0), size), dtype=np.float32)
