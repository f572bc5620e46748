"""What the scorer of columns looks at: a field of an item and a column of a table as a row of numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from statistics import mean

import numpy as np

from worker.reading.engines.matcher import column_facts, column_words, products
from worker.reading.engines.matcher.column_facts import Parts, parts_of, type_of, typed
from worker.reading.engines.matcher.columns import TableColumn
from worker.reading.engines.matcher.concepts import words
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.grids import Grid
from worker.reading.engines.matcher.listed import Listed
from worker.reading.engines.matcher.number_cells import is_number, joined
from worker.reading.engines.matcher.questions import NUMERIC, FieldQuery
from worker.reading.engines.matcher.scorer import Floats
from worker.reading.engines.matcher.sense_table import UNKNOWN, Said, SenseTable
from worker.reading.engines.matcher.wordings import RELATED, Likeness, likeness

_IDEAS: Mapping[str, frozenset[str]] = {
    "amount": frozenset({"total", "amount", "balance"}),
    "price": frozenset({"price", "cost", "charge"}),
    "quantity": frozenset({"quantity", "count", "pieces", "hours"}),
    "part": frozenset({"tax", "rate", "discount"}),
    "words": frozenset({"description", "name", "title"}),
    "code": frozenset({"sku", "code", "number", "reference", "serial", "id"}),
    "unit": frozenset({"unit", "currency"}),
}
_KINDS = ("text", "number", "integer", "date", "datetime", "time", "boolean", "enum")
_COLUMN_TYPES: Mapping[str, str] = {
    "datetime": "date",
    "integer": "number",
    "enum": "text",
    "boolean": "text",
}
_OF_ONE_LINE = 0.15  # how much nearer one line of a name has to be than the whole, to be meant alone
_SAME_NUMBERS = 0.5  # likeness of two names that have the same numbers in them
_LONGEST = 60  # characters of a name that are looked at
_OF_FIELD = [
    *(f"kind_{kind}" for kind in _KINDS),
    *(f"idea_{idea}" for idea in _IDEAS),
    "field_at",
    "fields",
    "is_known",
    "described",
]
_OF_NAME = [
    "both",
    "recall",
    "precision",
    "letters_alike",
    "line",
    "said",
    "said_about",
    "list_named",
    "shared_words",
]
_BESIDE = ["both_of_rival_field", "both_of_rival_column", "said_of_rival_field", "said_of_rival_column"]
_ORDER = ["suits", "in_product", "same_type", "rank_apart", "rank_apart_right", "surplus", "apart"]
NAMES = [*column_facts.NAMES, *_OF_FIELD, *_OF_NAME, *_BESIDE, *_ORDER]
"""What the columns of `tables` hold."""
NEAR = NAMES.index("both")
"""Which holds how near a column's name is to the field."""
SHARED = NAMES.index("shared_words")
"""Which holds the share of the field's words that stand in it."""
LINE = NAMES.index("line")
"""Which holds the line of a column's name that names the field, 0 for the whole."""


def tables(grids: Sequence[Grid], listed: Listed, graph: Graph) -> list[Floats]:
    """By table a row for every field with every column, field by field."""
    names = _Names(grids, listed, graph)
    of_fields = np.array([_of_field(at, listed) for at in range(len(listed.questions))], dtype=np.float32)
    return [_table(grid, of_fields, names) for grid in grids]


def _table(grid: Grid, of_fields: Floats, names: _Names) -> Floats:
    questions, graph = names.listed.questions, names.graph
    parts = parts_of(grid)
    types = [type_of(column, graph) for column in parts]
    shape = (len(questions), len(types))
    of_columns = np.array(column_facts.of_columns(grid, parts, types, graph), dtype=np.float32)
    named = np.array(
        [[names.of(asked, column) for column in grid.columns] for asked in range(shape[0])], dtype=np.float32
    )
    suits = [[_suits(one, column, graph) for column in parts] for one in questions]
    both, said = named[:, :, _OF_NAME.index("both")], named[:, :, _OF_NAME.index("said")].clip(0)
    beside = [_rival(both, 0), _rival(both, 1), _rival(said, 0), _rival(said, 1)]
    order = _order(questions, types, len(grid.head.columns))
    left = np.broadcast_to(of_columns, (*shape, of_columns.shape[1]))
    middle = np.broadcast_to(of_fields[:, None, :], (*shape, of_fields.shape[1]))
    right = np.stack([*beside, np.array(suits, dtype=np.float32), _in_product(grid, questions)], axis=-1)
    found: Floats = np.concatenate([left, middle, named, right, order], axis=-1)
    return found.reshape(shape[0] * shape[1], -1)


def _rival(values: Floats, axis: int) -> Floats:
    """Of every pair the highest value of the others along an axis."""
    if values.shape[axis] < 2:
        return np.zeros_like(values)
    best = values.argmax(axis=axis, keepdims=True)
    ordered = np.sort(values, axis=axis)
    first, second = ordered.take([-1], axis=axis), ordered.take([-2], axis=axis)
    index = np.arange(values.shape[axis]).reshape((-1, 1) if axis == 0 else (1, -1))
    found: Floats = np.where(index == best, second, first)
    return found


def _of_field(at: int, listed: Listed) -> list[float]:
    one = listed.questions[at]
    kinds = [float(one.kind == kind) for kind in _KINDS]
    ideas = [float(bool(one.ideas & ideas)) for ideas in _IDEAS.values()]
    return [
        *kinds,
        *ideas,
        float(at),
        float(len(listed.questions)),
        float(one.is_known),
        float(bool(one.about.text)),
    ]


class _Names:
    """How near the names of columns are to the fields of a list; those of several tables that are the same, once."""

    def __init__(self, grids: Sequence[Grid], listed: Listed, graph: Graph) -> None:
        self.listed, self.graph = listed, graph
        texts = [text for grid in grids for column in grid.columns for text in _texts(column)]
        self._senses = SenseTable(listed.questions, texts, graph.senses)
        self._kept: dict[tuple[int, tuple[str, ...]], list[float]] = {}

    def of(self, asked: int, column: TableColumn) -> list[float]:
        """What a name says about a field."""
        key = (asked, column.lines)
        if key not in self._kept:
            self._kept[key] = self._read(asked, column)
        return self._kept[key]

    def _read(self, asked: int, column: TableColumn) -> list[float]:
        one, texts = self.listed.questions[asked], _texts(column)
        near, line = self._nearest(one, texts)
        said, about = (
            float(self._senses.near_each(asked, texts, by).max()) if texts else UNKNOWN
            for by in (Said.OWN, Said.ABOUT)
        )
        read = self.graph.wordings.meaning(column.text[:_LONGEST])
        same = _has_its_numbers(one, column)
        if same is False:
            near, said, about = Likeness(), UNKNOWN, UNKNOWN
        return [
            max(near.both, _SAME_NUMBERS) if same else near.both,
            near.recall,
            near.precision,
            near.letters,
            float(line),
            said,
            about,
            likeness(self.listed.named, read).both if texts else 0.0,
            0.0 if same is False else _shared_words(one, column),
        ]

    def _nearest(self, one: FieldQuery, texts: Sequence[str]) -> tuple[Likeness, int]:
        """The likeness of a name, or of the line of it that is nearest, and which line that is, 0 for all together."""
        best, line = Likeness(), 0
        for number, text in enumerate(texts):
            if len(text) > _LONGEST:
                continue
            read = self.graph.wordings.meaning(text)
            found = [likeness(wanted, read, related=RELATED) for wanted in one.own]
            near = max(found, key=lambda each: each.both)
            if near.both > best.both + (_OF_ONE_LINE if number else 0.0):
                line = max(0, number - 1)
            best = max(best, near, key=lambda each: each.both)
        return best, line


def _texts(column: TableColumn) -> list[str]:
    """The whole name of a column and its lines."""
    return list(dict.fromkeys((column.text, *column.lines))) if column.lines else []


def _has_its_numbers(one: FieldQuery, column: TableColumn) -> bool | None:
    """Whether a name has the numbers of a field's: `per 20 ft` and `per 40 ft` differ in nothing else. None without any."""
    own, others = (
        re.findall(r"\d+", name) for name in (words(one.field.title or one.field.name), column.text)
    )
    return own == others if own and others else None


def _shared_words(one: FieldQuery, column: TableColumn) -> float:
    """The share of a field's words that stand in the name of a column: net and gross weight are both weights."""
    own = set(words(one.field.title or one.field.name).casefold().split())
    return len(own & set(re.findall(r"\w+", column.text.casefold()))) / max(1, len(own))


def _suits(one: FieldQuery, parts: Parts, graph: Graph) -> float:
    """The share of a column's parts that are of the type of a field."""
    if not parts:
        return 0.0
    if one.kind in {"enum", "boolean"}:
        texts = [joined(part) for part in parts]
        told = column_words.read(texts, one, graph)
        return mean(told[text][1] if text in told else 0.0 for text in texts)
    if one.kind in NUMERIC:
        return mean(is_number(joined(part)) for part in parts)
    if one.kind in {"date", "time", "datetime"}:
        return typed("time" if one.kind == "time" else "date", parts, graph)
    return mean(any(map(str.isalpha, joined(part))) for part in parts)


def _in_product(grid: Grid, questions: Sequence[FieldQuery]) -> Floats:
    """1 where a field and a column have the same part in a product of columns, -1 where they have different ones."""
    found = np.zeros((len(questions), len(grid.columns)), dtype=np.float32)
    parts = grid.product.parts(grid.numbers) if grid.product else {}
    for role, asked in products.roles(questions).items():
        for part, at in parts.items():
            found[asked, at] = 1 if part == role else -1
    return found


def _order(questions: Sequence[FieldQuery], types: Sequence[str], plain: int) -> Floats:
    """How columns and fields of one type follow one another, each in their own order; derived ones have no place there."""
    kinds = [_COLUMN_TYPES.get(one.kind, one.kind) for one in questions]
    found = np.zeros((len(questions), len(types), len(_ORDER) - 2), dtype=np.float32)
    for asked, kind in enumerate(kinds):
        surplus = types[:plain].count(kind) - kinds.count(kind)
        for at, type_ in enumerate(types):
            before = types[:at].count(kind) - kinds[:asked].count(kind) if at < plain else 0
            behind = types[at + 1 : plain].count(kind) - kinds[asked + 1 :].count(kind) if at < plain else 0
            found[asked, at] = (type_ == kind, before, behind, surplus, at - asked if at < plain else 0)
    return found
