"""What a column of a table looks like, whatever is asked for: as a row of numbers, and of which type it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from statistics import mean

from worker.reading.engines.matcher.derived_columns import Derivation
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.grids import Grid
from worker.reading.engines.matcher.number_cells import is_number, joined
from worker.reading.engines.matcher.typed_spans import Span

_CENTS = re.compile(r"\d[.,]\d\d(?!\d)")
_WHOLE = re.compile(r"\d{1,6}")
_CODE = re.compile(r"(?=\S*\d)(?=\S*[^\W\d_])\S{3,}")
_MOST = 0.6  # share of a column's parts that are of its type
_LONG = 60.0  # characters
_MOST_ROWS = 30  # that are looked at
_MOST_SUMMED = 60  # rows
_SHORT = 2  # characters of a mark
NAMES = [
    "rows",
    "full_rows",
    "filled",
    "is_number",
    "is_date",
    "is_time",
    "cents",
    "whole",
    "percent",
    "letters",
    "code",
    "length",
    "distinct",
    "short",
    "width",
    "widest_words",
    "adds_up",
    "upwards",
    "named",
    "name_length",
    "lines",
    "at",
    "from_right",
    "columns",
    *(f"of_{kind.value}" for kind in Derivation),
]
"""What `of_columns` tells of each."""

Parts = Sequence[Sequence[Span]]
"""What stands in a column, row by row."""


def parts_of(grid: Grid) -> list[Parts]:
    """What stands in each column of a table's full rows."""
    return [grid.parts(at)[:_MOST_ROWS] for at in range(len(grid.columns))]


def type_of(parts: Parts, graph: Graph) -> str:
    """What most parts of a column are: date, time, number, else text; nothing where it is empty."""
    for kind in ("date", "time"):
        if parts and typed(kind, parts, graph) > _MOST:
            return kind
    if not parts:
        return ""
    return "number" if mean(is_number(joined(part)) for part in parts) > _MOST else "text"


def typed(kind: str, parts: Parts, graph: Graph) -> float:
    """The share of some parts that are of a type."""
    return mean(bool(graph.sheet.typed_part(kind, part[0])) for part in parts)


def of_columns(grid: Grid, parts: Sequence[Parts], types: Sequence[str], graph: Graph) -> list[list[float]]:
    """A row for each column."""
    texts = [[joined(part) for part in column] for column in parts]
    rows = max(1, min(len(grid.full), _MOST_ROWS))
    around = _around(grid, types, texts, graph)
    return [
        [
            float(grid.size),
            float(len(grid.full)),
            len(found) / rows,
            *(float(types[at] == kind) for kind in ("number", "date", "time")),
            *_of_texts(found or [""]),
            *around[at],
        ]
        for at, found in enumerate(texts)
    ]


def _of_texts(texts: Sequence[str]) -> list[float]:
    """What the texts of a column are like."""
    tests: tuple[Callable[[str], object], ...] = (
        _CENTS.search,
        _WHOLE.fullmatch,
        lambda text: "%" in text,
        lambda text: any(map(str.isalpha, text)),
        _CODE.fullmatch,
    )
    return [
        *(mean(bool(test(text)) for text in texts) for test in tests),
        min(1.0, mean(map(len, texts)) / _LONG),
        len(set(texts)) / len(texts),
        mean(len(text) <= _SHORT for text in texts),
    ]


def _around(
    grid: Grid, types: Sequence[str], texts: Sequence[Sequence[str]], graph: Graph
) -> list[list[float]]:
    """What each column is among the others: its width, its part in a product, its place, its name."""
    columns = grid.columns
    plain = len(grid.head.columns)
    head = grid.head.columns
    rooms = [two.x0 - one.x0 for one, two in pairwise(head)] + [
        one.x1 - one.x0 for one in columns[plain - 1 :]
    ]
    whole = max(1.0, head[-1].x1 - head[0].x0)
    letters = [mean(map(len, found)) if types[at] == "text" else 0.0 for at, found in enumerate(texts)]
    adding_up = _adding_up(grid, graph)
    return [
        [
            rooms[at] / whole,
            float(0 < letters[at] == max(letters)),
            float(at in adding_up),
            float(grid.up),
            float(bool(column.lines)),
            min(1.0, len(column.text) / _LONG),
            float(len(column.lines)),
            float(min(at, plain)),
            float(max(-1, plain - 1 - at)),
            float(plain),
            *(float(at >= plain and grid.derived[at - plain].kind == kind) for kind in Derivation),
        ]
        for at, column in enumerate(columns)
    ]


def _adding_up(grid: Grid, graph: Graph) -> set[int]:
    """The columns of which the first numbers, from the second on, make one that is printed, too."""
    printed = {one.value for one in graph.sheet.amounts}
    sums: dict[int, Decimal] = {}
    found = set()
    for row in grid.numbers[:_MOST_SUMMED]:
        for at, value in row.items():
            if at in sums and value and sums[at] + value in printed:
                found.add(at)
            sums[at] = sums.get(at, Decimal(0)) + value
    return found
