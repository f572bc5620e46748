"""Parts of a page's picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.page import Box
from worker.reading.pages.base import Picture

Quad = NDArray[np.float32]
"""The corners of a line in pixels of the picture, 4 x 2, clockwise from the upper left."""

_AROUND = 2  # pixels beside a line that the interpolation may look at
_TALL = 1.5  # a line this much higher than wide stands upright


def crop(picture: Picture, box: Box) -> Picture:
    """The part of a page in a box, at least one pixel in size."""
    height, width = picture.shape[:2]
    box = box.clipped()
    x0, y0 = min(width - 1, int(box.x0 * width)), min(height - 1, int(box.y0 * height))
    x1, y1 = max(x0 + 1, round(box.x1 * width)), max(y0 + 1, round(box.y1 * height))
    return picture[y0:y1, x0:x1]


def straightened(picture: Picture, quad: Quad) -> Picture:
    """A line cut out of a picture and put straight; an upright one is laid down, its top to the left."""
    width = max(1, round(max(_distance(quad, 0, 1), _distance(quad, 2, 3))))
    height = max(1, round(max(_distance(quad, 0, 3), _distance(quad, 1, 2))))
    x0, y0 = np.maximum(np.floor(quad.min(axis=0)).astype(int) - _AROUND, 0)
    x1, y1 = np.ceil(quad.max(axis=0)).astype(int) + _AROUND
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    flat = cv2.getPerspectiveTransform((quad - (x0, y0)).astype(np.float32), corners)
    line = cv2.warpPerspective(
        picture[y0:y1, x0:x1], flat, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(np.rot90(line) if height >= _TALL * width else line)


def _distance(quad: Quad, one: int, other: int) -> float:
    return float(np.linalg.norm(quad[one] - quad[other]))
