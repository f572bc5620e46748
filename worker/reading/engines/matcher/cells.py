"""Lines of a reader cut into cells: what stands apart belongs to different cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from schemas.page import Line
from worker.reading.marks.lines import without
from worker.reading.text.page_lines import PageLines

_WIDE = 1.3  # letter heights of white between words that belong to different cells


def split_lines(page: PageLines) -> Iterator[Line]:
    """Lines cut at their marks, and where the white between two words is wider than their letters are high."""
    width, height = page.width, page.height
    for line in (piece for whole in page.lines for piece in without(whole, page.marks)):
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


def _stands_up(line: Line, *, width: int, height: int) -> bool:
    """Whether a text layer's line runs up the page: its box is much taller than wide."""
    return len(line.text) > 2 and line.box.height * height > 2.0 * line.box.width * width


def _part(line: Line, start: int, end: int) -> Line:
    return replace(
        line, text=line.text[start:end], box=line.span_box(start, end), edges=line.edges[start : end + 1]
    )
