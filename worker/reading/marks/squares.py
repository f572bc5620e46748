"""Outlines of squares in a mask of ink: four strokes of the same length that end where they meet.

Strokes come from openings with a short line, which leaves frames and takes away the slanting strokes of
whoever ticked them; pairs of strokes at the right distance, and spots that are square, are looked at
closely. The strokes of tables go on beyond the corner, and letters lack a side.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.reading.marks.binary import Mask

Frames = NDArray[np.float32]
"""N x 4: left, top, right, bottom in pixels, the strokes within."""

_TURNED = [1, 0, 3, 2]  # columns of frames by which level strokes are as upright ones
_STROKE = 0.33  # length of the shortest stroke in letter heights
_OVERRUN = 0.4  # by which a mark lengthens a stroke of the frame, shares of its length
_SIDE = (0.42, 2.4)  # of a box, in letter heights
_ASPECT = (0.72, 1.38)
_SAMPLES = np.linspace(0.1, 0.9, 17)
_FEW = np.array([0.25, 0.5, 0.75])
_BEYOND = np.linspace(0.14, 0.3, 5)
_CORNER = 0.065  # of the side, along each, by which corners may be rounded off or out of place
_COVERED = 0.8  # share of a side that must be there
_ONE_SIDE = 0.6  # the same for a single one of the four
_GOES_ON = 0.6  # share of the way beyond a corner from which a stroke does not end there
_MOST_ENDS = 1  # strokes that may go on
_SAME = 0.4  # intersection over union of two findings of one box


def spots(mask: Mask) -> Frames:
    """The bounds of everything that hangs together.

    OpenCV's own statistics take five times as long as its labels: points come row by row, so that the last
    one written for a label, forwards and backwards, is its end and its beginning.
    """
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    points = cv2.findNonZero(mask)
    if points is None:
        return np.zeros((0, 4), dtype=np.float32)
    x, y = points.reshape(-1, 2).T
    label = labels[y, x]
    bounds = np.zeros((count, 4), dtype=np.float32)
    bounds[label, 3] = y + 1
    bounds[label[::-1], 1] = y[::-1]
    across = np.argsort(x.astype(np.uint16), kind="stable")
    label, x = label[across], x[across]
    bounds[label, 2] = x + 1
    bounds[label[::-1], 0] = x[::-1]
    return bounds[1:]


def find_squares(ink: Mask, whole: Frames, unit: float) -> Frames:
    """The square outlines of a page of which letters are `unit` pixels high; `whole` are its spots of ink."""
    reach = max(5, round(_STROKE * unit))
    level = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, reach), dtype=np.uint8))
    upright = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((reach, 1), dtype=np.uint8))
    across = _pairs(spots(level)[:, _TURNED], unit)[:, _TURNED]
    found = _of_size(np.concatenate([_pairs(spots(upright), unit), across, whole]), unit)
    band = max(1, round(0.07 * unit))
    wide_level = cv2.dilate(level, np.ones((2 * band + 1, 1), dtype=np.uint8))
    wide_upright = cv2.dilate(upright, np.ones((1, 2 * band + 1), dtype=np.uint8))
    found = found[_hopeful(found, wide_level, wide_upright)]
    sides, ends = _sides(found, wide_level, wide_upright), _ends(found, wide_level, wide_upright)
    worst = np.sort(sides, axis=1)
    fits = (worst[:, 0] >= _ONE_SIDE) & (worst[:, 1] >= _COVERED) & _corners(found, ink)
    fits &= (ends > _GOES_ON).sum(axis=1) <= _MOST_ENDS
    return _best_of_each(found[fits], sides[fits].mean(axis=1))


def _best_of_each(frames: Frames, score: NDArray[np.float64]) -> Frames:
    """The better of frames that are the same box."""
    if not len(frames):
        return frames
    boxes = np.concatenate([frames[:, :2], frames[:, 2:] - frames[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), score.tolist(), 0.0, _SAME)
    return np.asarray(frames[np.sort(np.asarray(kept).reshape(-1))], dtype=np.float32)


def _pairs(strokes: Frames, unit: float) -> Frames:
    """Squares between two upright strokes that begin and end at the same heights.

    One that is longer may go on into a mark that leaves the box; then the shorter one tells where it ends.
    """
    high = strokes[:, 3] - strokes[:, 1]
    thin = strokes[:, 2] - strokes[:, 0] < np.maximum(3, 0.4 * high)
    strokes = strokes[thin & (high >= 0.6 * _SIDE[0] * unit) & (high <= _SIDE[1] * unit)]
    strokes = strokes[np.argsort(strokes[:, 1], kind="stable")]
    tops, high = strokes[:, 1], strokes[:, 3] - strokes[:, 1]
    slack = _OVERRUN * high + 1
    ends = np.searchsorted(tops, tops + slack, side="right")
    counts = ends - np.arange(len(strokes)) - 1
    one = np.repeat(np.arange(len(strokes)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    other = one + 1 + np.arange(len(one)) - first
    wide = np.maximum(strokes[one, 2], strokes[other, 2]) - np.minimum(strokes[one, 0], strokes[other, 0])
    fits = np.abs(strokes[one, 3] - strokes[other, 3]) <= slack[one]
    fits &= (wide >= 0.55 * high[one]) & (wide <= 1.6 * high[one])
    one, other = one[fits], other[fits]
    low, far = np.minimum(strokes[one], strokes[other]), np.maximum(strokes[one], strokes[other])
    around = np.stack([low[:, 0], low[:, 1], far[:, 2], far[:, 3]], axis=1)
    within = np.stack([low[:, 0], far[:, 1], far[:, 2], low[:, 3]], axis=1)
    return np.concatenate([around, within]).astype(np.float32)


def _of_size(frames: Frames, unit: float) -> Frames:
    wide, high = frames[:, 2] - frames[:, 0], frames[:, 3] - frames[:, 1]
    side = np.sqrt(wide * high)
    fits = (side >= max(6.0, _SIDE[0] * unit)) & (side <= _SIDE[1] * unit)
    return frames[fits & (wide >= _ASPECT[0] * high) & (wide <= _ASPECT[1] * high)]


def _hopeful(frames: Frames, level: Mask, upright: Mask) -> NDArray[np.bool_]:
    """Frames that are worth a closer look: most of the few points looked at lie on strokes."""
    return np.asarray((_sides(frames, level, upright, _FEW) > 0.5).sum(axis=1) == 4)


def _sides(
    frames: Frames, level: Mask, upright: Mask, samples: NDArray[np.float64] = _SAMPLES
) -> NDArray[np.float64]:
    """N x 4: the share of left, top, right and bottom where there is a stroke."""
    x0, y0, x1, y1 = (frames[:, [column]] for column in range(4))
    along_x, along_y = x0 + samples * (x1 - x0), y0 + samples * (y1 - y0)
    return np.stack(
        [
            _at(upright, x0, along_y).mean(axis=1),
            _at(level, along_x, y0).mean(axis=1),
            _at(upright, x1 - 1, along_y).mean(axis=1),
            _at(level, along_x, y1 - 1).mean(axis=1),
        ],
        axis=1,
    )


def _ends(frames: Frames, level: Mask, upright: Mask) -> NDArray[np.float64]:
    """N x 8: the share of the way beyond each corner on which a stroke goes on."""
    x0, y0, x1, y1 = (frames[:, [column]] for column in range(4))
    left, right = x0 - _BEYOND * (x1 - x0), x1 + _BEYOND * (x1 - x0)
    above, below = y0 - _BEYOND * (y1 - y0), y1 + _BEYOND * (y1 - y0)
    shares = [_at(level, x, y).mean(axis=1) for x in (left, right) for y in (y0, y1 - 1)]
    shares += [_at(upright, x, y).mean(axis=1) for x in (x0, x1 - 1) for y in (above, below)]
    return np.stack(shares, axis=1)


def _corners(frames: Frames, ink: Mask) -> NDArray[np.bool_]:
    """Whether there is ink right at all four corners, or so little inside that they may be rounded."""
    x0, y0, x1, y1 = (frames[:, [column]] for column in range(4))
    side = np.sqrt((x1 - x0) * (y1 - y0))
    inset = np.linspace(0, 1, 4) * np.maximum(0, np.rint(_CORNER * side) - 1)
    near = cv2.dilate(ink, np.ones((3, 3), dtype=np.uint8))
    there = [
        _at(near, x, y).any(axis=1)
        for x in (x0 + inset, x1 - 1 - inset)
        for y in (y0 + inset, y1 - 1 - inset)
    ]
    return np.asarray(np.logical_and.reduce(there))


def _at(mask: Mask, x: NDArray[np.float32], y: NDArray[np.float32]) -> Mask:
    """The mask at points, 0 outside of it."""
    x, y = np.broadcast_arrays(x, y)
    height, width = mask.shape
    columns, rows = x.astype(np.int32), y.astype(np.int32)
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    found = mask[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    return np.asarray(found * inside, dtype=np.uint8)
