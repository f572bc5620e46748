"""The strips of white between the columns of a table, and cells that were read across them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from worker.reading.engines.matcher.rows import Cell, Row

_MANY = 4  # rows from which strips between words tell columns


def gutters(row: Row, rows: Sequence[Row]) -> list[tuple[float, float]]:
    """The strips between columns: where hardly any word of the rows under a head stands.

    With few rows, words of one text leave the same strips free by chance, so whole cells are looked at.
    """
    full = [
        other
        for other in rows[row.index + 1 : row.index + 16]
        if other.page is row.page and len(other.cells) >= 3
    ][:8]
    whole = len(full) < _MANY
    spans = sorted(
        span
        for other in full
        for cell in other.cells
        for span in ([(cell.x0, cell.x1)] if whole else _words(cell))
    )
    if not spans:
        return []
    allowed = 0 if whole else len(full) // _MANY
    starts, ends = sorted(x0 for x0, _ in spans), sorted(x1 for _, x1 in spans)
    free, covered, at = [], 0, 0
    for index, x1 in enumerate(ends):
        while at < len(starts) and starts[at] < x1:
            at += 1
        covered = at - index - 1
        following = starts[at] if at < len(starts) else x1
        if covered <= allowed and following - x1 > 0.35 * row.height:
            free.append((x1, following))
    return free


def _words(cell: Cell) -> Iterator[tuple[float, float]]:
    for match in re.finditer(r"\S+", cell.text):
        yield cell.x_at(match.start()), cell.x_at(match.end())


def cut(cell: Cell, strips: Sequence[tuple[float, float]]) -> Iterator[tuple[int, int]]:
    """A cell's text cut where a strip between columns runs through it: the parts as start and end.

    Words that only reach into a strip are the end of a long text: something must stand on its far side.
    """
    start = 0
    for gap in re.finditer(r"\s+", cell.text):
        x0, x1 = cell.x_at(gap.start()), cell.x_at(gap.end())
        middle = (x0 + x1) / 2
        if any(
            low - 0.2 * cell.height <= x0
            and x1 <= high + 0.2 * cell.height
            and low <= middle <= high < cell.x1
            for low, high in strips
        ):
            yield start, gap.start()
            start = gap.end()
    yield start, len(cell.text)
