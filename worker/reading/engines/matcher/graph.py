"""A document as a graph: values that stand on it, and labels that may name them.

Geometry decides, not words: a label stands in front of its value in the same cell, left of it, above it, at the
head of its block, or below it. Which of these labels is meant, and by which field, is judged elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from schemas.json_schema.fields import Field
from worker.reading.engines.matcher import prose, sense, text_parts
from worker.reading.engines.matcher.cells import split_lines
from worker.reading.engines.matcher.concepts import words
from worker.reading.engines.matcher.label_text import (
    LEAD,
    TAIL,
    may_follow,
    parts,
    pieces,
    skip_lead,
    trimmed,
)
from worker.reading.engines.matcher.lexicon import Mentions, fold_letters
from worker.reading.engines.matcher.rows import Cell, arrange
from worker.reading.engines.matcher.sense import Senses
from worker.reading.engines.matcher.sheet import Sheet
from worker.reading.engines.matcher.surroundings import Edge, Relation, Surroundings
from worker.reading.engines.matcher.typed_spans import Span, Typed
from worker.reading.engines.matcher.wordings import Wordings
from worker.reading.text.page_lines import PageLines

_COLON = re.compile(r"\s?[:：]\s?(?![/\\]{2})")
_TIME_BEFORE = re.compile(r"\d\s?$")
_TYPES = (
    *("date", "datetime", "time", "money", "number", "percent", "code", "phone", "currency"),
    *("zip", "city", "region"),
)
_SHORTENED = re.compile(r"[^\W\d_][^\W\d_-]{1,11}\.(?=\s+(?:[A-Z]{1,3}[ -])?\S*\d)")
"""A word that was cut short before a number: `Kennz. HD-KT 417`."""
_RANGED = frozenset({"date", "datetime"})
_BETWEEN = 6  # characters between the ends of a range, such as `until` or `au`
_FILLED_IN = ("date", "time", "money", "phone")
_SENTENCE = 60  # characters from which what stands before a value is rather a sentence than a label
_SIGNS = LEAD + "$€£¥￥RM()"


@dataclass(frozen=True, eq=False)
class PrintedValue:
    """A value that stands on a page: its parts, what type it was found as (`text` for any), its labels."""

    spans: tuple[Span, ...]
    kind: str
    typed: Typed | None
    edges: tuple[Edge, ...]
    whole: bool
    """Whether it is all of its cell, labels apart."""
    needs_label: bool = False
    """Whether it is a part of its cell that may be no value at all, and means nothing where no label speaks for it."""

    @property
    def cell(self) -> Cell:
        """The cell that it begins in."""
        return self.spans[0].cell

    @cached_property
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

    @property
    def senses(self) -> Senses:
        """What texts mean."""
        return sense.of_process()

    @cached_property
    def surroundings(self) -> Surroundings:
        """What stands around a cell."""
        return Surroundings(self.sheet, self.wordings)

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
        around = tuple(self.surroundings.around(cell))
        cuts = self._cuts(cell)
        for start, end, span in self.inline(cell):
            label = Edge(Relation.INLINE, cell.text[start:end].strip(), 0.0)
            yield from self._divided(span, (label, *around), whole=len(cuts) == 1)
        if not cuts or cuts[0][0] > 0 or cuts[0][1] < len(cell.text):
            yield from self._divided(trimmed(Span(cell, 0, len(cell.text))), around, whole=True)
        yield from self._typed(cell, cuts, around)
        yield from self._parts(cell, cuts, around)

    def _divided(self, span: Span, edges: tuple[Edge, ...], *, whole: bool) -> Iterator[PrintedValue]:
        """A value and its parts, those under a label of several names each under its own."""
        parted = [
            PrintedValue((value,), "text", None, (replace(edges[0], label=part), *edges[1:]), whole=False)
            for part, value in (parts(edges[0].label, span) if edges else ())
        ]
        yield from parted
        if parted and self._names_several(parted):
            return
        yield PrintedValue((span,), "text", None, edges, whole=whole)
        for piece in pieces(span):
            yield PrintedValue((piece,), "text", None, edges, whole=False)

    def _names_several(self, parted: Sequence[PrintedValue]) -> bool:
        """Whether the parts of a label are the names of several things, and not of one in two languages."""
        ideas = [self.wordings.meaning(part.edges[0].label).ideas for part in parted]
        return all(one and one.isdisjoint(two) for one, two in pairwise(ideas)) and bool(ideas[-1])

    def _parts(
        self, cell: Cell, cuts: Sequence[tuple[int, int]], around: tuple[Edge, ...]
    ) -> Iterator[PrintedValue]:
        """The parts of a cell that no sign divides."""
        typed = [one.span for kind in _FILLED_IN for one in self.sheet.typed(kind, cell)]
        folded = fold_letters(cell.text)
        for part in text_parts.find(cell, typed, cuts, lambda at: self._known(folded, at)):
            before = [Edge(Relation.INLINE, part.before, 0.0)] if part.before else []
            behind = [Edge(Relation.BEHIND, part.behind, 0.0)] if part.behind else []
            edges = (*before, *behind, *around)
            yield PrintedValue((part.span,), "text", None, edges, whole=False, needs_label=True)

    def _typed(
        self, cell: Cell, cuts: Sequence[tuple[int, int]], around: tuple[Edge, ...]
    ) -> Iterator[PrintedValue]:
        seen: set[tuple[int, int]] = set()
        for kind in _TYPES:
            before = 0
            found = self.sheet.typed(kind, cell)
            if kind == "date":
                found = sorted((*found, *self.sheet.typed("day", cell)), key=lambda typed: typed.span.start)
            ends = _ends_of_ranges(found) if kind in _RANGED else {}
            for typed in found:
                start, end = typed.span.start, typed.span.end
                if kind in {"number", "code"} and (start, end) in seen:
                    continue
                seen.add((start, end))
                cut = max((c for c in cuts if c[1] <= start), default=None)
                label = cell.text[cut[0] : cut[1]] if cut else cell.text[min(before, start) : start]
                label = label if len(label) < _SENTENCE else text_parts.context(label)
                edges = (
                    [Edge(Relation.INLINE, label.strip(LEAD), float(start - (cut[1] if cut else start)) / 8)]
                    if any(map(str.isalpha, label)) and label.strip(_SIGNS)
                    else []
                )
                if id(typed) in ends:
                    said = f"{self._first_words(cell, found[0], cuts)} {ends[id(typed)]}"
                    edges = [Edge(Relation.INLINE, said.strip(), 0.0), *edges]
                behind = cell.text[end:].strip(LEAD)
                if behind and len(behind) < 40:
                    edges.append(Edge(Relation.BEHIND, behind, 0.0))
                alone = not re.search(r"\w", cell.text[:start] + cell.text[end:])
                yield PrintedValue((typed.span,), kind, typed, (*edges, *around), whole=alone)
                before = end

    @staticmethod
    def _first_words(cell: Cell, first: Typed, cuts: Sequence[tuple[int, int]]) -> str:
        """What a cell says before the first of its values."""
        cut = max((c for c in cuts if c[1] <= first.span.start), default=(0, first.span.start))
        return cell.text[cut[0] : min(cut[1], first.span.start)].strip(LEAD)

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
            elif short := _SHORTENED.match(text):
                cuts.insert(0, (0, short.end()))
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


def _ends_of_ranges(found: Sequence[Typed]) -> dict[int, str]:
    """Which values are the two ends of a range, as `from` and `until`: few letters stand between them."""
    ends: dict[int, str] = {}
    for one, two in pairwise(found):
        between = one.span.cell.text[one.span.end : two.span.start]
        if len(between.strip()) <= _BETWEEN and id(one) not in ends and not any(map(str.isdigit, between)):
            ends |= {id(one): "from", id(two): "until"}
    return ends


def graph_of(pages: Iterable[PageLines], root: Field, wordings: Wordings) -> Graph:
    """The graph of some pages, read for a schema."""
    wordings.begin_document()
    tight = [page.tight() for page in pages]
    cut = [replace(page, lines=tuple(split_lines(page))) for page in tight]
    named = {target.path: (words(target.name), target.title) for target in root.walk() if target.path}
    return Graph(Sheet(arrange(cut), Mentions()), wordings, Wordings(named))
