"""What stands around a cell of a page: the labels that may name it, the block that it is part of.

Geometry decides; words only tell what is a heading.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.ruled_boxes import RuledBox, label_text
from worker.reading.engines.matcher.sheet import Sheet
from worker.reading.engines.matcher.word_marks import mark
from worker.reading.engines.matcher.wordings import Wordings

_NEAR_ABOVE = 3.2  # letter heights between a label and the value under it
_UNDER = 2.2  # letter heights between a label and what stands under it
_BESIDE = 12.0
_MOST_ABOVE = 2  # labels above a value
_TABLE = 3  # cells of a row that may be one of a table
_BLOCK_GAP = 0.75  # letter heights between the lines of one block
_MOST_IN_BLOCK = 7
_SECTION_ROWS = 9  # rows above a value in which the heading of its section is looked for
_NAMES = 0.6  # share of known wordings from which a cell is a heading


class Relation(IntEnum):
    """Where a label stands to its value."""

    INLINE = 0
    LEFT = 1
    ABOVE = 2
    HIGHER = 3
    HEADING = 4
    BELOW = 5
    BEHIND = 6
    SECTION = 7
    BOX = 8
    """The first line of the ruled box that the value stands in."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A label that may name a value: its text, where it stands, how far off in letter heights."""

    relation: Relation
    label: str
    distance: float


@dataclass(frozen=True)
class Surroundings:
    """The cells of a document in their places, with what is known of labels."""

    sheet: Sheet
    wordings: Wordings

    def block_below(self, cell: Cell) -> tuple[Cell, ...]:
        """The cells right under one another that begin with this one."""
        found = [cell]
        while len(found) < _MOST_IN_BLOCK:
            below = self._next_line(found[-1])
            if below is None:
                break
            found.append(below)
        return tuple(found)

    def _next_line(self, cell: Cell) -> Cell | None:
        for other in self.sheet.layout.below(cell, rows=2):
            gap = other.y0 - cell.y1
            aligned = (
                abs(other.x0 - cell.x0) < 1.5 * cell.height or abs(other.cx - cell.cx) < 0.7 * cell.height
            )
            tight = gap < _BLOCK_GAP * max(cell.height, other.height)
            if tight and aligned and not self.sheet.ruled.apart(cell, other):
                return other
        return None

    def around(self, cell: Cell) -> Iterator[Edge]:
        """The labels beside, above, at the head of the block and of the ruled box, and below.

        What stands in another ruled box counts as one text, where nothing of the same box is nearer.
        """
        height = max(cell.height, 1.0)
        box = self.sheet.ruled.of(cell)
        yield from self._beside(cell, box)
        yield from self._over(cell, box)
        head = self._head(cell)
        if head is not None:
            yield Edge(Relation.HEADING, head.text, (cell.y0 - head.y1) / height)
        section = self._section(cell)
        if section is not None:
            yield Edge(Relation.SECTION, section.text, (cell.y0 - section.y1) / height)
        if box is not None and cell not in box.label and (label := label_text(box.label)):
            yield Edge(Relation.BOX, label, (cell.y0 - box.label[-1].y1) / height)
        below = next(self.sheet.layout.below(cell, rows=1), None)
        if (
            below is not None
            and below.y0 - cell.y1 < 1.5 * height
            and not self.sheet.ruled.apart(cell, below)
        ):
            yield Edge(Relation.BELOW, below.text, (below.y0 - cell.y1) / height)

    def _beside(self, cell: Cell, box: RuledBox | None) -> Iterator[Edge]:
        height = max(cell.height, 1.0)
        left = self.sheet.layout.left_of(cell)[-2:]
        own = [other for other in left if not self.sheet.ruled.apart(cell, other)]
        beside = None if box is None or own else self.sheet.ruled.left_of(box)
        if beside is not None and (label := label_text(beside.cells)):
            yield Edge(Relation.LEFT, label, (cell.x0 - beside.cells[-1].x1) / height)
            return
        for step, other in enumerate(reversed(left if box is None or not own else own)):
            yield Edge(Relation.LEFT, other.text, (cell.x0 - other.x1) / height + 8 * step)

    def _over(self, cell: Cell, box: RuledBox | None) -> Iterator[Edge]:
        """The labels above; of a cell in a ruled box those in it, then the whole texts of the boxes above."""
        height = max(cell.height, 1.0)
        cells = [
            other for other in self._all_above(cell) if box is None or not self.sheet.ruled.apart(cell, other)
        ]
        found = [(other.text, other.y1) for other in cells]
        over = None if box is None else self.sheet.ruled.above(box)
        while over is not None and len(found) < _MOST_ABOVE:
            if label := label_text(over.cells):
                found.append((label, over.y1))
            over = self.sheet.ruled.above(over)
        for relation, (text, bottom) in zip((Relation.ABOVE, Relation.HIGHER), found, strict=False):
            yield Edge(relation, text, (cell.y0 - bottom) / height)

    def _has_below(self, label: Cell) -> bool:
        """Whether something that is no heading stands right under a label, in line with its beginning."""
        return any(
            abs(other.x0 - label.x0) < 1.5 * label.height
            and other.y0 - label.y1 < _UNDER * label.height
            and not self._is_heading(other)
            for other in self.sheet.layout.below(label, rows=1)
        )

    def _has_beside(self, label: Cell) -> bool:
        """Whether something that is no heading stands at the right of a label, not far off."""
        other = next(iter(self.sheet.layout.right_of(label)), None)
        near = other is not None and other.x0 - label.x1 < _BESIDE * label.height
        return near and other is not None and not self._is_heading(other)

    def stacked(self, page: int) -> float:
        """How values stand to the known labels of a page: -1 beside them, 1 under them, 0 where neither is usual."""
        memo = self.sheet.memo.setdefault("stacked", {})
        if page not in memo:
            labels = [
                cell
                for cell in self.sheet.layout.cells
                if cell.page.number == page and self._is_heading(cell) and not self._heads_table(cell)
            ]
            under = sum(self._has_below(cell) and not self._has_beside(cell) for cell in labels)
            beside = sum(self._has_beside(cell) and not self._has_below(cell) for cell in labels)
            memo[page] = (under - beside) / (under + beside + 2)
        found: float = memo[page]
        return found

    def above(self, cell: Cell) -> Cell | None:
        """The nearest cell above in the same column."""
        return next(iter(self._all_above(cell)), None)

    def _heads_table(self, cell: Cell) -> bool:
        """Whether a cell stands in a row of several that has two more such rows under it."""
        rows = self.sheet.layout.rows[cell.row : cell.row + 3]
        return all(len(row.cells) >= _TABLE and row.page is cell.page for row in rows)

    def _all_above(self, cell: Cell) -> list[Cell]:
        """The nearest cells above in the same column."""
        found: list[Cell] = []
        rows = self.sheet.layout.rows
        for index in range(cell.row - 1, max(-1, cell.row - 9), -1):
            if rows[index].page is not cell.page:
                break
            over = [c for c in rows[index].cells if c.overlap_x(cell) > -0.3 * cell.height]
            if over:
                found.append(max(over, key=lambda c: c.overlap_x(cell)))
            if len(found) == 2 or (found and cell.y0 - found[0].y1 > _NEAR_ABOVE * cell.height):
                break
        return found

    def _head(self, cell: Cell) -> Cell | None:
        """The first cell of the block that a cell stands in, when it is not the first itself."""
        memo = self.sheet.memo.setdefault("heads", {})
        if id(cell) not in memo:
            above = next((c for c in self._all_above(cell)[:1] if self._same_block(c, cell)), None)
            memo[id(cell)] = None if above is None else (self._head(above) or above)
        found: Cell | None = memo[id(cell)]
        return found

    def _section(self, cell: Cell) -> Cell | None:
        """The nearest cell above in the same column that names something and has no value beside it."""
        rows = self.sheet.layout.rows
        for row in reversed(rows[max(0, cell.row - _SECTION_ROWS) : cell.row]):
            if row.page is not cell.page:
                return None
            for other in row.cells:
                beside = [c for c in self.sheet.layout.right_of(other) if c.x0 - other.x1 < 8 * other.height]
                if not beside and abs(other.x0 - cell.x0) < 2.5 * cell.height and self._is_heading(other):
                    return other
        return None

    def _is_heading(self, cell: Cell) -> bool:
        memo = self.sheet.memo.setdefault("headings", {})
        if id(cell) not in memo:
            units = self.wordings.meaning(cell.text[:60]).units if len(cell.text) < 40 else ()
            size = sum(len(unit.word) for unit in units)
            known = sum(len(unit.word) for unit in units if unit.is_label)
            memo[id(cell)] = bool(size) and known >= _NAMES * size and not any(map(str.isdigit, cell.text))
            memo[id(cell)] &= mark("legal_form").search(cell.text) is None
        found: bool = memo[id(cell)]
        return found

    def _same_block(self, above: Cell, cell: Cell) -> bool:
        aligned = abs(above.x0 - cell.x0) < 1.5 * cell.height
        tight = cell.y0 - above.y1 < _BLOCK_GAP * max(cell.height, above.height)
        return aligned and tight and not self.sheet.ruled.apart(above, cell)
