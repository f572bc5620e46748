"""Lines that the detector cut off before their end: ink close beside them that is no line of its own.

Of a faint digit before an amount the detector sees nothing, and what is left reads like another amount,
surely. Such a line is read again with the ink beside it, and is longer where that says more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from worker.reading.pages.base import Picture
from worker.reading.text.crops import Quad
from worker.reading.text.letters import LineText

# Shares of a line's height.
_REACH = 1.6  # how far beside a line is looked
_NEAR = 1.0  # where ink begins at the latest
_GAP = 0.6  # between two letters
_ROOM = 0.25  # paper behind the last letter
_LEVEL = 0.15  # by how much a line may fall that is looked beside
_RIM = 0.12  # above and below, where other lines begin

_LOWEST = 8.0  # pixels
_UPRIGHT = 1.5
_INK = (14.0, 0.2)  # grey levels from the paper, and the share of those between ink and paper in the line
_STROKE = (2, 3)  # pixels of ink in a column, and columns
_RULE = (0.9, 0.8)  # share of the height or the width that a drawn line takes
_LETTER = 0.4  # share of the height that letters take at least
_BESIDE = 0.2  # share of a height that two lines have in common which stand in a row
_SURE = 0.9
_STROKES = frozenset("1Il|")


def longer(picture: Picture, quads: Sequence[Quad]) -> dict[int, Quad]:
    """The lines with ink beside them, by their places among all, with that ink."""
    boxes = np.array([(*quad.min(axis=0), *quad.max(axis=0)) for quad in quads]).reshape(-1, 4)
    grey = picture[..., 1]
    found = {}
    for index, quad in enumerate(quads):
        width, height = boxes[index, 2:] - boxes[index, :2]
        if height < _LOWEST or height > _UPRIGHT * width or abs(quad[1, 1] - quad[0, 1]) > _LEVEL * height:
            continue
        left, right = _beside(grey, boxes, index)
        if left or right:
            found[index] = _stretched(quad, left, right, grey.shape)
    return found


def completes(before: LineText, after: LineText) -> bool:
    """Whether a line that was read again surely says what it said, and letters or digits more.

    A stroke that touches it may be the end of a drawn line.
    """
    start = after.text.find(before.text)
    if start < 0 or not before.text or after.confidence < _SURE:
        return False
    added = (after.text[:start], after.text[start + len(before.text) :])
    return any(map(str.isalnum, "".join(added))) and not any(one in _STROKES for one in added)


def _beside(grey: NDArray[np.uint8], boxes: NDArray[np.float64], index: int) -> tuple[float, float]:
    """How many pixels of ink, and of paper behind, belong to a line on its left and on its right."""
    x0, y0, x1, y1 = boxes[index]
    height = y1 - y0
    within = grey[int(y0 + _RIM * height) : int(y1 - _RIM * height)]
    line = within[:, int(x0) : int(x1)]
    if line.size == 0:
        return 0.0, 0.0
    paper, ink = np.percentile(line[::2, ::2] if line.shape[0] > 1 else line, (75, 3))
    stands_out = max(_INK[0], _INK[1] * float(paper - ink))
    shared = np.minimum(boxes[:, 3], y1) - np.maximum(boxes[:, 1], y0)
    in_row = shared > _BESIDE * np.minimum(height, boxes[:, 3] - boxes[:, 1])
    in_row[index] = False
    before, after = in_row & (boxes[:, 0] < x0), in_row & (boxes[:, 2] > x1)
    low = max(0.0, x0 - _REACH * height, *np.minimum(boxes[before, 2], x0))
    high = min(float(grey.shape[1]), x1 + _REACH * height, *np.maximum(boxes[after, 0], x1))
    return (
        _ink(within[:, int(low) : int(x0)][:, ::-1], stands_out, float(height)),
        _ink(within[:, int(x1) : int(high)], stands_out, float(height)),
    )


def _ink(part: NDArray[np.uint8], stands_out: float, height: float) -> float:
    """How far letters reach into a part beside a line, which begins at the line's end: pixels."""
    high, wide = part.shape
    if wide < _ROOM * height or high == 0:
        return 0.0
    ink = np.abs(part.astype(np.float32) - float(np.median(part))) > stands_out
    columns = ink.sum(axis=0)
    if (columns >= _RULE[0] * high).any() or (ink.sum(axis=1) > _RULE[1] * wide).any():
        return 0.0
    [inked] = np.nonzero(columns >= _STROKE[0])
    if len(inked) < _STROKE[1] or inked[0] > _NEAR * height:
        return 0.0
    [gaps] = np.nonzero(np.diff(inked) > _GAP * height)
    last = inked[gaps[0]] if len(gaps) else inked[-1]
    [rows] = np.nonzero(ink[:, : last + 1].any(axis=1))
    if rows[-1] - rows[0] < _LETTER * high:
        return 0.0
    return float(min(last + _ROOM * height, wide))


def _stretched(quad: Quad, left: float, right: float, size: tuple[int, ...]) -> Quad:
    along = (quad[1] - quad[0]) / np.linalg.norm(quad[1] - quad[0])
    moved = quad + np.outer((-left, right, right, -left), along)
    return np.asarray(np.clip(np.round(moved), 0, (size[1], size[0])), dtype=np.float32)
