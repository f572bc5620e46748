"""The columns of a table: which row is its head, and which column holds which field of an item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rapidfuzz import fuzz

from schemas.json_schema.fields import Field
from worker.reading.engines.matcher.column_gaps import cut, gutters
from worker.reading.engines.matcher.concepts import words
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.questions import FieldQuery, question
from worker.reading.engines.matcher.rows import Cell, Row
from worker.reading.engines.matcher.sense import SAME_SENSE
from worker.reading.engines.matcher.wordings import Meaning, likeness

_MEANT = 0.42  # likeness from which the head of a column names a field
_SURELY_MEANT = 0.6  # and that one of a head's columns has to have
_NAMES_LIST = 0.5  # what a heading that names the list adds
_DEEPEST = 3  # rows of a head
_LONGEST = 42  # characters of a column's name
_OF_SEVERAL = 0.1  # what it counts less that one line of a name says it, and not the whole
_NAMING = frozenset({"description", "name"})
_AMOUNT = re.compile(r"\d[.,]\d|\d{3}")
_NAMED_ALIKE = 0.1  # what the words that a field and a column share count between columns as near
_LIKE_ITS_LIST = 0.2  # and that a column is called like the list
_ALIKE = 85.0  # percent of the letters: the plural of a name is that name
_SAME_NUMBERS = 0.5  # likeness of two names that have the same numbers in them


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: its name as printed, its extent in pixels, the field it holds, how surely (0 to 1).

    `lines` are the rows of its name; where they name several things, `line` says on which line of an item the
    field stands.
    """

    lines: tuple[str, ...]
    x0: float
    x1: float
    asked: int | None = None
    near: float = 0.0
    line: int = 0
    sensed: bool = False
    """Whether no word says so, but its type, or a sentence encoder, which tells opposites such as debit and credit badly."""

    @property
    def text(self) -> str:
        """Its whole name."""
        return " ".join(self.lines)

    def distance(self, x0: float, x1: float) -> float:
        """How far something lies from it: apart first, then out of line."""
        apart = max(self.x0 - x1, x0 - self.x1, 0.0)
        out = min(abs(self.x0 - x0), abs(self.x1 - x1), abs(self.x0 + self.x1 - x0 - x1) / 2)
        return apart + 0.05 * out


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a table: its first row and the one after it, its columns left to right."""

    start: int
    end: int
    columns: tuple[TableColumn, ...]
    score: float
    stop: int | None = None
    """The first row that is no more of the table, where that is known."""

    @property
    def rows(self) -> set[int]:
        """The rows of its names, and those of its table where they are known."""
        return set(range(self.start, self.stop or self.end))


def questions_of(listed: Field, graph: Graph) -> tuple[FieldQuery, ...]:
    """The fields of an item as questions; what names the items may be called like the list: materials, `Material`."""
    assert listed.items is not None
    inner = listed.items.properties or (listed.items,)
    asked = [
        question(child, (), graph.wordings) for child in inner if not child.is_array and not child.is_object
    ]
    naming = next((i for i, one in enumerate(asked) if one.kind == "text" and one.ideas & _NAMING), None)
    if naming is not None:
        asked[naming] = replace(asked[naming], own=(*asked[naming].own, name_of(listed, graph)))
    return tuple(asked)


def name_of(listed: Field, graph: Graph) -> Meaning:
    """What a list is called."""
    return graph.wordings.meaning(words(listed.title or listed.name))


def heads(listed: Field, questions: Sequence[FieldQuery], graph: Graph) -> Iterator[Head]:
    """Every row that could be the head of the list, with what it names."""
    named = name_of(listed, graph)
    rows = graph.sheet.layout.rows
    for row in rows:
        if not could_be_head(row):
            continue
        strips = gutters(row, rows)
        for depth in range(1, _DEEPEST + 1):
            part = rows[row.index : row.index + depth]
            if len(part) < depth or not all(_follows(*pair) for pair in pairwise(part)):
                break
            if not could_be_head(part[-1]):
                if _AMOUNT.search(part[-1].text):
                    break
                continue  # sizes such as 20' and 40' are no end of a head, but may stand within
            columns = _meant(_stacked(part, strips, graph), questions, named, graph)
            found = [column.near for column in columns if column.asked is not None]
            if len(found) < min(2, len(questions)) or max(found) < _SURELY_MEANT:
                continue
            nearby = [cell.text for r in rows[max(0, row.index - 2) : row.index + 1] for cell in r.cells]
            about = max(
                (likeness(named, graph.wordings.meaning(text[:60])).both for text in nearby), default=0.0
            )
            yield Head(row.index, row.index + depth, columns, sum(found) + _NAMES_LIST * about - 0.1 * depth)


def could_be_head(row: Row) -> bool:
    """Whether a row has short texts with hardly a digit."""
    short = [cell for cell in row.cells if len(cell.text) <= _LONGEST]
    digits = sum(char.isdigit() for cell in row.cells for char in cell.text)
    letters = sum(char.isalpha() for cell in row.cells for char in cell.text)
    return len(short) >= 1 and digits <= 0.15 * letters


def _follows(before: Row, row: Row) -> bool:
    """Whether a row stands right under another, as those of a head do."""
    return row.page is before.page and row.y0 - before.y1 < 0.9 * before.height


def _stacked(rows: Sequence[Row], strips: Sequence[tuple[float, float]], graph: Graph) -> list[TableColumn]:
    """The cells of a head's rows, those under one another joined."""
    columns: list[TableColumn] = []
    for row in rows:
        pieces = [piece for cell in row.cells for piece in _pieces(cell, strips, graph)]
        above, columns = columns, []
        for column in above:
            under = [piece for piece in pieces if shares(column, piece)]
            columns += _joined(column, [piece for piece in under if _alone(piece, above)])
        columns += [piece for piece in pieces if not any(shares(column, piece) for column in above)]
    return sorted(columns, key=lambda column: column.x0)


def _alone(piece: TableColumn, above: Sequence[TableColumn]) -> bool:
    """Whether a name stands under one other alone."""
    return sum(shares(column, piece) for column in above) == 1


def _joined(column: TableColumn, under: Sequence[TableColumn]) -> Iterator[TableColumn]:
    """A name with the one under it; several side by side under it are columns each, which it names together."""
    if len(under) == 1:
        (piece,) = under
        x0, x1 = min(column.x0, piece.x0), max(column.x1, piece.x1)
        yield TableColumn((*column.lines, *piece.lines), x0, x1)
    elif under:
        yield from (replace(piece, lines=(f"{column.text} {piece.text}",)) for piece in under)
    else:
        yield column


def shares(one: TableColumn, two: TableColumn) -> bool:
    """Whether two names or columns stand above one another."""
    shared = min(one.x1, two.x1) - max(one.x0, two.x0)
    return shared > 0.2 * min(one.x1 - one.x0, two.x1 - two.x0)


def _pieces(cell: Cell, strips: Sequence[tuple[float, float]], graph: Graph) -> Iterator[TableColumn]:
    """A cell of a head, cut between columns: their names stand close.

    A name that begins within a strip is set to the middle of its column, and whole; one in a ruled box of its own
    names all that stands between the lines.
    """
    box = graph.sheet.ruled.of(cell)
    others = () if box is None else [other for other in box.cells if other is not cell]
    if box is not None and all(0 < abs(other.row - cell.row) < _DEEPEST for other in others):
        yield TableColumn((cell.text,), box.x0, box.x1)
        return
    for start, end in cut(cell, [strip for strip in strips if cell.x0 < strip[0]]):
        yield TableColumn((cell.text[start:end],), cell.x_at(start), cell.x_at(end))


def _meant(
    columns: Sequence[TableColumn], questions: Sequence[FieldQuery], listed: Meaning, graph: Graph
) -> tuple[TableColumn, ...]:
    """Each column with the field it names best, each field once; `listed` is what the list is called."""
    pairs = []
    for index, column in enumerate(columns):
        for asked, wanted in enumerate(questions):
            near, line = _nearest(column, wanted, graph)
            if near >= _MEANT:
                alike = _NAMED_ALIKE * _shared_words(wanted, column)
                if (
                    listed in wanted.own
                    and fuzz.ratio(listed.letters, graph.wordings.meaning(column.text).letters) > _ALIKE
                ):
                    alike += _LIKE_ITS_LIST
                one_of_several = len(column.lines) > 1 and near > _near(column.text, wanted, graph)
                pairs.append((near + alike - _OF_SEVERAL * one_of_several, near, index, asked, line))
    named = list(columns)
    taken: set[int] = set()
    for _, near, index, asked, line in sorted(pairs, key=lambda pair: (-pair[0], pair[2])):
        if asked not in taken and named[index].asked is None:
            sensed = near_by_words(columns[index], questions[asked], graph) < _MEANT
            named[index] = replace(named[index], asked=asked, near=near, line=line, sensed=sensed)
            taken.add(asked)
    return tuple(named)


def _shared_words(wanted: FieldQuery, column: TableColumn) -> float:
    """The share of a field's words that stand in the name of a column: net and gross weight are both weights."""
    own = set(words(wanted.field.title or wanted.field.name).casefold().split())
    return len(own & set(re.findall(r"\w+", column.text.casefold()))) / max(1, len(own))


def _nearest(column: TableColumn, wanted: FieldQuery, graph: Graph) -> tuple[float, int]:
    """How near a column's name is to a field, and on which of its lines that is said, 0 for all together."""
    if not column.lines or len(column.text) > _LONGEST * len(column.lines):
        return 0.0, 0
    joined = _near(column.text, wanted, graph)
    if len(column.lines) == 1:
        return joined, 0
    by_line = [_near(line, wanted, graph) for line in column.lines]
    best = max(range(len(by_line)), key=by_line.__getitem__)
    return (by_line[best], best) if by_line[best] > joined + 0.15 else (joined, 0)


def near_to(column: TableColumn, wanted: FieldQuery, graph: Graph) -> float:
    """How near a column's name is to a field, 0 to 1."""
    return _nearest(column, wanted, graph)[0]


def near_by_words(column: TableColumn, wanted: FieldQuery, graph: Graph) -> float:
    """How near a column's name or a line of it is to a field by the words of both, 0 to 1."""
    return max(_by_words(text, wanted, graph) for text in (column.text, *column.lines))


def _by_words(text: str, wanted: FieldQuery, graph: Graph) -> float:
    """How near a name is to a field; of two that mean the same the one in its very letters is nearer."""
    read = graph.wordings.meaning(text)
    found = [likeness(meaning, read) for meaning in wanted.own]
    return max(0.97 * one.both + 0.03 * one.letters for one in found)


def _near(text: str, wanted: FieldQuery, graph: Graph) -> float:
    """How near a name is to a field, by its words or to a sentence encoder.

    Names with other numbers in them name something else.
    """
    near = _by_words(text, wanted, graph)
    meant = max(graph.senses.likeness(meaning.text, text) for meaning in wanted.own)
    near = max(near, meant if meant > SAME_SENSE else 0.0)
    own, others = _numbers(words(wanted.field.title or wanted.field.name)), _numbers(text)
    if own and own == others:
        return max(near, _SAME_NUMBERS)
    return near if not own or not others else 0.5 * near


def _numbers(name: str) -> list[int]:
    """The numbers in a name: `per 20 ft` and `per 40 ft` differ in nothing else."""
    return [int(number) for number in re.findall(r"\d+", name)]
