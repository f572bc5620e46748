"""Lines as the blocks are made of them, and the blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from schemas.documents.text import BlockType
from worker.reading.engines.matcher.rows import Cell

_EXACT = 1.12  # letters of a text layer that differ by less are of one size
_ROUGH = 1.25  # and those of a picture, whose boxes follow the ink
_WIDER, _NARROWER, _SMALLER = 1.2, 0.92, 0.95
_BOLD = 1.07  # how much wider bold letters are, at least
_CAPITALS = 1.2  # how much wider capitals are than other letters, about
_PAGE_ENOUGH = 500  # letters from which a page says by itself what its text looks like


@dataclass(frozen=True, eq=False)
class ReadLine:
    """What is read in one go: a line, or the cells of a row. In pixels, mirrored where text runs leftwards."""

    text: str
    cells: tuple[Cell, ...]
    x0: float
    y0: float
    x1: float
    y1: float
    upright: bool = False
    mirrored: bool = False

    @property
    def is_row(self) -> bool:
        """Whether it has cells beside each other that may stand in columns."""
        return len(self.cells) > 1 and not self.upright

    @cached_property
    def size(self) -> float:
        """Height of the letters of its longest cell; of upright writing the width of the column."""
        longest = max(self.cells, key=lambda cell: len(cell.text))
        return longest.x1 - longest.x0 if self.upright else longest.height

    @cached_property
    def pitch(self) -> float:
        """Width of a Latin letter; wide ones count twice."""
        width = sum(cell.x1 - cell.x0 for cell in self.cells)
        return width / max(1, sum(1 + (char > "\u2e80") for cell in self.cells for char in cell.text))

    @cached_property
    def font(self) -> str:
        """The font of all of it; empty where there are several, or none is known."""
        fonts = {cell.line.font for cell in self.cells}
        return fonts.pop() if len(fonts) == 1 else ""

    @property
    def cy(self) -> float:
        """Centre along y."""
        return (self.y0 + self.y1) / 2

    def shared_x(self, other: ReadLine) -> float:
        """How much of x it shares with another, as a share of the narrower one."""
        least = max(1e-9, min(self.x1 - self.x0, other.x1 - other.x0))
        return (min(self.x1, other.x1) - max(self.x0, other.x0)) / least


def read_line(text: str, cells: Sequence[Cell], *, upright: bool = False, mirrored: bool = False) -> ReadLine:
    """The cells of a row, or of an upright column, in the order in which they are read, and their text."""
    x0, x1 = min(cell.x0 for cell in cells), max(cell.x1 for cell in cells)
    if mirrored:
        x0, x1 = cells[0].page.width - x1, cells[0].page.width - x0
    top, bottom = min(cell.y0 for cell in cells), max(cell.y1 for cell in cells)
    return ReadLine(text, tuple(cells), x0, top, x1, bottom, upright, mirrored)


@dataclass(frozen=True, slots=True)
class Typography:
    """What most letters of a page look like: height and width in pixels, font.

    `exact` says that heights are those of a font, not of ink, `mixed` that most lines are not in capitals.
    """

    size: float
    pitch: float
    font: str
    exact: bool
    mixed: bool = False

    def larger(self, line: ReadLine) -> bool:
        """Whether letters are clearly larger than most: higher, and in a picture rather wider, capitals more so."""
        if self.exact:
            return line.size > _EXACT * self.size
        wider = self._wider(line)
        return wider > _WIDER and wider * line.size > _ROUGH * self.size

    def alike(self, size: float, other: float) -> bool:
        """Whether two heights may be those of one font."""
        return max(size, other) < (_EXACT if self.exact else _ROUGH) * min(size, other)

    def smaller(self, line: ReadLine) -> bool:
        """Whether letters are clearly smaller than most."""
        if self.exact:
            return line.size < _SMALLER * self.size
        return line.size < 1.02 * self.size and line.pitch < _NARROWER * self.pitch

    def emphasised(self, line: ReadLine) -> bool:
        """Whether a whole line is set in another font than most of the page; in a picture, whether it may be bold."""
        if self.exact:
            return bool(line.font and self.font and line.font != self.font)
        return self._wider(line) > _BOLD

    def _wider(self, line: ReadLine) -> float:
        return line.pitch / self.pitch / (_CAPITALS if line.text.isupper() else 1.0)


def typography_of(page: Sequence[ReadLine], document: Iterable[ReadLine]) -> Typography:
    """That of a page, of the whole document where the page has few letters; none may be upright."""
    level = [line for line in page if not line.upright]
    letters = sum(len(line.text) for line in level)
    counted = level if letters >= _PAGE_ENOUGH else [line for line in document if not line.upright] or level
    if not counted:
        return Typography(1.0, 1.0, "", exact=False)
    read = level or counted
    source = read[0].cells[0].page
    fonts = Counter[str]()
    for line in read:
        fonts[line.font] += len(line.text)
    return Typography(
        _usual([(line.size, len(line.text)) for line in counted]),
        _usual([(line.pitch, len(line.text)) for line in counted]),
        fonts.most_common(1)[0][0],
        exact=source.from_layer > source.from_picture,
        mixed=sum(line.text.isupper() for line in read) < 0.3 * len(read),
    )


def _usual(weighted: list[tuple[float, int]]) -> float:
    """The median of values with weights."""
    weighted.sort()
    half = sum(weight for _, weight in weighted) / 2
    passed = 0
    for value, weight in weighted:
        passed += weight
        if passed >= half:
            return value
    return weighted[-1][0]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of text and the cells it was read from."""

    text: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A block with what it was made of: `items` of a list, `rows` of a table, the `text` of all others."""

    type: BlockType
    lines: tuple[ReadLine, ...]
    text: Phrase | None = None
    items: tuple[Phrase, ...] = ()
    rows: tuple[tuple[Phrase | None, ...], ...] = ()
    level: int | None = None

    @property
    def size(self) -> float:
        """Height of its letters."""
        return max(line.size for line in self.lines)

    @property
    def y0(self) -> float:
        """Its top."""
        return min(line.y0 for line in self.lines)

    @property
    def y1(self) -> float:
        """Its bottom."""
        return max(line.y1 for line in self.lines)
