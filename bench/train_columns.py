"""Train what tells which column of a table holds which field of a list.

    python -m bench.train_columns [--count 350] [--seed 1] [--corpus FOLDER]

Every list of drawn documents (`bench.sheets`), and of half a of the documents that strangers wrote (`bench.corpus`, as drawn in
FOLDER), is held against every table of its document; a column is right for a field where most of the labelled values stand
in it, and in no other column more of them. What the trees say is mapped to the share of values that are right in the
columns of the tables that come first, each document judged by trees that had not seen it. The same seed gives the same trees.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from bench import trees
from bench.accuracy.page_cache import PageCache
from bench.corpus.__main__ import MAKES, cases
from bench.sheets.documents import draw
from bench.train import COMMON, DEEPEST, FOLDER, FOLDS, VARIANTS, hidden, options
from schemas import pointer, registry
from schemas.json_schema.fields import Field
from worker.reading.engines.matcher import column_choice, column_features, grids
from worker.reading.engines.matcher.any_schema import lists
from worker.reading.engines.matcher.assign import as_type
from worker.reading.engines.matcher.cell_values import values_in
from worker.reading.engines.matcher.graph import Graph, graph_of
from worker.reading.engines.matcher.grids import Grid
from worker.reading.engines.matcher.listed import listed_of
from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.scorer import Floats, Forest
from worker.reading.engines.matcher.wordings import shipped
from worker.reading.score.compare import equal

_PARAMETERS = {
    **COMMON,
    "objective": "binary",
    "num_leaves": 15,
    "num_iterations": 240,
    "learning_rate": 0.04,
    "min_data_in_leaf": 30,
    "feature_fraction": 0.6,
}
_FORESTS = 3
_OFTEN = 3  # how often a document of strangers counts
_MOST = 0.5  # share of the labelled values that a right column has, and of those of the best one
_NEARLY = 0.8
_SHUFFLED = 0.15  # share of the lists whose fields are asked for in another order than their author's
_BEGUN = 0.7  # what counts of a text that goes on in another line


@dataclass(frozen=True)
class ListedTable:
    """A list and a table of its document: rows of `column_features`, and the share of the values of every field in every column.

    `number` is the same for all makes of a document, `of` for all tables of a list; columns `stand for` those of the head.
    """

    number: int
    of: tuple[str, str]
    rows: Floats
    shares: Floats
    stands_for: Sequence[frozenset[int]]


def main() -> None:
    arguments = options(__doc__)
    drawn = list(_drawn(arguments.count, arguments.seed))
    strangers = list(_of_corpus(arguments.corpus))
    odds = _held_out(strangers, drawn, arguments.seed)
    knots = trees.knots(*_assigned(strangers, odds))
    models = _fit([*_OFTEN * strangers, *drawn], arguments.seed)
    np.savez_compressed(FOLDER / "columns.npz", **_arrays(models), knots=knots)
    print(
        f"{len(drawn)} drawn and {len(strangers)} tables of strangers, values of the first {_right(strangers, odds):.3f}"
    )
    gains = sorted(
        zip(models[0].feature_importance("gain"), models[0].feature_name(), strict=True), reverse=True
    )
    print(" ".join(f"{column}:{gain:.0f}" for gain, column in gains))


def _fit(tables: Sequence[ListedTable], seed: int) -> list[lightgbm.Booster]:
    """Several forests, of which the mean is taken: which column one takes depends much on its seed."""
    rows = np.vstack([table.rows for table in tables])
    right = np.hstack([_right_columns(table.shares).ravel() for table in tables]).astype(int)
    data = lightgbm.Dataset(rows, right, feature_name=list(column_features.NAMES))
    return [lightgbm.train({**_PARAMETERS, "seed": seed + at}, data) for at in range(_FORESTS)]


def _arrays(models: Sequence[lightgbm.Booster]) -> dict[str, Any]:
    return trees.arrays(*(model.dump_model() for model in models), depth=DEEPEST)


def _right_columns(shares: Floats) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (shares >= _MOST) & (shares >= _NEARLY * shares.max(axis=1, keepdims=True))
    return found


def _held_out(strangers: Sequence[ListedTable], drawn: Sequence[ListedTable], seed: int) -> list[Floats]:
    """What speaks for every field and column, by trees that learned from the documents of other folds."""
    odds: list[Floats] = [np.zeros(0, dtype=np.float32)] * len(strangers)
    for fold in range(FOLDS):
        learned = [table for table in strangers if table.number % FOLDS != fold]
        forest = Forest(**_arrays(_fit([*_OFTEN * learned, *drawn], seed)), knots=trees.NO_KNOTS)
        for at, table in enumerate(strangers):
            if table.number % FOLDS == fold:
                odds[at] = forest.scores(table.rows).reshape(table.shares.shape)
    return odds


def _first(strangers: Sequence[ListedTable], odds: Sequence[Floats]) -> Iterator[tuple[ListedTable, Floats]]:
    """The table of each list that comes first."""
    best: dict[tuple[str, str], tuple[float, int]] = {}
    for at, table in enumerate(strangers):
        fields = sum(one.odds for _, one in column_choice.assigned(odds[at], table.stands_for))
        best[table.of] = max(best.get(table.of, (0.0, at)), (fields, at))
    return ((strangers[at], odds[at]) for _, at in best.values())


def _assigned(strangers: Sequence[ListedTable], odds: Sequence[Floats]) -> tuple[Floats, Floats]:
    """What speaks for each column that holds a field in the first tables, and the share of its values that are right."""
    found = [
        (each[one.asked, at], table.shares[one.asked, at])
        for table, each in _first(strangers, odds)
        for at, one in column_choice.assigned(each, table.stands_for)
    ]
    return np.array([one for one, _ in found]), np.array([share for _, share in found])


def _right(strangers: Sequence[ListedTable], odds: Sequence[Floats]) -> float:
    """The mean share of a list's values that stand in the columns of its first table."""
    shares = [
        sum(float(table.shares[one.asked, at]) for at, one in column_choice.assigned(each, table.stands_for))
        / len(each)
        for table, each in _first(strangers, odds)
    ]
    return sum(shares) / len(shares)


def _drawn(count: int, seed: int) -> Iterator[ListedTable]:
    variants = [shipped(), *(shipped(*hidden(Random(seed * 1000 + number))) for number in range(VARIANTS))]
    for number in range(count):
        sheet = draw(seed * 1_000_000 + number)
        root = registry.from_json_schema(sheet.schema.raw, name="drawn").root
        graph = graph_of([sheet.page], root, variants[number % 2 * (1 + number // 2 % VARIANTS)])
        yield from _of_document(number, f"drawn {number}", root, graph, sheet.schema.expected)


def _of_corpus(folder: Path) -> Iterator[ListedTable]:
    """The half of the corpus that may be looked at."""
    cache = PageCache(folder / "lines")
    for make in MAKES:
        for number, case in enumerate(cases(folder, make)):
            if not case.half and case.schema.name not in registry.kinds():
                root = case.schema.root
                graph = graph_of(cache.pages(case.path), root, shipped())
                yield from _of_document(number, f"{make} {case.id}", root, graph, dict(case.expected))


def _of_document(
    number: int, name: str, root: Field, graph: Graph, expected: dict[str, Any]
) -> Iterator[ListedTable]:
    for target in lists(root):
        items = [item for item in _expected(expected, target.path) if isinstance(item, dict)]
        if target.items is None or not target.items.is_object:
            continue
        listed, every = listed_of(target, graph), grids.find(graph)
        if Random(f"{name} {target.path}").random() < _SHUFFLED:
            questions = list(listed.questions)
            Random(name).shuffle(questions)
            listed = replace(listed, questions=questions)
        for grid, rows in zip(every, column_features.tables(every, listed, graph), strict=True):
            shares = [_shares(grid, one, items, graph) for one in listed.questions]
            yield ListedTable(
                number, (name, target.path), rows, np.array(shares, dtype=np.float32), grid.stands_for
            )


def _expected(data: dict[str, Any], path: str) -> list[Any]:
    try:
        found = pointer.get(data, path)
    except LookupError:
        return []
    return found if isinstance(found, list) else []


def _shares(grid: Grid, asked: FieldQuery, items: Sequence[dict[str, Any]], graph: Graph) -> list[float]:
    """By column the share of a field's labelled values that stand in it; half a text that goes on elsewhere counts some."""
    wanted = [item[asked.field.name] for item in items if item.get(asked.field.name) is not None]
    return [_share(_values(grid, at, asked, graph), wanted) for at in range(len(grid.columns))]


def _values(grid: Grid, at: int, asked: FieldQuery, graph: Graph) -> list[Any]:
    return [
        as_type(found[0].value, asked.field)
        for found in values_in(asked, grid.cells(at), 1.0, graph)
        if found
    ]


def _share(found: list[Any], wanted: Sequence[Any]) -> float:
    right = 0.0
    for value in wanted:
        at = next((at for at, other in enumerate(found) if equal(value, other)), None)
        if at is not None:
            found.pop(at)
            right += 1
        elif isinstance(value, str) and any(_begins(value, other) for other in found):
            right += _BEGUN
    return right / max(1, len(wanted))


def _begins(whole: str, part: Any) -> bool:
    return isinstance(part, str) and len(part) > 2 and whole.casefold().startswith(part.casefold())


if __name__ == "__main__":
    main()
