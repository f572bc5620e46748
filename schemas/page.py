"""Where things stand on a page: boxes, words and lines.

The coordinate convention, said once: fractions of the upright page, origin at the top left,
x to the right, y down. A box that covers the whole page is (0, 0, 1, 1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in fractions of the page."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Extent along x."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Extent along y."""
        return self.y1 - self.y0

    @property
    def cx(self) -> float:
        """Centre along x."""
        return (self.x0 + self.x1) / 2

    @property
    def cy(self) -> float:
        """Centre along y."""
        return (self.y0 + self.y1) / 2

    @property
    def area(self) -> float:
        """Share of the page, 0 for an inverted box."""
        return max(0.0, self.width) * max(0.0, self.height)

    def intersection(self, other: Box) -> float:
        """Area shared with another box."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0.0, width) * max(0.0, height)

    def iou(self, other: Box) -> float:
        """Intersection over union, 0 to 1."""
        shared = self.intersection(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def clipped(self) -> Box:
        """The part that lies on the page."""
        return Box(*(min(1.0, max(0.0, value)) for value in (self.x0, self.y0, self.x1, self.y1)))

    def turned_back(self, quarter_turns: int) -> Box:
        """This box of a page that was turned counter-clockwise by so many quarters, on the page as it was."""
        if quarter_turns == 1:
            return Box(1 - self.y1, self.x0, 1 - self.y0, self.x1)
        if quarter_turns == 2:
            return Box(1 - self.x1, 1 - self.y1, 1 - self.x0, 1 - self.y0)
        if quarter_turns == 3:
            return Box(self.y0, 1 - self.x1, self.y1, 1 - self.x0)
        return self

    def rounded(self) -> tuple[float, float, float, float]:
        """Four decimals, a tenth of a millimetre on A4: what a record carries."""
        box = self.clipped()
        return (round(box.x0, 4), round(box.y0, 4), round(box.x1, 4), round(box.y1, 4))


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around all of them; raises ValueError when there are none."""
    found = list(boxes)
    if not found:
        raise ValueError("no boxes to join")
    return Box(
        min(box.x0 for box in found),
        min(box.y0 for box in found),
        max(box.x1 for box in found),
        max(box.y1 for box in found),
    )


class Painted(StrEnum):
    """Whether a file draws the glyphs of a word so that they can be seen."""

    YES = "yes"
    DOUBTFUL = "doubtful"
    """Something drawn later may lie over them."""
    INVISIBLE = "invisible"
    """They are drawn in no colour, or in the paper's."""


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters with its place and how surely it was read (0 to 1).

    `font` tells the fonts of a page apart, whatever they are called.
    """

    text: str
    box: Box
    confidence: float = 1.0
    font: str = ""
    painted: Painted = Painted.YES


@dataclass(frozen=True, slots=True)
class Rival:
    """What may stand in a line instead of the letter at `index`, and its odds (0 to 1).

    Another letter, or that letter with one beside it that was not told: `text` is then both.
    """

    index: int
    text: str
    odds: float


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line as one reader saw it.

    `edges` are the x fractions between its characters: `len(text) + 1` numbers, so that any part of
    the text has a box. They rise, for vertical writing along y; where a line is written from right to
    left they fall, but for its numbers. `box` is the upright
    hull of a line that may lean: `slope` is how far it falls (in page heights) per page width.
    `rivals` are the letters that the recogniser was unsure about. `font` is that of most of its words, as
    in `Word`; empty where none is known.
    """

    text: str
    box: Box
    confidence: float
    edges: tuple[float, ...]
    vertical: bool = False
    slope: float = 0.0
    rivals: tuple[Rival, ...] = ()
    font: str = ""

    @property
    def height(self) -> float:
        """Height of the letters, without what leaning adds to the hull."""
        return max(self.box.height - abs(self.slope) * self.box.width, self.box.height * 0.2)

    def span_box(self, start: int, end: int) -> Box:
        """The box of `text[start:end]`."""
        along = self.edges[start : max(start, end) + 1]
        near, far = min(along), max(along)
        if self.vertical:
            return Box(self.box.x0, near, self.box.x1, far)
        middle = self.box.cy + self.slope * ((near + far) / 2 - self.box.cx)
        half = (self.height + abs(self.slope) * (far - near)) / 2
        return Box(near, middle - half, far, middle + half)

    def part(self, start: int, end: int) -> Line:
        """The line of `text[start:end]`, with its place and the rivals of its letters."""
        return replace(
            self,
            text=self.text[start:end],
            box=self.span_box(start, end),
            edges=self.edges[start : end + 1],
            rivals=self.rivals_within(start, end),
        )

    def rivals_within(self, start: int, end: int) -> tuple[Rival, ...]:
        """The rivals of `text[start:end]`, as those of a line that holds nothing else."""
        return tuple(
            Rival(rival.index - start, rival.text, rival.odds)
            for rival in self.rivals
            if start <= rival.index < end
        )


def even_edges(box: Box, count: int, *, vertical: bool = False) -> tuple[float, ...]:
    """Edges for `count` characters of equal width, for readers that give no finer places."""
    low, high = (box.y0, box.y1) if vertical else (box.x0, box.x1)
    return tuple(low + (high - low) * i / max(count, 1) for i in range(count + 1))


class MarkState(StrEnum):
    """What stands in a tick box or radio button."""

    EMPTY = "empty"
    TICKED = "ticked"
    CROSSED = "crossed"
    FILLED = "filled"
    SCRIBBLED = "scribbled"


@dataclass(frozen=True, slots=True)
class Mark:
    """A tick box, or a radio button where it is `round`: place, state and how sure that is (0 to 1)."""

    box: Box
    state: MarkState
    confidence: float
    round: bool = False

    @property
    def chosen(self) -> bool:
        """Whether somebody marked it."""
        return self.state is not MarkState.EMPTY

    @property
    def sign(self) -> str:
        """The character that shows it in a text."""
        return ("○●" if self.round else "☐☒")[self.chosen]
