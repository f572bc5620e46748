"""The marks of a page.

picture ─outlines─► frames ─text, surroundings─► boxes ─inside─► marks ◄─ signs of the text
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.page import Box, Line, Mark, MarkState
from worker.reading.marks import glyphs
from worker.reading.marks.binary import Mask, ink_of
from worker.reading.marks.company import Company, of_one_group
from worker.reading.marks.inside import is_clear_around, is_thin, is_written_in, state_of
from worker.reading.marks.letters import OutlineReading, of_ring, of_square
from worker.reading.marks.rings import find_rings
from worker.reading.marks.squares import find_squares, spots

_LETTER = 40.0  # pixels to which higher letters are brought, for speed
_SAME = 0.25  # share of a sign under a box that makes them one
_WRITTEN_IN = 0.5  # confidence in the sign of an empty box that has ink in its middle


def find_marks(picture: NDArray[np.uint8], lines: Sequence[Line]) -> tuple[Mark, ...]:
    """The tick boxes and radio buttons of an upright page, in reading order.

    `picture` is height x width x 3, RGB. A page without lines has no marks, for nothing says what they mean.
    """
    level = [line for line in lines if not line.vertical]
    if not level:
        return ()
    height, width = picture.shape[:2]
    unit = float(np.median([line.height for line in level])) * height
    step = max(1, int(unit / _LETTER + 0.5))
    small = cv2.resize(picture, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
    ink = ink_of(small if step > 1 else picture)
    signs = glyphs.signs_in(lines, aspect=width / height)
    drawn = _drawn(ink, unit / step, level, [sign.mark.box for sign in signs])
    marks = [*_joined(drawn, signs, ink)]
    marks.sort(key=lambda mark: (round(mark.box.cy / (0.6 * unit / height)), mark.box.x0))
    return tuple(marks)


def _drawn(ink: Mask, unit: float, lines: Sequence[Line], signs: Sequence[Box]) -> list[Mark]:
    """Boxes found by their outlines; an outline where the text has a sign for one is no letter."""
    size = (float(ink.shape[1]), float(ink.shape[0]))
    whole = spots(ink)
    squares = [f for f in find_squares(ink, whole, unit) if is_clear_around(ink, f)]
    read = [
        OutlineReading.BOX if _is_sign(frame, size, signs) else of_square(ink, frame, lines, unit)
        for frame in squares
    ]
    squares = _no_letters(
        squares, [_unless_bold(ink, f, what) for f, what in zip(squares, read, strict=True)]
    )
    rings = [f for f in find_rings(ink, whole, unit) if is_clear_around(ink, f)]
    rings = _no_letters(rings, [of_ring(ink, frame, lines) for frame in rings])
    boxes = Company(lines, size, squares, rings)
    found = [_mark(ink, frame, size, round_=False) for frame in boxes.squares()]
    hollow = [_mark(ink, frame, size, round_=True) for frame in boxes.rings()]
    angular = [mark for mark in found if all(mark.box.iou(other.box) < _SAME for other in hollow)]
    return [*_with_outlines(angular), *_with_outlines(hollow)]


def _is_sign(frame: NDArray[np.float32], size: tuple[float, float], signs: Sequence[Box]) -> bool:
    box = _box(frame, size)
    return any(box.iou(sign) > _SAME for sign in signs)


def _unless_bold(ink: Mask, frame: NDArray[np.float32], read: OutlineReading) -> OutlineReading:
    thin = read is not OutlineReading.DOUBTFUL or is_thin(ink, frame)
    return read if thin else OutlineReading.LETTER


def _no_letters(
    frames: Sequence[NDArray[np.float32]], read: Sequence[OutlineReading]
) -> list[NDArray[np.float32]]:
    """Frames that are boxes; a letter by itself counts as one in a row or column of boxes of its size."""
    sure = [frame for frame, what in zip(frames, read, strict=True) if what is OutlineReading.BOX]
    return [
        frame
        for frame, what in zip(frames, read, strict=True)
        if what is OutlineReading.BOX
        or (what is OutlineReading.DOUBTFUL and any(of_one_group(frame, other) for other in sure))
    ]


def _with_outlines(marks: Sequence[Mark]) -> list[Mark]:
    """Filled ones count where others of their size are not: else they are bullets."""
    outlines = [mark.box.height for mark in marks if mark.state is not MarkState.FILLED]
    return [
        mark
        for mark in marks
        if mark.state is not MarkState.FILLED
        or any(abs(mark.box.height - other) < 0.25 * other for other in outlines)
    ]


def _mark(ink: Mask, frame: NDArray[np.float32], size: tuple[float, float], *, round_: bool) -> Mark:
    state, confidence = state_of(ink, frame, round_=round_)
    return Mark(_box(frame, size), state, confidence, round=round_)


def _box(frame: NDArray[np.float32], size: tuple[float, float]) -> Box:
    x0, y0, x1, y1 = (float(edge) for edge in frame)
    return Box(x0 / size[0], y0 / size[1], x1 / size[0], y1 / size[1])


def _joined(drawn: Sequence[Mark], signs: Sequence[glyphs.Sign], ink: Mask) -> Iterator[Mark]:
    """Boxes found by both ways once: the picture counts, for a pen may have marked a printed box."""
    told: set[int] = set()
    for mark in drawn:
        same = [
            s
            for s in signs
            if s.mark.box.intersection(mark.box) > _SAME * min(s.mark.box.area, mark.box.area)
        ]
        told.update(map(id, same))
        if any(sign.mark.chosen and not mark.chosen for sign in same):
            yield replace(mark, state=same[0].mark.state, confidence=0.5)
        else:
            yield mark
    for sign in signs:
        if id(sign) not in told:
            single = sign.end - sign.start == 1  # brackets have ink of their own near the middle
            written = single and not sign.mark.chosen and is_written_in(ink, sign.mark.box)
            yield replace(sign.mark, confidence=_WRITTEN_IN) if written else sign.mark
