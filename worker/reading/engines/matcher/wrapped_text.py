"""The column of a table whose texts go over several lines: which lines are one text, and whose it is."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property

from worker.reading.engines.matcher.columns import TableColumn
from worker.reading.engines.matcher.number_cells import leading
from worker.reading.engines.matcher.rows import Row
from worker.reading.engines.matcher.typed_spans import Span

_WITHIN = 0.45  # letter heights of white between the lines of one text, at most, where white parts the items
_SMALLER = 0.92  # of the height of a line, another is smaller print, and no rest of it
_FULL = 0.5  # share of the parts of the fullest row that a row of the table has
_LABELLED = re.compile(r"[^(:：]{2,25}[:：](\s|$)")

Filled = Mapping[int, Sequence[Span]]
"""The parts of a row by the index of their column."""


class TextColumn:
    """The texts of one column of a table, line by line."""

    def __init__(
        self, index: int, columns: Sequence[TableColumn], rows: Sequence[tuple[Row, Filled]]
    ) -> None:
        self.index = index
        self._columns, self._rows = columns, rows

    @cached_property
    def _blocks(self) -> list[list[Span]]:
        """The lines that hardly any white parts, from the top down."""
        blocks: list[list[Span]] = []
        before: Span | None = None
        for _, filled in self._rows:
            for span in filled.get(self.index, ()):
                cell = span.cell
                close = (
                    before is not None
                    and cell.page is before.cell.page
                    and cell.y0 - before.cell.y1 < _WITHIN * cell.height
                )
                if close:
                    blocks[-1].append(span)
                else:
                    blocks.append([span])
                before = span
        return blocks

    def around(self, items: Sequence[Row]) -> dict[int, list[Span]]:
        """By the index of their row, items whose text begins above them, with it; it stands around no other item.

        Texts of several lines are often set to the middle of their row, so that some stand above its numbers.
        """
        items = sorted(items, key=lambda row: row.index)
        indices = [row.index for row in items]
        found: dict[int, list[Span]] = {}
        for block in self._blocks:
            first, last = block[0].cell.row, block[-1].cell.row
            near = items[bisect_left(indices, first) : bisect_right(indices, last)]
            inside = [row for row in near if _spans(block, row)]
            if len(inside) == 1 and first < inside[0].index:
                found[inside[0].index] = block
        return found

    def goes_on(self, last: Span, first: Span) -> bool:
        """Whether a text under another is the rest of it."""
        if _LABELLED.match(first.text) or first.cell.height < _SMALLER * last.cell.height:
            return False
        within = first.text[:1].islower() or last.text.rstrip().endswith((",", "-", "/", "(", "&"))
        return within or self._is_full(last, first)

    def _is_full(self, line: Span, first: Span) -> bool:
        """Whether the first word of the next line had no room behind a line."""
        word = re.match(r"\S+", first.text)
        width = first.cell.x_at(first.start + word.end()) - first.cell.x_at(first.start) if word else 0.0
        return line.cell.x_at(line.end) + width + 0.6 * line.cell.height > self._room

    @cached_property
    def _room(self) -> float:
        """Where the texts end at the latest: at the next column, but where they were wrapped before it."""
        columns, index = self._columns, self.index
        most = max((len(filled) for _, filled in self._rows), default=0)
        full = [at for at, (_, filled) in enumerate(self._rows) if len(filled) > _FULL * most]
        inside = self._rows[: full[-1] + 1] if full else ()
        beside = [leading(filled[index + 1]) for _, filled in inside if index + 1 in filled]
        head = columns[index + 1].x0 if index + 1 < len(columns) else float("inf")
        return min([head, *(span.cell.x_at(span.start) for span in beside), self._wrapped_at])

    @cached_property
    def _wrapped_at(self) -> float:
        """Where the texts were wrapped: two lines end near there, and none behind it."""
        ends = sorted(
            span.cell.x_at(span.end) for _, filled in self._rows for span in filled.get(self.index, ())
        )
        width = ends[-1] - self._columns[self.index].x0 if ends else 0.0
        return ends[-1] if len(ends) > 1 and ends[-1] - ends[-2] < 0.08 * width else float("inf")


def _spans(block: Sequence[Span], row: Row) -> bool:
    """Whether the middle of a row lies beside a block."""
    middle = (row.y0 + row.y1) / 2
    return row.page is block[0].cell.page and block[0].cell.y0 <= middle <= block[-1].cell.y1
