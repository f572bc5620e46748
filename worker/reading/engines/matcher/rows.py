"""How the lines of a page stand to each other: cells in rows, the page's lean taken out.

Coordinates here are pixels of the upright frame, for distances along x and y must be comparable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from schemas.page import Line, Mark, even_edges
from worker.reading.text.page_lines import PageLines


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A line in its place. `row` counts through the whole document, `column` within the row."""

    line: Line
    page: PageLines
    x0: float
    y0: float
    x1: float
    y1: float
    row: int = -1
    column: int = -1

    @property
    def text(self) -> str:
        """What is printed."""
        return self.line.text

    @property
    def height(self) -> float:
        """Height of the letters."""
        return self.y1 - self.y0

    def part(self, start: int, end: int) -> Cell:
        """The cell of a part of its text."""
        low, high = sorted((self.x_at(start), self.x_at(end)))
        return replace(self, line=self.line.part(start, end), x0=low, x1=high)

    @property
    def cx(self) -> float:
        """Centre along x."""
        return (self.x0 + self.x1) / 2

    @property
    def cy(self) -> float:
        """Centre along y."""
        return (self.y0 + self.y1) / 2

    def x_at(self, index: int) -> float:
        """Where the character at `index` begins."""
        return self.line.edges[index] * self.page.width if not self.line.vertical else self.x0

    def overlap_x(self, other: Cell) -> float:
        """Shared extent along x, negative for a gap."""
        return min(self.x1, other.x1) - max(self.x0, other.x0)


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Cells side by side, left to right."""

    index: int
    cells: tuple[Cell, ...]

    @property
    def text(self) -> str:
        """The cells' texts with blanks between them."""
        return " ".join(cell.text for cell in self.cells)

    @property
    def page(self) -> PageLines:
        """The page it stands on."""
        return self.cells[0].page

    @property
    def y0(self) -> float:
        """Top of the highest letters."""
        return min(cell.y0 for cell in self.cells)

    @property
    def y1(self) -> float:
        """Bottom of the lowest letters."""
        return max(cell.y1 for cell in self.cells)

    @property
    def height(self) -> float:
        """Height of the tallest letters."""
        return max(cell.height for cell in self.cells)


@dataclass(frozen=True)
class Layout:
    """A document's cells, in rows from the first page to the last."""

    pages: tuple[PageLines, ...]
    rows: tuple[Row, ...]
    uprights: tuple[Cell, ...] = field(default=())
    """Cells of vertical writing, which belong to no row."""
    boxes: tuple[tuple[Mark, Cell], ...] = field(default=())
    """Tick boxes and radio buttons, each as a cell whose text is its sign, which belongs to no row."""

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every horizontal cell in reading order."""
        return tuple(cell for row in self.rows for cell in row.cells)

    @cached_property
    def text_height(self) -> float:
        """The usual height of letters, in pixels."""
        heights = sorted(cell.height for cell in self.cells)
        return heights[len(heights) // 2] if heights else 1.0

    def right_of(self, cell: Cell) -> tuple[Cell, ...]:
        """The cells that follow in the same row."""
        return self.rows[cell.row].cells[cell.column + 1 :]

    def left_of(self, cell: Cell) -> tuple[Cell, ...]:
        """The cells before it in the same row."""
        return self.rows[cell.row].cells[: cell.column]

    def below(self, cell: Cell, *, rows: int) -> Iterator[Cell]:
        """Cells of the next rows of the page that stand under it, nearest row first."""
        for row in self.rows[cell.row + 1 : cell.row + 1 + rows]:
            if row.page is not cell.page:
                return
            for other in row.cells:
                if cell.overlap_x(other) > -0.5 * cell.height:
                    yield other

    def gap_above(self, row: Row) -> float:
        """White space between a row and the one before it, infinite at the top of a page."""
        if row.index == 0 or self.rows[row.index - 1].page is not row.page:
            return float("inf")
        return row.y0 - self.rows[row.index - 1].y1


def arrange(pages: Iterable[PageLines]) -> Layout:
    """Put the lines of every page into rows."""
    pages = tuple(pages)
    rows: list[Row] = []
    uprights: list[Cell] = []
    boxes: list[tuple[Mark, Cell]] = []
    for page in pages:
        lean = _lean(page)
        boxes.extend((mark, _cell(_as_line(mark), page, lean)) for mark in page.marks)
        cells = [_cell(line, page, lean) for line in page.lines]
        uprights.extend(cell for cell in cells if cell.line.vertical)
        for members in _rows([cell for cell in cells if not cell.line.vertical]):
            rows.append(_row(len(rows), members))
    return Layout(pages, tuple(rows), tuple(uprights), tuple(boxes))


def _as_line(mark: Mark) -> Line:
    return Line(mark.sign, mark.box, mark.confidence, even_edges(mark.box, 1))


def _lean(page: PageLines) -> float:
    """Pixels by which a typical line of the page falls per pixel to the right.

    The median, weighted by width, for short lines tell little about it.
    """
    aspect = page.height / page.width
    leans = sorted((line.slope * aspect, line.box.width) for line in page.lines if not line.vertical)
    half = sum(width for _, width in leans) / 2
    passed = 0.0
    for lean, width in leans:
        passed += width
        if passed >= half:
            return lean if abs(lean) < 0.35 else 0.0
    return 0.0


def _cell(line: Line, page: PageLines, lean: float) -> Cell:
    height = (line.box.height if line.vertical else line.height) * page.height
    middle = line.box.cy * page.height - lean * (line.box.cx - 0.5) * page.width
    x0, x1 = line.box.x0 * page.width, line.box.x1 * page.width
    return Cell(line, page, x0, middle - height / 2, x1, middle + height / 2)


def _rows(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Cells gathered from the top down; only the last rows can still grow."""
    rows: list[list[Cell]] = []
    for cell in sorted(cells, key=lambda cell: cell.cy):
        home = next((row for row in reversed(rows[-4:]) if _belongs(cell, row)), None)
        if home is None:
            rows.append([cell])
        else:
            home.append(cell)
    rows.sort(key=lambda row: sum(cell.cy for cell in row) / len(row))
    return rows


def _belongs(cell: Cell, row: Sequence[Cell]) -> bool:
    top = sum(member.y0 for member in row) / len(row)
    bottom = sum(member.y1 for member in row) / len(row)
    shared = min(cell.y1, bottom) - max(cell.y0, top)
    if shared <= 0.5 * min(cell.height, bottom - top):
        return False
    return all(
        cell.overlap_x(member) <= 0.3 * min(cell.x1 - cell.x0, member.x1 - member.x0) for member in row
    )


def _row(index: int, members: Sequence[Cell]) -> Row:
    ordered = sorted(members, key=lambda cell: cell.x0)
    return Row(
        index,
        tuple(
            Cell(cell.line, cell.page, cell.x0, cell.y0, cell.x1, cell.y1, index, column)
            for column, cell in enumerate(ordered)
        ),
    )
