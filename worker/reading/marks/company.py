"""What a box stands beside: a label, or other boxes; rows of boxes for single letters are none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from schemas.page import Line
from worker.reading.marks.squares import Frames

_BESIDE = 4.5  # sides of a box between it and its label
_OVER = 2.2  # the same above or below
_ALIKE = 0.16  # by which sizes of one group differ
_COMB = 4  # boxes close together that are places for letters
_COMB_GAP = 3.0  # sides between them
_TOUCHING = 0.3  # sides between boxes that are places for letters whatever is over them


class Company:
    """The frames of a page that are boxes by what is around them."""

    def __init__(
        self,
        lines: Sequence[Line],
        size: tuple[float, float],
        squares: Sequence[NDArray[np.float32]],
        rings: Sequence[NDArray[np.float32]],
    ) -> None:
        scale = np.array([size[0], size[1], size[0], size[1]], dtype=np.float32)
        boxes = [(line.box.x0, line.box.y0, line.box.x1, line.box.y1) for line in lines]
        self._texts = np.array(boxes, dtype=np.float32).reshape(-1, 4) * scale
        self._worded = np.array([sum(map(str.isalpha, line.text)) > 1 for line in lines], dtype=bool)
        self._squares = np.array(squares, dtype=np.float32).reshape(-1, 4)
        self._rings = np.array(rings, dtype=np.float32).reshape(-1, 4)

    def squares(self) -> Frames:
        """Squares with a label or in a row or column with one that has; no places for letters."""
        return self._labelled(self._squares)

    def rings(self) -> Frames:
        """The same of circles, of which there are at least two of a size: a radio button is never alone."""
        frames = self._rings
        together = _in_line(frames, axis=0) | _in_line(frames, axis=1)
        return self._labelled(frames[(_alike(frames) & together).sum(axis=1) > 1])

    def _labelled(self, frames: Frames) -> Frames:
        frames = frames[[not self._is_comb(frame, frames) for frame in frames]]
        own = np.array([self._has_label(frame) for frame in frames], dtype=bool)
        near = _alike(frames) & (_in_line(frames, axis=0) | _in_line(frames, axis=1))
        labelled = own | (near & own[None]).any(axis=1)
        return np.asarray(frames[labelled], dtype=np.float32)

    def _has_label(self, frame: NDArray[np.float32]) -> bool:
        side = frame[3] - frame[1]
        beside = (self._apart(frame, 1) < 0) & (self._apart(frame, 0) < _BESIDE * side)
        over = (self._apart(frame, 0) < 0) & (self._apart(frame, 1) < _OVER * side)
        return bool(((beside | over) & self._worded).any())

    def _is_comb(self, frame: NDArray[np.float32], frames: Frames) -> bool:
        """Whether it is one of several in a row with nothing between, over, under: a place for a letter."""
        side = frame[3] - frame[1]
        row = frames[np.abs(frames[:, 1] - frame[1]) < 0.4 * side]
        row = row[np.argsort(row[:, 0])]
        runs = [[row[0]]]
        for before, after in pairwise(row):
            if after[0] - before[2] > _COMB_GAP * side or self._is_text_between(before, after):
                runs.append([])
            runs[-1].append(after)
        run = next(run for run in runs if any(member[0] == frame[0] for member in run))
        if len(run) < _COMB:
            return False
        column = (np.abs(frames[:, 0] - frame[0]) < 0.4 * side).sum()
        headed = (self._apart(frame, 0) < 0) & (self._apart(frame, 1) < _OVER * side)
        headed &= self._apart(frame, 1) > 0
        touching = run[1][0] - run[0][2] < _TOUCHING * side
        return touching or (column < 2 and not headed.any())

    def _is_text_between(self, before: NDArray[np.float32], after: NDArray[np.float32]) -> bool:
        middle = (self._texts[:, 0] + self._texts[:, 2]) / 2
        return bool(((self._apart(before, 1) < 0) & (middle > before[2]) & (middle < after[0])).any())

    def _apart(self, frame: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
        """The white between a frame and every text along an axis, negative where they overlap."""
        texts = self._texts
        apart = np.maximum(texts[:, axis] - frame[axis + 2], frame[axis] - texts[:, axis + 2])
        return np.asarray(apart, dtype=np.float32)


def _alike(frames: Frames) -> NDArray[np.bool_]:
    """N x N: which frames are as high as which others."""
    side = frames[:, 3] - frames[:, 1]
    alike = np.abs(side[:, None] - side[None]) <= np.maximum(1.5, _ALIKE * side[:, None])
    return np.asarray(alike, dtype=np.bool_)


def _in_line(frames: Frames, *, axis: int) -> NDArray[np.bool_]:
    """N x N: which frames begin where which others do along an axis."""
    side = frames[:, 3] - frames[:, 1]
    level = np.abs(frames[:, None, axis] - frames[None, :, axis]) < 0.5 * side[:, None]
    return np.asarray(level, dtype=np.bool_)


def of_one_group(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether two frames are equally large and begin in one row or column."""
    both = np.stack([one, other])
    return bool((_alike(both) & (_in_line(both, axis=0) | _in_line(both, axis=1)))[0, 1])
