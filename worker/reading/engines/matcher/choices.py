"""Questions that are answered by marking boxes: their options, and which of them were chosen.

Which text belongs to which box is decided by a whole row at a time: `□ Yes □ No` and `Yes □ No □` are told apart
by where the row begins and ends, and by which texts are nearer. Boxes without texts between them are a grid: the
options stand over its columns, the questions before its rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from schemas.page import Box, Mark
from schemas.values.folding import fold
from worker.reading.engines.matcher.rows import Cell, Layout, Row
from worker.reading.text.page_lines import PageLines

_NOT_WHOLE = 0.5
UNDECIDED = 0.35
"""Probability of one of several listed values that are offered side by side, when no box was seen to be marked."""
_SAME_ROW = 0.6  # heights
_SAME_COLUMN = 0.6  # sides
_FAR = 7.0  # sides between a box and a label to its right
_ROWS_APART = 3.6  # sides between rows of one question
_OVER = 2.6  # sides between a box and a text over it
_INDENT = 8.0  # sides by which options stand right of their question


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """A box and the text that says what marking it means."""

    mark: Mark
    box: Cell
    """The box as a cell whose text is its sign."""
    label: Cell


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceQuestion:
    """Boxes that belong together, in reading order, and the text that asks; None for boxes that stand alone.

    It is not `whole` where a text stands between its options: its box may have been overlooked.
    """

    label: Cell | None
    options: tuple[Option, ...]
    whole: bool = True

    @property
    def chosen(self) -> tuple[Option, ...]:
        """The options that were marked."""
        return tuple(option for option in self.options if option.mark.chosen)

    @property
    def sure(self) -> float:
        """How surely every box was seen for what it is, 0 to 1."""
        return min(option.mark.confidence for option in self.options) * (1.0 if self.whole else _NOT_WHOLE)


@dataclass(frozen=True)
class Choices:
    """The questions of a document."""

    questions: tuple[ChoiceQuestion, ...]

    @cached_property
    def by_cell(self) -> dict[int, ChoiceQuestion]:
        """The question that a cell is a part of, as its text or an option's, by the cell's id."""
        found = {id(option.label): question for question in self.questions for option in question.options}
        found |= {id(question.label): question for question in self.questions if question.label is not None}
        return found

    @cached_property
    def heads(self) -> frozenset[int]:
        """The ids of cells that are the label of several boxes: those over the columns of a grid."""
        counted = Counter(id(option.label) for question in self.questions for option in question.options)
        return frozenset(cell for cell, times in counted.items() if times > 1)

    def is_option(self, page: int, box: Box) -> bool:
        """Whether a place is on the label of an option."""
        return any(
            option.label.page.number == page
            and option.label.line.box.intersection(box) > 0.5 * min(option.label.line.box.area, box.area)
            for question in self.questions
            for option in question.options
        )


@dataclass(slots=True)
class _Band:
    """Boxes side by side with their labels, and what else stands in front of them."""

    boxes: list[tuple[Mark, Cell]]
    labels: list[Cell | None]
    lead: Cell | None
    whole: bool = True


def are_offered(listed: Iterable[Any], row: Row) -> bool:
    """Whether several of some listed values stand in one row: a choice that somebody has to make."""
    said = {fold(cell.text) for cell in row.cells}
    return len(said & {fold(str(value)) for value in listed if value is not None}) > 1


def choices_of(layout: Layout) -> Choices:
    """Every question of a document whose boxes were found."""
    found = [question for page in layout.pages for question in _of_page(page, layout)]
    return Choices(tuple(found))


def _of_page(page: PageLines, layout: Layout) -> Iterator[ChoiceQuestion]:
    boxes = [(mark, cell) for mark, cell in layout.boxes if cell.page is page]
    texts = [cell for cell in layout.cells if cell.page is page]
    bands = [_labelled(band, texts) for band in _bands(boxes)]
    _label_columns(bands, texts)
    for group in _groups(bands):
        options = tuple(
            Option(mark, cell, label)
            for band in group
            for (mark, cell), label in zip(band.boxes, band.labels, strict=True)
            if label is not None
        )
        if options:
            known = {id(option.label) for option in options}
            alone = [text for text in texts if len(layout.rows[text.row].cells) == 1]
            lead = group[0].lead or _over(group[0], alone, known)
            yield ChoiceQuestion(lead, options, all(band.whole for band in group))


def _bands(boxes: Sequence[tuple[Mark, Cell]]) -> list[list[tuple[Mark, Cell]]]:
    """Boxes whose middles are at the same height, left to right."""
    rows: list[list[tuple[Mark, Cell]]] = []
    for one in sorted(boxes, key=lambda one: one[1].cy):
        last = rows[-1][-1][1] if rows else None
        if last is not None and abs(one[1].cy - last.cy) < _SAME_ROW * max(one[1].height, last.height):
            rows[-1].append(one)
        else:
            rows.append([one])
    return [sorted(row, key=lambda one: one[1].x0) for row in rows]


def _labelled(boxes: list[tuple[Mark, Cell]], texts: Sequence[Cell]) -> _Band:
    """A row of boxes with the texts that belong to them, as far as the row itself tells."""
    first = boxes[0][1]
    level = [t for t in texts if abs(t.cy - first.cy) < _SAME_ROW * max(t.height, first.height)]
    level.sort(key=lambda text: text.x0)
    edges = [-1e9, *(cell.cx for _, cell in boxes), 1e9]
    between = [[t for t in level if low < t.cx < high] for low, high in pairwise(edges)]
    before = [texts[-1] if texts else None for texts in between[:-1]]
    behind = [texts[0] if texts else None for texts in between[1:]]
    left = _gap([(label, cell) for label, (_, cell) in zip(before, boxes, strict=True)])
    right = _gap([(cell, label) for label, (_, cell) in zip(behind, boxes, strict=True)])
    if right is not None and right > _FAR * first.height:
        right = None
    if left is None and right is None:
        return _Band(boxes, [None] * len(boxes), next(reversed(between[0]), None))
    whole = all(len(texts) < 2 for texts in between[1:-1])
    if left is None or (right is not None and right <= left):
        return _Band(boxes, list(behind), next(reversed(between[0]), None), whole)
    lead = between[0][-2] if len(between[0]) > 1 else None
    return _Band(boxes, list(before), lead, whole and len(between[0]) < 3)


def _gap(pairs: Sequence[tuple[Cell | None, Cell | None]]) -> float | None:
    """The white between boxes and the texts on one side of them on average; None where one has no text."""
    gaps = [after.x0 - before.x1 for before, after in pairs if before is not None and after is not None]
    return sum(gaps) / len(gaps) if len(gaps) == len(pairs) else None


def _label_columns(bands: Sequence[_Band], texts: Sequence[Cell]) -> None:
    """Give boxes of a grid the texts over its columns."""
    heads: dict[int, Cell] = {}
    above: _Band | None = None
    labels = {id(label) for band in bands for label in band.labels}
    texts = [text for text in texts if id(text) not in labels]
    for band in bands:
        bare = len(band.boxes) > 1 and not any(band.labels)
        if bare:
            for index, (_, cell) in enumerate(band.boxes):
                head = _head(cell, texts) or (heads.get(index) if _continues(band, above) else None)
                if head is not None:
                    heads[index] = head
                    band.labels[index] = head
        else:
            heads = {}
        above = band if bare else None


def _continues(band: _Band, above: _Band | None) -> bool:
    return above is not None and len(above.boxes) == len(band.boxes) and _is_under(band, above)


def _head(cell: Cell, texts: Sequence[Cell]) -> Cell | None:
    """The nearest text right over a box."""
    over = [
        text
        for text in texts
        if text.y1 <= cell.y0 + 0.3 * cell.height
        and cell.y0 - text.y1 < _OVER * cell.height
        and text.x0 - cell.height < cell.cx < text.x1 + cell.height
    ]
    return max(over, key=lambda text: (round(text.y1 / cell.height), -abs(text.cx - cell.cx)), default=None)


def _groups(bands: Sequence[_Band]) -> list[list[_Band]]:
    """Rows of boxes that answer one question: those under the first that have no text in front of them."""
    groups: list[list[_Band]] = []
    for band in bands:
        if groups and band.lead is None and _is_under(band, groups[-1][-1]):
            groups[-1].append(band)
        else:
            groups.append([band])
    return groups


def _is_under(band: _Band, above: _Band) -> bool:
    one, other = band.boxes[0][1], above.boxes[0][1]
    aligned = abs(one.x0 - other.x0) < _SAME_COLUMN * one.height
    return aligned and one.y0 - other.y1 < _ROWS_APART * one.height


def _over(band: _Band, texts: Sequence[Cell], options: set[int]) -> Cell | None:
    """The text over a group that asks: it ends as questions do, and stands alone at the left of the boxes."""
    first = band.boxes[0][1]
    left = min([first.x0, *(label.x0 for label in band.labels if label is not None)])
    for text in sorted(texts, key=lambda text: -text.y1):
        gap = first.y0 - text.y1
        if gap < -0.3 * first.height or id(text) in options:
            continue
        if gap > _OVER * first.height:
            return None
        asks = text.text.rstrip().endswith((":", "：", "?", "？"))
        if asks and text.x0 - first.height <= left <= text.x0 + _INDENT * first.height:
            return text
    return None
