"""A document as a graph: values that stand on it, and labels that may name them.

Geometry decides, not words: a label stands in front of its value in the same cell, left of it, above it, at the
head of its block, or below it. Which of these labels is meant, and by which field, is judged elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property

from schemas.json_schema.fields import Field
from worker.reading.engines.matcher import prose
from worker.reading.engines.matcher.cells import split_lines
from worker.reading.engines.matcher.concepts import words
from worker.reading.engines.matcher.label_text import LEAD, TAIL, may_follow, parts, skip_lead, trimmed
from worker.reading.engines.matcher.lexicon import Mentions, fold_letters
from worker.reading.engines.matcher.rows import Cell, arrange
from worker.reading.engines.matcher.sheet import Sheet
from worker.reading.engines.matcher.typed_spans import Span, Typed
from worker.reading.engines.matcher.word_marks import mark
from worker.reading.engines.matcher.wordings import Wordings
from worker.reading.text.page_lines import PageLines

_NEAR_ABOVE = 3.2  # letter heights between a label and the value under it
_BLOCK_GAP = 0.75  # letter heights between the lines of one block
_MOST_IN_BLOCK = 7
_SECTION_ROWS = 9  # rows above a value in which the heading of its section is looked for
_NAMES = 0.6  # share of known wordings from which a cell is a heading
_COLON = re.compile(r"\s?[:：]\s?(?![/\\]{2})")
_TIME_BEFORE = re.compile(r"\d\s?$")
_BRACKET = re.compile(r"\s?[(（][^()（）]*\d[^()（）]*[)）]?\s*$")
"""A number in brackets behind a name."""
_TYPES = (
    *("date", "datetime", "time", "money", "number", "percent", "code", "phone", "currency"),
    *("zip", "city", "region"),
)
_SIGNS = LEAD + "$€£¥￥RM()"


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


@dataclass(frozen=True, slots=True)
class Edge:
    """A label that may name a value: its text, where it stands, how far off in letter heights."""

    relation: Relation
    label: str
    distance: float


@dataclass(frozen=True, slots=True, eq=False)
class PrintedValue:
    """A value that stands on a page: its parts, what type it was found as (`text` for any), its labels."""

    spans: tuple[Span, ...]
    kind: str
    typed: Typed | None
    edges: tuple[Edge, ...]
    whole: bool
    """Whether it is all of its cell, labels apart."""

    @property
    def cell(self) -> Cell:
        """The cell that it begins in."""
        return self.spans[0].cell

    @property
    def text(self) -> str:
        """What is printed, its lines joined."""
        return " ".join(span.text.strip(TAIL) for span in self.spans)


@dataclass(frozen=True)
class Graph:
    """The values of a document with their labels, in reading order."""

    sheet: Sheet
    wordings: Wordings
    named: Wordings
    """The wordings of the schema's own fields."""

    @cached_property
    def places(self) -> tuple[PrintedValue, ...]:
        """Every value with its labels."""
        in_cells = [place for cell in self.sheet.layout.cells for place in self._in_cell(cell)]
        return (*in_cells, *self._defined())

    def _defined(self) -> Iterator[PrintedValue]:
        """What running text calls by a term of its own."""
        for name in prose.defined(self.sheet.layout):
            label = Edge(Relation.INLINE, name.term, 0.0)
            yield PrintedValue(name.spans, "text", None, (label,), whole=False)

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
            if gap < _BLOCK_GAP * max(cell.height, other.height) and aligned:
                return other
        return None

    def inline(self, cell: Cell) -> list[tuple[int, int, Span]]:
        """The labels in a cell (start, end) with the value behind each."""
        cuts = self._cuts(cell)
        found = []
        for index, (start, end) in enumerate(cuts):
            following = cuts[index + 1][0] if index + 1 < len(cuts) else len(cell.text)
            begin = skip_lead(cell.text, end)
            if begin < following and re.search(r"\w", cell.text[begin:following]):
                found.append((start, end, trimmed(Span(cell, begin, following))))
        return found

    def _in_cell(self, cell: Cell) -> Iterator[PrintedValue]:
        around = tuple(self._around(cell))
        cuts = self._cuts(cell)
        for start, end, span in self.inline(cell):
            label = Edge(Relation.INLINE, cell.text[start:end].strip(), 0.0)
            yield PrintedValue((span,), "text", None, (label, *around), whole=len(cuts) == 1)
            for part, value in parts(label.label, span):
                edge = Edge(Relation.INLINE, part, 0.0)
                yield PrintedValue((value,), "text", None, (edge, *around), whole=False)
        if not cuts or cuts[0][0] > 0 or cuts[0][1] < len(cell.text):
            yield PrintedValue((trimmed(Span(cell, 0, len(cell.text))),), "text", None, around, whole=True)
            for edge in around[:1]:
                for part, value in parts(edge.label, trimmed(Span(cell, 0, len(cell.text)))):
                    beside = Edge(edge.relation, part, edge.distance)
                    yield PrintedValue((value,), "text", None, (beside, *around[1:]), whole=False)
            bracket = _BRACKET.search(cell.text)
            if bracket and bracket.start() > 3:
                yield PrintedValue(
                    (trimmed(Span(cell, 0, bracket.start())),), "text", None, around, whole=False
                )
        yield from self._typed(cell, cuts, around)

    def _typed(
        self, cell: Cell, cuts: Sequence[tuple[int, int]], around: tuple[Edge, ...]
    ) -> Iterator[PrintedValue]:
        seen: set[tuple[int, int]] = set()
        for kind in _TYPES:
            before = 0
            for typed in self.sheet.typed(kind, cell):
                start, end = typed.span.start, typed.span.end
                if kind in {"number", "code"} and (start, end) in seen:
                    continue
                seen.add((start, end))
                cut = max((c for c in cuts if c[1] <= start), default=None)
                label = cell.text[cut[0] : cut[1]] if cut else cell.text[min(before, start) : start]
                edges = (
                    [Edge(Relation.INLINE, label.strip(LEAD), float(start - (cut[1] if cut else start)) / 8)]
                    if any(map(str.isalpha, label)) and label.strip(_SIGNS)
                    else []
                )
                behind = cell.text[end:].strip(LEAD)
                if behind and len(behind) < 40:
                    edges.append(Edge(Relation.BEHIND, behind, 0.0))
                alone = not re.search(r"\w", cell.text[:start] + cell.text[end:])
                yield PrintedValue((typed.span,), kind, typed, (*edges, *around), whole=alone)
                before = end

    def _cuts(self, cell: Cell) -> list[tuple[int, int]]:
        """The labels inside a cell that something may follow: before a colon, or a known wording at its start."""
        text, folded = cell.text, fold_letters(cell.text)
        cuts: list[tuple[int, int]] = []
        for colon in _COLON.finditer(text):
            if _TIME_BEFORE.search(text[: colon.start()]) and text[colon.end() : colon.end() + 1].isdigit():
                continue
            start = self._label_start(text, folded, cuts[-1][1] if cuts else 0, colon.start(), first=not cuts)
            if start < colon.start():
                cuts.append((start, colon.end()))
        if not cuts or cuts[0][0] > 0:
            end = self._known(folded, 0)
            if 1 < end < len(text) - 1 and may_follow(text, end):
                cuts.insert(0, (0, end))
        return cuts

    def _label_start(self, text: str, folded: str, low: int, colon: int, *, first: bool) -> int:
        """Where the label before a colon begins: at a known wording, else two words back."""
        if first:
            return 0
        for match in re.finditer(r"\S+", text[low:colon]):
            at = low + match.start()
            if at > low and self._known(folded, at) >= colon - 1:
                return at
        words = list(re.finditer(r"\S+", text[low:colon]))
        return low + words[-1].start() if len(words) > 1 else colon

    def _known(self, folded: str, start: int) -> int:
        """Where a known wording ends that begins at `start`."""
        return max(self.wordings.prefix(folded, start), self.named.prefix(folded, start))

    def _around(self, cell: Cell) -> Iterator[Edge]:
        """The labels beside, above, at the head of the block, and below."""
        height = max(cell.height, 1.0)
        left = self.sheet.layout.left_of(cell)
        for step, other in enumerate(reversed(left[-2:])):
            yield Edge(Relation.LEFT, other.text, (cell.x0 - other.x1) / height + 8 * step)
        above = self._above(cell)
        for relation, other in zip((Relation.ABOVE, Relation.HIGHER), above, strict=False):
            yield Edge(relation, other.text, (cell.y0 - other.y1) / height)
        head = self._head(cell)
        if head is not None:
            yield Edge(Relation.HEADING, head.text, (cell.y0 - head.y1) / height)
        section = self._section(cell)
        if section is not None:
            yield Edge(Relation.SECTION, section.text, (cell.y0 - section.y1) / height)
        below = next(self.sheet.layout.below(cell, rows=1), None)
        if below is not None and below.y0 - cell.y1 < 1.5 * height:
            yield Edge(Relation.BELOW, below.text, (below.y0 - cell.y1) / height)

    def _above(self, cell: Cell) -> list[Cell]:
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
            above = next((c for c in self._above(cell)[:1] if self._same_block(c, cell)), None)
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
            known = sum(len(unit.word) for unit in units if unit.meanings)
            memo[id(cell)] = bool(size) and known >= _NAMES * size and not any(map(str.isdigit, cell.text))
            memo[id(cell)] &= mark("legal_form").search(cell.text) is None
        found: bool = memo[id(cell)]
        return found

    def _same_block(self, above: Cell, cell: Cell) -> bool:
        aligned = abs(above.x0 - cell.x0) < 1.5 * cell.height
        return aligned and cell.y0 - above.y1 < _BLOCK_GAP * max(cell.height, above.height)


def graph_of(pages: Iterable[PageLines], root: Field, wordings: Wordings) -> Graph:
    """The graph of some pages, read for a schema."""
    tight = [page.tight() for page in pages]
    cut = [replace(page, lines=tuple(split_lines(page))) for page in tight]
    named = {target.path: (words(target.name), target.title) for target in root.walk() if target.path}
    return Graph(Sheet(arrange(cut), Mentions()), wordings, Wordings(named))
