"""Whether an outline is a letter: what the text says there, and how near its neighbours are.

Some letters are squares and rings: 口 回 日 O 0. A recogniser reads boxes as such letters, too, so the
text alone does not tell. A text layer's characters are what it says they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from schemas.page import Line
from schemas.values.folding import has_cjk
from worker.reading.marks.binary import Mask

_LOOK_LIKE_BOXES = frozenset("口回日囗凶区図图因困囚固国田自目曰白四冈网团圆园品ロコ巳已己回□■☐☑☒")
_LOOK_LIKE_RINGS = frozenset("O0oQ〇○●◎◉◯⊙©®@θΘ•·°eCGD日")
_OPEN = frozenset("ACFHIJKLMNPRTUVWXY147cfhijklmnrtuvwxyz.,:;-–'|/ ")
"""Letters that have no four sides: a recogniser that reads one there has overlooked the box beside it."""
_ANGULAR = _OPEN | frozenset("BEZ235Skbdhp")
"""The same for circles."""
_WRITTEN_IN = frozenset("xX×vV✓✔✗✘✕✖√/●•■*")
"""What people type into a box."""
_SIGNS = frozenset("☐☑☒□■○●◻◯◉❏❐❑❒◼")
_GAP = 0.18  # white beside a box of a text, share of its side
_WORD_GAP = 0.32  # the same where the text goes on without a blank: bold letters stand apart a little less
_FAR_APART = 0.45  # the same of a box that was overlooked beside a letter
_FINE = 14  # pixels of a side from which letters can be told from boxes by their corners
_TOUCHED = 0.45  # share of a side beside which a mark that leaves its box may be
_LARGE = 1.05  # letter heights from which an outline is no letter
_LEG = (0.06, 0.16)  # how far strokes of a letter may go on below it, shares of its side


class OutlineReading(IntEnum):
    """What the text says of an outline."""

    LETTER = 0
    DOUBTFUL = 1
    """A letter by itself, as a recogniser reads boxes: others beside it must speak for it."""
    BOX = 2


def of_square(ink: Mask, frame: NDArray[np.float32], lines: Sequence[Line], unit: float) -> OutlineReading:
    """Whether a square outline is one of the letters of the text, which are `unit` pixels high."""
    place = _under(ink, frame, lines)
    if place is None:
        return OutlineReading.BOX
    if place.line.confidence == 1.0:  # a text layer: no doubt about what stands there
        return OutlineReading.BOX if _is_no_letter(place) else OutlineReading.LETTER
    if place.is_repeated or not _stands_apart(ink, frame, place):
        return OutlineReading.LETTER
    if _LOOK_LIKE_BOXES.issuperset(place.text):
        return OutlineReading.LETTER if _has_legs(ink, frame) else OutlineReading.BOX
    if _OPEN.issuperset(place.text) and _stands_apart(ink, frame, place, least=_FAR_APART * any(place.glued)):
        return OutlineReading.BOX if frame[3] - frame[1] >= _FINE else OutlineReading.DOUBTFUL
    if all(place.glued) or any(map(has_cjk, place.text)):
        return OutlineReading.LETTER
    return OutlineReading.BOX if frame[3] - frame[1] >= _LARGE * unit else OutlineReading.DOUBTFUL


def of_ring(ink: Mask, frame: NDArray[np.float32], lines: Sequence[Line]) -> OutlineReading:
    """Whether a circle is one of the letters of the text."""
    place = _under(ink, frame, lines)
    if place is None:
        return OutlineReading.BOX
    if place.line.confidence == 1.0:
        return OutlineReading.BOX if _is_no_letter(place) else OutlineReading.LETTER
    if place.is_repeated or len(place.text) > 2 or not _stands_apart(ink, frame, place):
        return OutlineReading.LETTER
    if not any(place.glued) or (_ANGULAR.issuperset(place.text) and not all(place.glued)):
        return OutlineReading.BOX
    if not _LOOK_LIKE_RINGS.issuperset(place.text):
        return OutlineReading.LETTER
    leads = not place.glued[0] and place.line.text[place.end :][:1].isalpha()
    return OutlineReading.BOX if leads else OutlineReading.DOUBTFUL


@dataclass(frozen=True, slots=True)
class _InLine:
    """The characters of a line that an outline is drawn around: `line.text[start:end]`."""

    line: Line
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.line.text[self.start : self.end].strip()

    @property
    def glued(self) -> tuple[bool, bool]:
        """Whether a character follows without a blank to the left, to the right."""
        before, after = self.line.text[: self.start][-1:], self.line.text[self.end :][:1]
        return bool(before.strip()), bool(after.strip())

    @property
    def is_repeated(self) -> bool:
        """Whether the same sign stands beside it: placeholders, not boxes."""
        text = self.line.text
        return self.text in _SIGNS and self.text in (text[: self.start][-1:], text[self.end :][:1])


def _is_no_letter(place: _InLine) -> bool:
    """Whether a text layer has a sign there, or something typed that stands alone."""
    signs = _SIGNS.issuperset(place.text) and not place.is_repeated
    return signs or (_WRITTEN_IN.issuperset(place.text) and not any(place.glued))


def _under(ink: Mask, frame: NDArray[np.float32], lines: Sequence[Line]) -> _InLine | None:
    """What the text says where an outline stands; None where it says nothing."""
    height, width = ink.shape
    x0, y0, x1, y1 = frame[0] / width, frame[1] / height, frame[2] / width, frame[3] / height
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    for line in lines:
        middle = line.box.cy + line.slope * (x - line.box.cx)
        if abs(middle - y) >= 0.5 * line.height or line.box.x0 >= x1 or line.box.x1 <= x0:
            continue
        centres = [(near + far) / 2 for near, far in pairwise(line.edges)]
        inside = [index for index, at in enumerate(centres) if x0 <= at <= x1]
        if not inside and line.box.x0 < x < line.box.x1:
            inside = [min(range(len(centres)), key=lambda index: abs(centres[index] - x))]
        place = _InLine(line, inside[0], inside[-1] + 1) if inside else None
        if place is not None and place.text:
            return place
    return None


def _stands_apart(ink: Mask, frame: NDArray[np.float32], place: _InLine, *, least: float = 0.0) -> bool:
    """Whether there is white on both sides, the more where the text has no blank there.

    `least` is the white that there must be on either side, in sides of the frame.
    """
    x0, y0, x1, y1 = (int(edge) for edge in frame)
    gaps = (max(least, _WORD_GAP if glued else _GAP) for glued in place.glued)
    near, far = (max(2, round(gap * (x1 - x0))) for gap in gaps)
    bands = (ink[y0:y1, max(0, x0 - near) : max(0, x0 - 1)], ink[y0:y1, x1 + 1 : x1 + far])
    return all(not band.size or float(band.max(axis=1).mean()) < _TOUCHED for band in bands)


def _has_legs(ink: Mask, frame: NDArray[np.float32]) -> bool:
    """Whether the strokes of both sides go on a little below: those of 口 and 日 do."""
    x0, _, x1, y1 = (int(edge) for edge in frame)
    side = x1 - x0
    near, far = (max(1, round(share * side)) for share in _LEG)
    rows = slice(y1 + near - 1, y1 + far)
    band = max(2, round(0.2 * side))
    return bool(ink[rows, x0 : x0 + band].any() and ink[rows, x1 - band : x1].any())
