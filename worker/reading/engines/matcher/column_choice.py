"""Which column of a table holds which field of an item, and how surely."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from worker.reading.engines.matcher import column_features, scorer
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.grids import Grid
from worker.reading.engines.matcher.listed import Listed
from worker.reading.engines.matcher.scorer import Floats

_LONGER = 0.1  # power of the number of its rows by which a table is rather meant
_LESS_HEAD = 0.01  # and that of all its rows, of which a longer head takes some
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
        """What speaks for it among others: its fields, of several about as good the longest, and that with the shortest head."""
        full, rows = max(1, len(self.grid.full)), len(self.grid.rows)
        return float(self.fields * full**_LONGER * rows**_LESS_HEAD)


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
    found = _as_named(dict(assigned(scores, grid.stands_for)), near + shared)
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


def assigned(scores: Floats, stands_for: Sequence[frozenset[int]]) -> Iterator[tuple[int, Assigned]]:
    """Each column with one field and each field with one column, by scores of fields × columns.

    The best first; then a field makes room for another where both together are more probable. No two columns are taken
    that stand for the same one of the head.
    """
    odds: Floats = (1 / (1 + np.exp(-scores))).astype(np.float32)
    found: dict[int, int] = {}
    for flat in np.argsort(-scores, axis=None, kind="stable").tolist():
        asked, at = divmod(flat, scores.shape[1])
        if odds[asked, at] < _LEAST:
            break
        if asked not in found and _is_free(at, found.values(), stands_for):
            found[asked] = at
    for asked in range(len(scores)):
        if asked not in found:
            found |= _with_room(asked, found, odds, stands_for)
    for asked, at in sorted(found.items(), key=lambda one: -odds[one]):
        yield at, Assigned(asked, float(odds[asked, at]))


def _is_free(at: int, taken: Iterable[int], stands_for: Sequence[frozenset[int]]) -> bool:
    return all(at != other and stands_for[at].isdisjoint(stands_for[other]) for other in taken)


def _with_room(
    asked: int, found: Mapping[int, int], odds: Floats, stands_for: Sequence[frozenset[int]]
) -> dict[int, int]:
    """A field in the column of another, and that one in one that is free; nothing where they are less probable together."""
    best, gain = {}, 0.0
    for other, column in found.items():
        taken = [at for field, at in found.items() if field != other]
        for at in range(odds.shape[1]):
            more = float(odds[asked, column] + odds[other, at] - odds[other, column])
            if (
                more > gain
                and min(odds[asked, column], odds[other, at]) >= _LEAST
                and _is_free(at, [*taken, column], stands_for)
            ):
                best, gain = {asked: column, other: at}, more
    return best
