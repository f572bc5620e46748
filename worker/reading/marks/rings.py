"""Outlines of circles in a mask of ink: radio buttons, empty, with a dot, or filled."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.reading.marks.binary import Mask
from worker.reading.marks.squares import Frames

_SIDE = (0.4, 1.9)  # diameter in letter heights
_ASPECT = (0.86, 1.17)
_ANGLES = np.linspace(0, 2 * np.pi, 48, endpoint=False)
_COVERED = 0.93  # share of the circle that must be there
_CORNERS = 0.12  # share of the corners that may be ink


def find_rings(ink: Mask, whole: Frames, unit: float) -> Frames:
    """The round ones among spots of ink, of a page of which letters are `unit` pixels high."""
    wide, high = whole[:, 2] - whole[:, 0], whole[:, 3] - whole[:, 1]
    fits = (wide >= max(7.0, _SIDE[0] * unit)) & (wide <= _SIDE[1] * unit)
    fits &= (wide >= _ASPECT[0] * high) & (wide <= _ASPECT[1] * high)
    frames = whole[fits]
    near = cv2.dilate(ink, np.ones((3, 3), dtype=np.uint8))
    round_ = _around(near, frames, 0.94, _ANGLES).mean(axis=1) >= _COVERED
    diagonals = np.pi / 4 + np.pi / 2 * np.arange(4)
    corners = np.concatenate([_around(ink, frames, far, diagonals) for far in (1.2, 1.28, 1.34)], axis=1)
    fits = round_ & (corners.mean(axis=1) <= _CORNERS)
    return np.asarray(frames[fits], dtype=np.float32)


def _around(mask: Mask, frames: Frames, radius: float, angles: NDArray[np.floating[Any]]) -> Mask:
    """The mask on the ellipses within frames, the radius in shares of theirs."""
    x0, y0, x1, y1 = (frames[:, [column]] for column in range(4))
    x = (x0 + x1 - 1) / 2 + radius * (x1 - x0 - 1) / 2 * np.cos(angles)
    y = (y0 + y1 - 1) / 2 + radius * (y1 - y0 - 1) / 2 * np.sin(angles)
    height, width = mask.shape
    columns = np.clip(np.rint(x).astype(np.int32), 0, width - 1)
    rows = np.clip(np.rint(y).astype(np.int32), 0, height - 1)
    return np.asarray(mask[rows, columns], dtype=np.uint8)
