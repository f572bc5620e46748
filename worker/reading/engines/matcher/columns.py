"""The columns of a table: which row is its head, and which column holds which field of an item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from schemas.json_schema.fields import Field
from worker.reading.engines.matcher.concepts import words
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.questions import FieldQuery, question
from worker.reading.engines.matcher.rows import Cell, Row
from worker.reading.engines.matcher.typed_spans import Span
from worker.reading.engines.matcher.wordings import Meaning, likeness

_MEANT = 0.42  # likeness from which the head of a column names a field
_NAMES_LIST = 0.5  # what a heading that names the list adds
_DEEPEST = 3  # rows of a head
_LONGEST = 42  # characters of a column's name
_SUMMED = frozenset({"total", "amount"})
_MANY = 4  # rows from which strips between words tell columns
_NUMBER = re.compile(
    r"[^\w\d-]{0,3}(?:[A-Z]{2,3}\s?)?[^\w\d-]{0,2}-?\s?\(?\d[\d.,' ]*-?\)?\s?(?:%|[^\W\d]{1,6}[²³.]?)?[^\w\d]{0,4}"
)
_NUMERIC = frozenset({"number", "integer"})


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


def questions_of(listed: Field, graph: Graph) -> tuple[FieldQuery, ...]:
    """The fields of an item as questions."""
    assert listed.items is not None
    inner = listed.items.properties or (listed.items,)
    return tuple(
        question(child, (), graph.wordings) for child in inner if not child.is_array and not child.is_object
    )


def name_of(listed: Field, graph: Graph) -> Meaning:
    """What a list is called."""
    return graph.wordings.meaning(words(listed.title or listed.name))


def heads(listed: Field, questions: Sequence[FieldQuery], graph: Graph) -> Iterator[Head]:
    """Every row that could be the head of the list, with what it names."""
    named = name_of(listed, graph)
    rows = graph.sheet.layout.rows
    for row in rows:
        if not _could_be_head(row):
            continue
        strips = gutters(row, rows)
        for depth in range(1, _DEEPEST + 1):
            part = rows[row.index : row.index + depth]
            if len(part) < depth or (depth > 1 and not _goes_on(part)):
                break
            columns = _meant(_stacked(part, strips), questions, graph)
            found = [column.near for column in columns if column.asked is not None]
            if len(found) < min(2, len(questions)):
                continue
            nearby = [cell.text for r in rows[max(0, row.index - 2) : row.index + 1] for cell in r.cells]
            about = max(
                (likeness(named, graph.wordings.meaning(text[:60])).both for text in nearby), default=0.0
            )
            yield Head(row.index, row.index + depth, columns, sum(found) + _NAMES_LIST * about - 0.1 * depth)


def _could_be_head(row: Row) -> bool:
    short = [cell for cell in row.cells if len(cell.text) <= _LONGEST]
    digits = sum(char.isdigit() for cell in row.cells for char in cell.text)
    letters = sum(char.isalpha() for cell in row.cells for char in cell.text)
    return len(short) >= 1 and digits <= 0.15 * letters


def _goes_on(rows: Sequence[Row]) -> bool:
    """Whether the last of some rows may still belong to a head."""
    if len(rows) < 2:
        return False
    last, before = rows[-1], rows[-2]
    return last.page is before.page and last.y0 - before.y1 < 0.9 * before.height and _could_be_head(last)


def _stacked(rows: Sequence[Row], strips: Sequence[tuple[float, float]]) -> list[TableColumn]:
    """The cells of a head's rows, those under one another joined."""
    columns: list[TableColumn] = []
    for row in rows:
        for piece in (piece for cell in row.cells for piece in _pieces(cell, strips)):
            over = [column for column in columns if _shares(column, piece)]
            if len(over) == 1 and row is not rows[0]:
                above = over[0]
                extent = min(above.x0, piece.x0), max(above.x1, piece.x1)
                columns[columns.index(above)] = TableColumn((*above.lines, *piece.lines), *extent)
            elif not over:
                columns.append(piece)
    return sorted(columns, key=lambda column: column.x0)


def _shares(one: TableColumn, two: TableColumn) -> bool:
    shared = min(one.x1, two.x1) - max(one.x0, two.x0)
    return shared > 0.2 * min(one.x1 - one.x0, two.x1 - two.x0)


def _pieces(cell: Cell, strips: Sequence[tuple[float, float]]) -> Iterator[TableColumn]:
    """A cell of a head, cut between columns: their names stand close."""
    for start, end in cut(cell, strips):
        yield TableColumn((cell.text[start:end],), cell.x_at(start), cell.x_at(end))


def gutters(row: Row, rows: Sequence[Row]) -> list[tuple[float, float]]:
    """The strips between columns: where hardly any word of the rows under a head stands.

    With few rows, words of one text leave the same strips free by chance, so whole cells are looked at.
    """
    full = [
        other
        for other in rows[row.index + 1 : row.index + 16]
        if other.page is row.page and len(other.cells) >= 3
    ][:8]
    whole = len(full) < _MANY
    spans = sorted(
        span
        for other in full
        for cell in other.cells
        for span in ([(cell.x0, cell.x1)] if whole else _words(cell))
    )
    if not spans:
        return []
    allowed = 0 if whole else len(full) // _MANY
    starts, ends = sorted(x0 for x0, _ in spans), sorted(x1 for _, x1 in spans)
    free, covered, at = [], 0, 0
    for index, x1 in enumerate(ends):
        while at < len(starts) and starts[at] < x1:
            at += 1
        covered = at - index - 1
        following = starts[at] if at < len(starts) else x1
        if covered <= allowed and following - x1 > 0.35 * row.height:
            free.append((x1, following))
    return free


def _words(cell: Cell) -> Iterator[tuple[float, float]]:
    for match in re.finditer(r"\S+", cell.text):
        yield cell.x_at(match.start()), cell.x_at(match.end())


def cut(cell: Cell, strips: Sequence[tuple[float, float]]) -> Iterator[tuple[int, int]]:
    """A cell's text cut where a strip between columns runs through it: the parts as start and end."""
    start = 0
    for gap in re.finditer(r"\s+", cell.text):
        x0, x1 = cell.x_at(gap.start()), cell.x_at(gap.end())
        middle = (x0 + x1) / 2
        if any(
            low - 0.2 * cell.height <= x0 and x1 <= high + 0.2 * cell.height and low <= middle <= high
            for low, high in strips
        ):
            yield start, gap.start()
            start = gap.end()
    yield start, len(cell.text)


def _meant(
    columns: Sequence[TableColumn], questions: Sequence[FieldQuery], graph: Graph
) -> tuple[TableColumn, ...]:
    """Each column with the field it names best, each field once."""
    pairs = []
    for index, column in enumerate(columns):
        for asked, wanted in enumerate(questions):
            near, line = _nearest(column, wanted, graph)
            if near >= _MEANT:
                pairs.append((near, index, asked, line))
    named = list(columns)
    taken: set[int] = set()
    for near, index, asked, line in sorted(pairs, key=lambda pair: (-pair[0], pair[1])):
        if asked not in taken and named[index].asked is None:
            named[index] = replace(named[index], asked=asked, near=near, line=line)
            taken.add(asked)
    return tuple(named)


def _nearest(column: TableColumn, wanted: FieldQuery, graph: Graph) -> tuple[float, int]:
    """How near a column's name is to a field, and on which of its lines that is said, 0 for all together."""
    if len(column.text) > _LONGEST * len(column.lines):
        return 0.0, 0
    joined = _near(column.text, wanted, graph)
    if len(column.lines) == 1:
        return joined, 0
    by_line = [_near(line, wanted, graph) for line in column.lines]
    best = max(range(len(by_line)), key=by_line.__getitem__)
    return (by_line[best], best) if by_line[best] > joined + 0.15 else (joined, 0)


def _near(text: str, wanted: FieldQuery, graph: Graph) -> float:
    """How near a name is to a field; of two that mean the same the one in its very letters is nearer."""
    read = graph.wordings.meaning(text)
    found = [likeness(meaning, read) for meaning in wanted.own]
    return max(0.97 * one.both + 0.03 * one.letters for one in found)


def with_the_rest(head: Head, questions: Sequence[FieldQuery], numbers: Mapping[int, float]) -> Head:
    """The head with the fields that no column names, given to columns of their type that are free.

    `numbers` is the share of numbers in each column, by its index. A sum stands rightmost, a text is the widest;
    a column of numbers, such as those of the lines, does not hold the words of an item.
    """
    columns = [
        replace(column, asked=None) if _is_counted(column, questions, numbers.get(index, 0.0)) else column
        for index, column in enumerate(head.columns)
    ]
    missing = [asked for asked in range(len(questions)) if asked not in {c.asked for c in columns}]
    first = next((asked for asked, one in enumerate(questions) if one.kind == "text"), None)
    for asked in missing:
        wants_number = questions[asked].kind in _NUMERIC
        free = [
            index
            for index, column in enumerate(columns)
            if column.asked is None and index in numbers and (numbers[index] > 0.6) == wants_number
        ]
        alike = [other for other in missing if (questions[other].kind in _NUMERIC) == wants_number]
        if free and wants_number and questions[asked].ideas & _SUMMED:
            index = max(free, key=lambda i: columns[i].x1)
        elif free and (len(free) == len(alike) == 1 if wants_number else asked == first):
            index = max(free, key=lambda i: _room(columns, i))
        else:
            continue
        columns[index] = replace(columns[index], asked=asked, near=0.3)
    return replace(head, columns=tuple(columns))


def _is_counted(column: TableColumn, questions: Sequence[FieldQuery], share: float) -> bool:
    """Whether a column that is named like the words of an item holds the numbers of the lines."""
    ideas = questions[column.asked].ideas if column.asked is not None else frozenset()
    return bool(ideas & {"description", "test"}) and not ideas & {"number", "sku"} and share > 0.8


def _room(columns: Sequence[TableColumn], index: int) -> float:
    """How wide a column may be: up to where the next one begins."""
    return (columns[index + 1].x0 if index + 1 < len(columns) else columns[index].x1) - columns[index].x0


def numeric(rows: Sequence[Mapping[int, Sequence[Span]]]) -> dict[int, float]:
    """By column, the share of its texts that are numbers."""
    texts: dict[int, list[str]] = {}
    for filled in rows:
        for index, spans in filled.items():
            texts.setdefault(index, []).append(" ".join(span.text for span in spans))
    return {index: sum(is_number(text) for text in found) / len(found) for index, found in texts.items()}


def is_number(text: str) -> bool:
    """Whether a text is one number, its currency or unit beside it."""
    return _NUMBER.fullmatch(text) is not None
