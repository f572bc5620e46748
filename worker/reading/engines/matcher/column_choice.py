"""Which column of a table holds which field of an item, and how surely."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from worker.reading.engines.matcher import column_features, scorer
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.grids import Grid
from worker.reading.engines.matcher.listed import Listed
from worker.reading.engines.matcher.scorer import Floats

_LONGER = 0.05  # power of the number of its rows by which a table is rather meant
_CLEARLY = 0.6  # how much nearer the names of two columns are to the other's field each, to be meant
_NAMED = 0.6  # likeness from which a name surely says a field
_LEAST = 0.05  # probability from which a column may hold a field


@dataclass(frozen=True, slots=True)
class Assigned:
    """A field by its number, and how probable it is, among all columns of all tables, that it stands in one."""

    asked: int
    odds: float


@dataclass(frozen=True, slots=True)
class Held:
    """The field that a column holds.

    `sure` is the share of its values that are right, where its table was chosen. Where its head names several things,
    `line` is the line of an item on which the field stands.
    """

    asked: int
    sure: float
    line: int = 0


@dataclass(frozen=True)
class TableChoice:
    """A table for a list: the fields that its columns hold, by their index, and how many those probably are."""

    grid: Grid
    held: Mapping[int, Held]
    fields: float
    is_named: bool
    """Whether the name of a column surely says its field."""

    @cached_property
    def rank(self) -> float:
        """What speaks for it among others: its fields, and of several about as good the longest."""
        return float(self.fields * max(1, len(self.grid.full)) ** _LONGER)


def choices(listed: Listed, grids: Sequence[Grid], graph: Graph) -> list[TableChoice]:
    """Every table that may hold a list, with its columns."""
    if not grids or not listed.questions:
        return []
    tables = column_features.tables(grids, listed, graph)
    scores = scorer.column_scorer().scores(np.vstack(tables))
    ends = np.cumsum([len(rows) for rows in tables])[:-1]
    return [
        _choice(grid, rows, each.reshape(len(listed.questions), -1))
        for grid, rows, each in zip(grids, tables, np.split(scores, ends), strict=True)
    ]


def _choice(grid: Grid, rows: Floats, scores: Floats) -> TableChoice:
    sure = scorer.column_scorer().probability(scores)
    lines = rows[:, column_features.LINE].reshape(scores.shape)
    near = rows[:, column_features.NEAR].reshape(scores.shape)
    shared = rows[:, column_features.SHARED].reshape(scores.shape)
    found = _as_named(dict(assigned(scores)), near + shared)
    held = {
        at: Held(one.asked, float(sure[one.asked, at]), int(lines[one.asked, at]))
        for at, one in found.items()
    }
    is_named = any(near[one.asked, at] >= _NAMED for at, one in found.items())
    return TableChoice(grid, held, sum(one.odds for one in found.values()), is_named)


def _as_named(found: Mapping[int, Assigned], near: Floats) -> dict[int, Assigned]:
    """The columns, two of which change their fields where each has the name of the other's: order tells less than names."""
    held = dict(found)
    for one, two in combinations(found, 2):
        now = near[held[one].asked, one] + near[held[two].asked, two]
        if near[held[one].asked, two] + near[held[two].asked, one] > now + _CLEARLY:
            held[one], held[two] = held[two], held[one]
    return held


def assigned(scores: Floats) -> Iterator[tuple[int, Assigned]]:
    """Each column with one field and each field with one column, by scores of fields × columns, the best first."""
    odds = 1 / (1 + np.exp(-scores))
    fields: set[int] = set()
    taken: set[int] = set()
    for flat in np.argsort(-scores, axis=None, kind="stable").tolist():
        asked, at = divmod(flat, scores.shape[1])
        if odds[asked, at] < _LEAST:
            return
        if asked not in fields and at not in taken:
            fields.add(asked)
            taken.add(at)
            yield at, Assigned(asked, float(odds[asked, at]))
