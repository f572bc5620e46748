"""Lines of a reader cut into cells: what stands apart, or in another ruled box, belongs to different cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from schemas.page import Box, Line
from worker.reading.marks.lines import without
from worker.reading.text.page_lines import PageLines

_TOUCHED = 3  # letters of a word that may stand on a drawn line
_WIDE = 1.3  # letter heights of white between words that belong to different cells


def split_lines(page: PageLines) -> Iterator[Line]:
    """Lines cut at their marks, at drawn lines, and where the white between two words is wider than their letters are high."""
    width, height = page.width, page.height
    pieces = (piece for whole in page.lines for piece in without(whole, page.marks))
    around = SmallestBox(page.ruled)
    for line in (part for piece in pieces for part in _by_box(piece, around)):
        if line.vertical or _stands_up(line, width=width, height=height):
            yield replace(line, vertical=True)
            continue
        limit = _WIDE * line.height * height / width
        start = 0
        for gap in re.finditer(r"\s+", line.text):
            if line.edges[gap.end()] - line.edges[gap.start()] > limit and gap.start() > start:
                yield line.part(start, gap.start())
                start = gap.end()
        yield line if start == 0 else line.part(start, len(line.text))


class SmallestBox:
    """The ruled boxes of a page, asked for the smallest one around a point: for all of them at once."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        edges = np.array([(box.x0, box.y0, box.x1, box.y1) for box in boxes], dtype=np.float64)
        self._x0, self._y0, self._x1, self._y1 = edges.reshape(-1, 4).T
        self._area = (self._x1 - self._x0) * (self._y1 - self._y0)

    def of(self, x: float, y: float) -> int | None:
        """The index of the box, None where there is none."""
        inside = self._level(y) & (self._x0 <= x) & (x <= self._x1)
        if not inside.any():
            return None
        return int(np.where(inside, self._area, np.inf).argmin())

    def beside_one_another(self, x0: float, x1: float, y: float) -> bool:
        """Whether several boxes lie along a line."""
        return int((self._level(y) & (self._x0 < x1) & (self._x1 > x0)).sum()) > 1

    def _level(self, y: float) -> NDArray[np.bool_]:
        return (self._y0 <= y) & (y <= self._y1)


def _by_box(line: Line, around: SmallestBox) -> Iterator[Line]:
    """A line cut where one ruled box ends and the next begins."""
    level = not line.vertical and line.edges[0] <= line.edges[-1]
    if not level or not around.beside_one_another(line.box.x0, line.box.x1, line.box.cy):
        yield line
        return
    start, home = 0, None
    for at, char in enumerate(line.text):
        within = around.of((line.edges[at] + line.edges[at + 1]) / 2, line.box.cy)
        if char.isspace() or within is None or within == home:
            continue
        if home is not None and at > start:
            cut = _word_start(line.text, at, start)
            yield line.part(start, len(line.text[:cut].rstrip()))
            start = cut
        home = within
    yield line if start == 0 else line.part(start, len(line.text))


def _word_start(text: str, at: int, least: int) -> int:
    """Where a word begins whose first letters may touch a drawn line; the place itself in the middle of one."""
    blank = text.rfind(" ", least, at)
    return blank + 1 if blank > least and at - blank <= _TOUCHED else at


def _stands_up(line: Line, *, width: int, height: int) -> bool:
    """Whether a text layer's line runs up the page: its box is much taller than wide."""
    return len(line.text) > 2 and line.box.height * height > 2.0 * line.box.width * width
