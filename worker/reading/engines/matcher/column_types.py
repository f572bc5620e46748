"""Columns of a table that no name tells, by the type of what stands in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from worker.reading.engines.matcher.columns import Head, TableColumn, near_to
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.number_cells import is_number, joined, numeric
from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.typed_spans import Span

_SUMMED = frozenset({"total", "amount"})
_BY_TYPE = 0.3  # how near a column is to a field that has its type alone
_ALIKE = 0.2  # likeness of names from which a column of a field's type may hold it
_MOST = 0.6  # share of a column's parts that are of its type


def with_the_rest(
    head: Head, questions: Sequence[FieldQuery], filled: Sequence[Mapping[int, Sequence[Span]]], graph: Graph
) -> Head:
    """The head with the fields that no column names, given to columns of their type that are free.

    `filled` are the parts of each row by column. A sum stands rightmost, a text is the widest; a column of numbers,
    such as those of the lines, does not hold the words of an item. Fields and columns of one type that are left
    and as many go together in their order.
    """
    numbers = numeric(filled)
    columns = [
        replace(column, asked=None) if _is_counted(column, questions, numbers.get(index, 0.0)) else column
        for index, column in enumerate(head.columns)
    ]
    types = {index: _type_of(index, filled, graph) for index in range(len(columns))}
    for index, asked in _by_likeness(columns, questions, types, graph):
        columns[index] = replace(columns[index], asked=asked, near=_BY_TYPE, sensed=True)
    for index, asked in _by_type(columns, questions, types):
        columns[index] = replace(columns[index], asked=asked, near=_BY_TYPE, sensed=True)
    first = next((asked for asked, one in enumerate(questions) if one.kind == "text"), None)
    free = [index for index, column in enumerate(columns) if column.asked is None and types[index] == "text"]
    if first is not None and free and first not in {column.asked for column in columns}:
        index = max(free, key=lambda i: _room(columns, i))
        columns[index] = replace(columns[index], asked=first, near=_BY_TYPE, sensed=True)
    return replace(head, columns=tuple(columns))


def _by_likeness(
    columns: Sequence[TableColumn], questions: Sequence[FieldQuery], types: Mapping[int, str], graph: Graph
) -> Iterator[tuple[int, int]]:
    """Columns and fields of one type whose names have something in common, though too little by itself."""
    named = {column.asked for column in columns}
    pairs = sorted(
        (
            (near_to(column, wanted, graph), index, asked)
            for index, column in enumerate(columns)
            for asked, wanted in enumerate(questions)
            if column.asked is None and asked not in named and types[index] == _kind_of(wanted)
        ),
        key=lambda pair: -pair[0],
    )
    taken: set[int] = set()
    for near, index, asked in pairs:
        if near >= _ALIKE and index not in taken and asked not in named:
            taken.add(index)
            named.add(asked)
            yield index, asked


def _by_type(
    columns: Sequence[TableColumn], questions: Sequence[FieldQuery], types: Mapping[int, str]
) -> Iterator[tuple[int, int]]:
    """Columns that no name gives a field, with fields that no column names, of one type each."""
    named = {column.asked for column in columns}
    for kind in ("date", "time", "number"):
        missing = [
            asked for asked, one in enumerate(questions) if asked not in named and _kind_of(one) == kind
        ]
        free = [
            index for index, column in enumerate(columns) if column.asked is None and types[index] == kind
        ]
        summed = next((asked for asked in missing if questions[asked].ideas & _SUMMED), None)
        if kind == "number" and summed is not None and free:
            index = max(free, key=lambda i: columns[i].x1)
            yield index, summed
            missing.remove(summed)
            free.remove(index)
        if len(free) == len(missing):
            yield from zip(free, missing, strict=True)


def _kind_of(asked: FieldQuery) -> str:
    return {"datetime": "date", "integer": "number"}.get(asked.kind, asked.kind)


def _type_of(index: int, filled: Sequence[Mapping[int, Sequence[Span]]], graph: Graph) -> str:
    """What most parts of a column are: date, time, number, else text; nothing where it is empty."""
    parts = [row[index] for row in filled if index in row]
    for kind in ("date", "time"):
        if parts and sum(bool(graph.sheet.typed_part(kind, part[0])) for part in parts) > _MOST * len(parts):
            return kind
    if not parts:
        return ""
    return "number" if sum(is_number(joined(part)) for part in parts) > _MOST * len(parts) else "text"


def _is_counted(column: TableColumn, questions: Sequence[FieldQuery], share: float) -> bool:
    """Whether a column that is named like the words of an item holds the numbers of the lines."""
    ideas = questions[column.asked].ideas if column.asked is not None else frozenset()
    return bool(ideas & {"description", "test"}) and not ideas & {"number", "sku"} and share > 0.8


def _room(columns: Sequence[TableColumn], index: int) -> float:
    """How wide a column may be: up to where the next one begins."""
    return (columns[index + 1].x0 if index + 1 < len(columns) else columns[index].x1) - columns[index].x0
