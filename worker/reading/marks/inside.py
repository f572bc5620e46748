"""What stands in a box, and whether its surroundings are those of a box."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.page import Box, MarkState
from worker.reading.marks.binary import Mask

_THICKEST = 0.3  # of a frame's strokes, share of its side
_BOLD = 0.19
_FILLED = 0.78  # share of ink
_SCRIBBLED = 0.5
_ON_DIAGONAL = 0.7  # share of each diagonal that the strokes of a cross lie on
_LEAST_INK = 0.055  # share of the inside that a mark covers at least
_LEAST_IN_MIDDLE = 0.06  # the same of the middle half
_LEAST_EXTENT = 0.42  # share of its width or height that it spans
_SURE = 2.0  # factor above or below these that leaves no doubt
_MARGIN = (0.1, 0.24)  # around a box, shares of its side
_CLEAR = 0.4  # share of a side beside which there may be ink


def state_of(ink: Mask, frame: NDArray[np.float32], *, round_: bool) -> tuple[MarkState, float]:
    """The state of a box and how sure it is, 0.5 to 0.99."""
    inner = _inner(ink, frame, round_=round_)
    share = float(inner.sum()) / max(1.0, inner.size * (np.pi / 4 if round_ else 1.0))
    strength = min(share / _LEAST_INK, _extent(inner) / _LEAST_EXTENT, _middle(inner) / _LEAST_IN_MIDDLE)
    sure = min(1.0, abs(np.log2(max(strength, 1e-3))) / np.log2(_SURE))
    confidence = round(float(0.5 + 0.49 * sure), 3)
    if strength < 1:
        return MarkState.EMPTY, confidence
    if share >= _FILLED:
        return MarkState.FILLED, confidence
    if round_ and (share >= _SCRIBBLED or _is_dot(inner)):
        return MarkState.FILLED, confidence
    if _is_cross(inner):
        return MarkState.CROSSED, confidence
    return (MarkState.SCRIBBLED if share >= _SCRIBBLED else MarkState.TICKED), confidence


def is_clear_around(ink: Mask, frame: NDArray[np.float32]) -> bool:
    """Whether three of the four sides have white beside them: the strokes of a mark may cross it."""
    x0, y0, x1, y1 = (int(edge) for edge in frame)
    near, far = (max(1, round(share * (x1 - x0))) for share in _MARGIN)
    far = max(far, near + 1)
    bands = (
        (ink[y0:y1, max(0, x0 - far) : max(0, x0 - near)], 1),
        (ink[y0:y1, x1 + near : x1 + far], 1),
        (ink[max(0, y0 - far) : max(0, y0 - near), x0:x1], 0),
        (ink[y1 + near : y1 + far, x0:x1], 0),
    )
    covered = sorted(float(band.max(axis=axis).mean()) if band.size else 0.0 for band, axis in bands)
    return covered[2] < _CLEAR


def is_written_in(ink: Mask, box: Box) -> bool:
    """Whether there is ink in the middle of a character, of which only the box is known."""
    height, width = ink.shape
    x0, x1 = box.x0 + 0.3 * box.width, box.x1 - 0.3 * box.width
    y0, y1 = box.y0 + 0.3 * box.height, box.y1 - 0.3 * box.height
    middle = ink[int(y0 * height) : int(y1 * height) + 1, int(x0 * width) : int(x1 * width) + 1]
    return bool(middle.size) and float(middle.mean()) > 2 * _LEAST_IN_MIDDLE


def is_thin(ink: Mask, frame: NDArray[np.float32]) -> bool:
    """Whether a frame's strokes are thinner than those of bold letters, or it is solid.

    It is asked of outlines that may be letters; a coarse scan makes thin strokes thick.
    """
    x0, y0, x1, y1 = (int(edge) for edge in frame)
    box = ink[y0:y1, x0:x1]
    return _stroke(box, min(box.shape)) < _BOLD * min(box.shape) or float(box.mean()) > _FILLED


def _inner(ink: Mask, frame: NDArray[np.float32], *, round_: bool) -> Mask:
    """The inside of a frame, its strokes left out."""
    x0, y0, x1, y1 = (int(edge) for edge in frame)
    box = ink[y0:y1, x0:x1]
    side = min(box.shape)
    stroke = _stroke(box, side)
    inset = stroke + max(1, round(0.09 * side))
    inner = box[inset : box.shape[0] - inset, inset : box.shape[1] - inset]
    if not round_:
        return inner
    high, wide = inner.shape
    y, x = np.mgrid[0:high, 0:wide]
    disk = ((x + 0.5) / wide - 0.5) ** 2 + ((y + 0.5) / high - 0.5) ** 2 <= 0.25
    return np.asarray(inner * disk, dtype=np.uint8)


def _stroke(box: Mask, side: int) -> int:
    """How thick the frame is: where most of its runs of ink from the edge inwards end."""
    most = max(1, round(_THICKEST * side))
    middle = slice(box.shape[0] // 4, max(box.shape[0] // 4 + 1, box.shape[0] * 3 // 4))
    across = slice(box.shape[1] // 4, max(box.shape[1] // 4 + 1, box.shape[1] * 3 // 4))
    edges = (
        box[middle, :most],
        box[middle, ::-1][:, :most],
        box[:most, across].T,
        box[::-1, across][:most].T,
    )
    runs = []
    for edge in edges:
        first = np.maximum(edge.argmax(axis=1), 0)
        seen = np.maximum.accumulate(edge, axis=1)
        runs.append(np.median(np.cumprod(np.where(seen, edge, 1), axis=1).sum(axis=1) + 0 * first))
    return int(np.median(runs))


def _middle(inner: Mask) -> float:
    """The share of ink in the middle: a soft frame reaches inwards, but not so far."""
    high, wide = inner.shape
    middle = inner[high // 4 : high - high // 4, wide // 4 : wide - wide // 4]
    return float(middle.mean()) if middle.size else 0.0


def _extent(inner: Mask) -> float:
    """How far the largest spot spans, as a share of the inside."""
    if not inner.any():
        return 0.0
    closed = cv2.dilate(np.ascontiguousarray(inner), np.ones((2, 2), dtype=np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    spans = np.maximum(
        stats[1:, cv2.CC_STAT_WIDTH] / inner.shape[1], stats[1:, cv2.CC_STAT_HEIGHT] / inner.shape[0]
    )
    return float(spans.max())


def _is_cross(inner: Mask) -> bool:
    """Whether strokes lie on both diagonals, and none at the middles of the sides."""
    wide = cv2.dilate(np.ascontiguousarray(inner), np.ones((3, 3), dtype=np.uint8))
    at = np.linspace(0.06, 0.94, 15)
    rows, columns = (at * (size - 1) for size in inner.shape)
    rows, columns = np.rint(rows).astype(int), np.rint(columns).astype(int)
    falling, rising = wide[rows, columns].mean(), wide[rows[::-1], columns].mean()
    middles = [inner[0, inner.shape[1] // 2], inner[-1, inner.shape[1] // 2]]
    middles += [inner[inner.shape[0] // 2, 0], inner[inner.shape[0] // 2, -1]]
    return bool(min(falling, rising) >= _ON_DIAGONAL and sum(map(int, middles)) < 2)


def _is_dot(inner: Mask) -> bool:
    """Whether it is one solid spot in the middle."""
    points = cv2.findNonZero(np.ascontiguousarray(inner))
    x, y, wide, high = cv2.boundingRect(points)
    centred = abs(x + wide / 2 - inner.shape[1] / 2) < 0.2 * inner.shape[1]
    return bool(centred and inner[y : y + high, x : x + wide].mean() > 0.6)
