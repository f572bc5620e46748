"""Which cells of a page are labels, and which are their values, asked for by nobody.

Every pair of neighbours is judged by what the two look like (a colon, known wordings, digits, the size of
their letters), how far apart they stand and how values usually stand to the labels of this page; the best pairs are
taken first, and a cell is part of one pair at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.typed_spans import Span

_LONGEST = 60  # characters of a label
_FAR = 28.0  # letter heights between a label and a value beside it
_UNDER = 1.9  # letter heights between a label and a value under it
_KNOWN = 0.6  # likeness to a label from which a cell may head a value beside it in rows of several, too
_SENTENCE = 70  # characters from which a text is seldom the value of a label without a colon
_UNKNOWN = 0.3  # that a text of no known wording is a label
_LEAST = 0.31  # of a pair: of two texts that nobody knows, the size or the usual place has to say so
_STYLE = 0.3  # what the usual place of values on the page counts
_OVER = 0.3  # what speaks against a value above its label
_SMALL, _LARGE = 0.9, 1.15  # letters of a label to those of its value
_MOST_LINES = 5
_BOXED = 0.35  # what it counts that a label stands at the head of the ruled box of its value
_FEW = 8  # cells of such a box
_TABLE = 3  # cells of a row that may be one of a table


@dataclass(frozen=True, slots=True)
class LabelPair:
    """A label and the cells of its value, none where it is empty; how probably that is so."""

    label: Cell
    values: tuple[Cell, ...]
    sure: float


def inline(cell: Cell, graph: Graph) -> list[tuple[int, int, Span]]:
    """The labels inside a cell that have their values there: where they begin and end, and the value."""
    return [
        (start, end, place)
        for start, end, place in graph.inline(cell)
        if end - start <= _LONGEST and _divided(cell.text[start:end], place.text)
    ]


def find(graph: Graph, told: frozenset[int] = frozenset()) -> list[LabelPair]:
    """The pairs of a document, the surest first; labels that end in a colon and have no value come last.

    What is `told` otherwise, by the identity of cells, is part of none.
    """
    free = {
        id(cell): cell
        for cell in graph.sheet.layout.cells
        if id(cell) not in told
        and id(cell) not in graph.sheet.choices.by_cell
        and (_ends_open(cell) or not inline(cell, graph))
    }
    label_like = {key: _label_like(cell, graph) for key, cell in free.items()}
    offers = [
        (score, label, value)
        for label in free.values()
        if label_like[id(label)] > 0
        for value, score in _offers(label, free, label_like, graph)
        if score > _LEAST
    ]
    offers.sort(key=lambda offer: -offer[0])
    taken: set[int] = set()
    found = []
    for score, label, value in offers:
        if id(label) in taken or id(value) in taken:
            continue
        values = (value, *_more_lines(value, label, free, label_like, taken, graph))
        taken |= {id(label), *map(id, values)}
        found.append(LabelPair(label, values, round(min(0.75, 0.45 + 0.3 * score), 2)))
    empty = [cell for cell in free.values() if _ends_open(cell) and id(cell) not in taken]
    return [*found, *(LabelPair(cell, (), 0.6) for cell in empty if len(cell.text) <= _LONGEST)]


def _divided(label: str, value: str) -> bool:
    """Whether a text is a label with its value: a colon says so, or both are long enough for it."""
    return _is_open(label) or (len(value) > 3 and any(map(str.isdigit, value)))


def _is_open(text: str) -> bool:
    return text.rstrip().endswith((":", "："))


def _ends_open(cell: Cell) -> bool:
    return _is_open(cell.text)


def _label_like(cell: Cell, graph: Graph) -> float:
    """How much a cell looks like a label, 0 to 1: for what is no label at all, 0."""
    text = cell.text.strip()
    letters, digits = sum(map(str.isalpha, text)), sum(map(str.isdigit, text))
    if len(text) > _LONGEST or not letters:
        return 0.0
    if _is_open(text):
        return 1.0
    units = graph.wordings.meaning(text).units
    size = sum(len(unit.word) for unit in units)
    known = sum(len(unit.word) for unit in units if unit.is_label) / size if size else 0.0
    if digits > 2 or digits > letters or (len(text) < 2 and (text.isascii() or not known)):
        return 0.0
    if any(graph.sheet.typed(kind, cell) for kind in ("date", "money", "phone")):
        return 0.0
    return _UNKNOWN + (1 - _UNKNOWN) * known if not digits else 0.6 * known


def _offers(
    label: Cell, free: dict[int, Cell], label_like: dict[int, float], graph: Graph
) -> Iterator[tuple[Cell, float]]:
    """The cells that may be a label's value, each with what speaks for it."""
    own = label_like[id(label)]
    height = max(label.height, 1.0)
    style = _STYLE * graph.surroundings.stacked(label.page.number)
    beside = next(iter(graph.sheet.layout.right_of(label)), None)
    in_table = own < _KNOWN and _is_of_table(label, graph)
    if beside is not None and id(beside) in free and not in_table and not _is_filled(label, beside, graph):
        gap = (beside.x0 - label.x1) / height
        alone = len(graph.sheet.layout.rows[label.row].cells) == 2
        if gap < _FAR or alone:
            yield (
                beside,
                own
                - _of_value(beside, label, label_like)
                - (0.008 if _ends_open(label) else 0.02) * min(gap, _FAR)
                - style
                + _together(label, beside, graph),
            )
    yield from _stacked(label, free, label_like, graph, style)


def _is_of_table(cell: Cell, graph: Graph) -> bool:
    """Whether a cell stands in a row of several, next to another such row."""
    rows = graph.sheet.layout.rows
    near = rows[max(0, cell.row - 1) : cell.row + 2]
    several = [len(row.cells) >= _TABLE and row.page is cell.page for row in near]
    return len(rows[cell.row].cells) >= _TABLE and sum(several) > 1


def _stacked(
    label: Cell, free: dict[int, Cell], label_like: dict[int, float], graph: Graph, style: float
) -> Iterator[tuple[Cell, float]]:
    """The cells right under and right above a label, each with what speaks for it as its value."""
    own, height = label_like[id(label)], max(label.height, 1.0)
    for under in graph.sheet.layout.below(label, rows=2):
        gap = (under.y0 - label.y1) / max(under.height, 1.0)
        aligned = abs(under.x0 - label.x0) < 4 * label.height or abs(under.cx - label.cx) < label.height
        boxed = _together(label, under, graph)
        if (
            ((gap < _UNDER and aligned) or boxed)
            and id(under) in free
            and not _is_filled(label, under, graph)
        ):
            colon = 0.25 if _ends_open(label) and not boxed else 0.0
            off = 0.0 if boxed else 0.03 * abs(under.x0 - label.x0) / height
            against = _of_value(under, label, label_like) + 0.1 * max(gap, 0.0) + off + colon
            yield under, own - against + style + boxed
            break
    over = graph.surroundings.above(label)
    if over is not None and graph.sheet.ruled.apart(label, over):
        return
    if over is not None and id(over) in free and abs(over.x0 - label.x0) < height:
        gap = (label.y0 - over.y1) / height
        yield over, own - _of_value(over, label, label_like) - 0.1 * max(gap, 0.0) - _OVER + style


def _together(label: Cell, value: Cell, graph: Graph) -> float:
    """What speaks for a label at the head of the ruled box that holds its value, too."""
    box = graph.sheet.ruled.of(label)
    if box is None or label not in box.label or value not in box.cells or len(box.cells) > _FEW:
        return 0.0
    return _BOXED


def _is_filled(label: Cell, value: Cell, graph: Graph) -> bool:
    """Whether a label has something under it in its own ruled box, so that another box holds no value of it."""
    box = graph.sheet.ruled.of(label)
    return box is not None and value not in box.cells and len(box.cells) > len(box.label)


def _of_value(value: Cell, label: Cell, label_like: dict[int, float]) -> float:
    """What speaks against a cell as the value of a label: it looks like one itself, or is set smaller."""
    ratio = label.height / max(value.height, 1.0)
    size = -0.1 if ratio < _SMALL else 0.15 if ratio > _LARGE else 0.0
    prose = 0.3 if len(value.text) > _SENTENCE and not _ends_open(label) else 0.0
    return label_like[id(value)] - _UNKNOWN + size + prose


def _more_lines(
    value: Cell,
    label: Cell,
    free: dict[int, Cell],
    label_like: dict[int, float],
    taken: set[int],
    graph: Graph,
) -> list[Cell]:
    """The lines that go on under a text: tight, in line, with nothing at their left that names them."""
    if not any(map(str.isalnum, value.text)):  # a sign of a currency
        beside = graph.sheet.layout.right_of(value)[:1]
        return [cell for cell in beside if id(cell) in free and id(cell) not in taken]
    if not any(map(str.isalpha, value.text)):
        return []
    found: list[Cell] = []
    for cell in graph.surroundings.block_below(value)[1:_MOST_LINES]:
        named = any(other.x1 > label.x0 - label.height for other in graph.sheet.layout.left_of(cell))
        if id(cell) not in free or id(cell) in taken or label_like[id(cell)] > _UNKNOWN + 0.1 or named:
            break
        found.append(cell)
    return found
