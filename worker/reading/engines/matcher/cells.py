"""Lines of a reader cut into cells: what stands apart, or in another ruled box, belongs to different cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from schemas.page import Box, Line
from worker.reading.marks.lines import without
from worker.reading.text.page_lines import PageLines

_TOUCHED = 3  # letters of a word that may stand on a drawn line
_WIDE = 1.3  # letter heights of white between words that belong to different cells


def split_lines(page: PageLines) -> Iterator[Line]:
    """Lines cut at their marks, at drawn lines, and where the white between two words is wider than their letters are high."""
    width, height = page.width, page.height
    pieces = (piece for whole in page.lines for piece in without(whole, page.marks))
    for line in (part for piece in pieces for part in _by_box(piece, page.ruled)):
        if line.vertical or _stands_up(line, width=width, height=height):
            yield replace(line, vertical=True)
            continue
        limit = _WIDE * line.height * height / width
        start = 0
        for gap in re.finditer(r"\s+", line.text):
            if line.edges[gap.end()] - line.edges[gap.start()] > limit and gap.start() > start:
                yield _part(line, start, gap.start())
                start = gap.end()
        yield line if start == 0 else _part(line, start, len(line.text))


def _by_box(line: Line, ruled: Sequence[Box]) -> Iterator[Line]:
    """A line cut where one ruled box ends and the next begins."""
    level = [box for box in ruled if box.y0 <= line.box.cy <= box.y1]
    over = [box for box in level if box.x0 < line.box.x1 and box.x1 > line.box.x0]
    if line.vertical or len(over) < 2 or line.edges[0] > line.edges[-1]:
        yield line
        return
    start, home = 0, None
    for at, char in enumerate(line.text):
        middle = (line.edges[at] + line.edges[at + 1]) / 2
        within = min((b for b in over if b.x0 <= middle <= b.x1), key=lambda b: b.width, default=None)
        if char.isspace() or within is None or within is home:
            continue
        if home is not None and at > start:
            cut = _word_start(line.text, at, start)
            yield _part(line, start, len(line.text[:cut].rstrip()))
            start = cut
        home = within
    yield line if start == 0 else _part(line, start, len(line.text))


def _word_start(text: str, at: int, least: int) -> int:
    """Where a word begins whose first letters may touch a drawn line; the place itself in the middle of one."""
    blank = text.rfind(" ", least, at)
    return blank + 1 if blank > least and at - blank <= _TOUCHED else at


def _stands_up(line: Line, *, width: int, height: int) -> bool:
    """Whether a text layer's line runs up the page: its box is much taller than wide."""
    return len(line.text) > 2 and line.box.height * height > 2.0 * line.box.width * width


def _part(line: Line, start: int, end: int) -> Line:
    return replace(
        line,
        text=line.text[start:end],
        box=line.span_box(start, end),
        edges=line.edges[start : end + 1],
        rivals=line.rivals_within(start, end),
    )
