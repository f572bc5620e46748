"""What stands together in a ruled box: its lines, its label, the boxes beside and above it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from worker.reading.engines.matcher.cells import SmallestBox
from worker.reading.engines.matcher.rows import Cell, Layout
from worker.reading.text.page_lines import PageLines

_NEXT = 1.2  # letter heights between two boxes that share a line
_SHARED = 0.5  # share of the smaller one's side along which they do
_SAME_TYPE = 0.12  # by which letters of one type differ in height
_MOST_LABEL_LINES = 3
_LONGEST_LABEL = 80  # characters
_FORM = 13  # cells of a box from which it is a table or a part of the page, and says nothing of what is in it


@dataclass(frozen=True, slots=True, eq=False)
class RuledBox:
    """A box with its edges in pixels of its page, and what is printed in it, in reading order."""

    page: PageLines
    x0: float
    y0: float
    x1: float
    y1: float
    cells: tuple[Cell, ...]

    @property
    def label(self) -> tuple[Cell, ...]:
        """Its first lines, where something else stands under them: set in one type, unlike the rest."""
        first = self.cells[0]
        lines = [first]
        for cell in self.cells[1:_MOST_LABEL_LINES]:
            if cell.row == lines[-1].row or not _of_one_type(first, cell):
                break
            lines.append(cell)
        if len(lines) == len(self.cells) or any(_of_one_type(first, c) for c in self.cells[len(lines) :]):
            return (first,)
        return tuple(lines)


def _of_one_type(one: Cell, other: Cell) -> bool:
    alike = abs(one.height - other.height) < _SAME_TYPE * max(one.height, other.height)
    return alike and one.line.font == other.line.font


@dataclass(frozen=True)
class RuledBoxes:
    """The ruled boxes of a document that hold something."""

    layout: Layout

    @cached_property
    def all(self) -> tuple[RuledBox, ...]:
        """Page by page, from the top down."""
        cells: dict[int, list[Cell]] = {}
        for cell in self.layout.cells:
            cells.setdefault(id(cell.page), []).append(cell)
        return tuple(box for page in self.layout.pages for box in _boxes(page, cells.get(id(page), ())))

    @cached_property
    def _by_cell(self) -> dict[int, RuledBox]:
        return {id(cell): box for box in self.all for cell in box.cells}

    def of(self, cell: Cell) -> RuledBox | None:
        """The box that a cell stands in."""
        return self._by_cell.get(id(cell))

    def apart(self, one: Cell, other: Cell) -> bool:
        """Whether a drawn line stands between two cells."""
        return self.of(one) is not self.of(other)

    def left_of(self, box: RuledBox) -> RuledBox | None:
        """The box that ends where this one begins, in its row."""
        near = self._near(self._by_right, box.page, box.x0)
        ending = [other for other in near if other.x0 < box.x0 and other.x1 < box.x1]
        return _most(ending, lambda other: _shared(other.y0, other.y1, box.y0, box.y1))

    def above(self, box: RuledBox) -> RuledBox | None:
        """The box that ends where this one begins, in its column."""
        near = self._near(self._by_bottom, box.page, box.y0)
        ending = [other for other in near if other.y0 < box.y0 and other.y1 < box.y1]
        return _most(ending, lambda other: _shared(other.x0, other.x1, box.x0, box.x1))

    @property
    def _step(self) -> float:
        return _NEXT * self.layout.text_height

    @cached_property
    def _by_right(self) -> Mapping[tuple[int, int], list[RuledBox]]:
        return self._sorted(lambda box: box.x1)

    @cached_property
    def _by_bottom(self) -> Mapping[tuple[int, int], list[RuledBox]]:
        return self._sorted(lambda box: box.y1)

    def _sorted(self, edge: Callable[[RuledBox], float]) -> Mapping[tuple[int, int], list[RuledBox]]:
        """The boxes by page and by where one of their edges is, in steps."""
        found: dict[tuple[int, int], list[RuledBox]] = {}
        for box in self.all:
            found.setdefault((box.page.number, round(edge(box) / self._step)), []).append(box)
        return found

    def _near(
        self, kept: Mapping[tuple[int, int], list[RuledBox]], page: PageLines, at: float
    ) -> list[RuledBox]:
        step = round(at / self._step)
        return [box for near in (step - 1, step, step + 1) for box in kept.get((page.number, near), ())]


def _boxes(page: PageLines, cells: Sequence[Cell]) -> list[RuledBox]:
    """Each cell of a page in the smallest box around its middle."""
    around = SmallestBox(page.ruled)
    held: list[list[Cell]] = [[] for _ in page.ruled]
    for cell in cells:
        home = around.of(cell.line.box.cx, cell.line.box.cy)
        if home is not None:
            held[home].append(cell)
    found = [
        RuledBox(
            page,
            box.x0 * page.width,
            box.y0 * page.height,
            box.x1 * page.width,
            box.y1 * page.height,
            tuple(inside),
        )
        for box, inside in zip(page.ruled, held, strict=True)
        if 0 < len(inside) < _FORM
    ]
    return sorted(found, key=lambda box: (box.y0, box.x0))


def label_text(cells: Sequence[Cell]) -> str:
    """Some lines as one label; nothing where they are too much for one."""
    text = " ".join(cell.text for cell in cells)
    return text if len(text) <= _LONGEST_LABEL else ""


def _most(boxes: Sequence[RuledBox], shared: Callable[[RuledBox], float]) -> RuledBox | None:
    """The box that shares most of a side, where one does."""
    best = max(boxes, key=shared, default=None)
    return best if best is not None and shared(best) >= _SHARED else None


def _shared(low: float, high: float, other_low: float, other_high: float) -> float:
    """The share of the smaller of two stretches that they have in common."""
    common = min(high, other_high) - max(low, other_low)
    return common / max(1e-6, min(high - low, other_high - other_low))
