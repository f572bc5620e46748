"""Train the scorer of the embedded engine on drawn documents.

    python -m bench.train [--count 2000] [--seed 1] [--corpus FOLDER]

Draws documents (`bench.sheets`), asks every field of their schemas for its candidates as the engine does, and
fits gradient-boosted trees (LightGBM) to which of them are right. Of the wordings that the engine ships, some are
hidden from half of the documents, so that it learns what to do where it knows no word. With `--corpus`, half a of
what strangers wrote (`bench.corpus`, as drawn in FOLDER) is learned from, too, several times over. Every tenth
drawn document is kept out; on these the figures in `scorer.json` are taken. The log-odds of the first candidates are mapped
to the share that is right on documents of strangers, each half of them judged by trees that learned from the other;
without `--corpus` on the drawn ones kept out. The same seed gives the same trees.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from bench import trees
from bench.accuracy.page_cache import PageCache
from bench.corpus.__main__ import MAKES, cases
from bench.sheets.documents import DrawnSheet, draw
from schemas import languages, pointer, registry
from schemas.json_schema.fields import Field
from worker.reading.engines.matcher import scorer
from worker.reading.engines.matcher.answers import rows_for_training
from worker.reading.engines.matcher.features import names
from worker.reading.engines.matcher.graph import graph_of
from worker.reading.engines.matcher.questions import question
from worker.reading.engines.matcher.wordings import Wordings, shipped
from worker.reading.score.compare import equal
from worker.reading.score.metrics import auroc, calibration_error

TARGET = Path(scorer.__file__).with_name("scorer.npz")
DATA_VERSION = 2
_HIDDEN = 0.2  # share of meanings hidden from a document that has some hidden
_VARIANTS = 12
_DEEPEST = 7
_PARAMETERS = {
    "objective": "binary",
    "num_leaves": 31,
    "max_depth": _DEEPEST,
    "learning_rate": 0.08,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
_ROUNDS = 160
_MADE_UP = 3  # fields beside those of a document of the corpus that it does not have
_OFTEN = 6  # how often a document of the corpus counts: there are few


Firsts = tuple[NDArray[np.float32], NDArray[np.bool_]]
"""The log-odds of the first candidates of some fields, and which are right."""


@dataclass(frozen=True)
class Rows:
    """The rows of one field of one document, and which are right."""

    table: NDArray[np.float32]
    right: NDArray[np.bool_]
    document: int


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--count", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--corpus", type=Path)
    options.add_argument("--keep", type=Path, help="keep the rows here, or take them from here")
    arguments = options.parse_args()
    groups = _rows(arguments.count, arguments.seed, arguments.keep)
    train = [group for group in groups if group.document % 10]
    test = [group for group in groups if not group.document % 10]
    corpus = list(_of_corpus(arguments.corpus)) if arguments.corpus else []
    model = _fit([*train, *_OFTEN * corpus], arguments.seed)
    grown = _grown(model)
    judged = _cross_fitted(train, corpus, arguments.seed) if corpus else _firsts(grown, test)
    np.savez_compressed(TARGET, **grown, knots=trees.knots(*judged))
    scorer.forest.cache_clear()
    figures = _figures(test, scorer.forest())
    told = {
        "data_version": DATA_VERSION,
        "seed": arguments.seed,
        "documents": arguments.count,
        "corpus": arguments.corpus is not None,
        "rounds": _ROUNDS,
        **figures,
    }
    TARGET.with_suffix(".json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=1))
    gains = sorted(zip(model.feature_importance("gain"), names(), strict=True), reverse=True)
    print(" ".join(f"{name}:{gain:.0f}" for gain, name in gains[:40]))


def _fit(groups: list[Rows], seed: int) -> lightgbm.Booster:
    table = np.vstack([group.table for group in groups])
    right = np.hstack([group.right for group in groups]).astype(float)
    data = lightgbm.Dataset(table, right, feature_name=list(names()))
    return lightgbm.train({**_PARAMETERS, "seed": seed}, data, _ROUNDS)


def _grown(model: lightgbm.Booster) -> dict[str, Any]:
    return trees.arrays(model.dump_model(), _DEEPEST)


def _cross_fitted(train: list[Rows], corpus: list[Rows], seed: int) -> Firsts:
    """The first candidates of the corpus, each half of its documents by trees that learned from the other half."""
    halves = [[group for group in corpus if group.document % 2 == half] for half in (0, 1)]
    judged = []
    for held, others in (halves, halves[::-1]):
        grown = _grown(_fit([*train, *_OFTEN * others], seed))
        judged.append(_firsts(grown, held))
    return np.hstack([odds for odds, _ in judged]), np.hstack([right for _, right in judged])


def _firsts(grown: dict[str, Any], groups: list[Rows]) -> Firsts:
    """The log-odds of the first candidate of every field, and whether it is right."""
    forest = scorer.Forest(**grown, knots=np.zeros((2, 1), dtype=np.float32))
    odds = [forest.log_odds(group.table) for group in groups]
    best = [int(each.argmax()) for each in odds]
    return (
        np.array([each[at] for each, at in zip(odds, best, strict=True)]),
        np.array([group.right[at] for group, at in zip(groups, best, strict=True)]),
    )


def _rows(count: int, seed: int, kept: Path | None) -> list[Rows]:
    if kept and kept.exists():
        with np.load(kept) as arrays:
            cuts = np.cumsum(arrays["sizes"])[:-1]
            tables, rights = np.split(arrays["table"], cuts), np.split(arrays["right"], cuts)
            return [Rows(t, r, int(d)) for t, r, d in zip(tables, rights, arrays["document"], strict=True)]
    variants = [shipped(), *(shipped(*_hidden(Random(seed * 1000 + number))) for number in range(_VARIANTS))]
    groups = [
        rows
        for number in range(count)
        for rows in _of_document(
            draw(seed * 1_000_000 + number), variants[number % 2 * (1 + number // 2 % _VARIANTS)], number
        )
    ]
    if kept:
        np.savez(
            kept,
            table=np.vstack([g.table for g in groups]),
            right=np.hstack([g.right for g in groups]),
            sizes=np.array([len(g.right) for g in groups]),
            document=np.array([g.document for g in groups]),
        )
    return groups


def _hidden(rng: Random) -> list[str]:
    every = sorted({meaning for meanings in languages.labels().values() for meaning in meanings})
    return [meaning for meaning in every if rng.random() < _HIDDEN]


def _of_document(sheet: DrawnSheet, wordings: Wordings, number: int) -> Iterator[Rows]:
    root = registry.from_json_schema(sheet.schema.raw, name="drawn").root
    scalars = list(_scalars(root, ()))
    questions = [question(target, parents, wordings) for target, parents in scalars]
    for asked, answers, table in rows_for_training(questions, graph_of([sheet.page], root, wordings)):
        expected = _at(sheet.schema.expected, scalars[asked][0].path)
        right = np.array([expected is not None and equal(expected, answer.value) for answer in answers])
        yield Rows(table, right, number)


def _of_corpus(folder: Path) -> Iterator[Rows]:
    """The rows of the half of the corpus that may be looked at."""
    cache = PageCache(folder / "lines")
    for make in MAKES:
        for number, case in enumerate(cases(folder, make)):
            if case.half or case.schema.name in registry.kinds():
                continue
            nonsense = registry.from_json_schema(_nonsense(Random(case.id)), name="nonsense").root
            scalars = [*_scalars(case.schema.root, ()), *_scalars(nonsense, ())]
            questions = [question(target, parents, shipped()) for target, parents in scalars]
            graph = graph_of(cache.pages(case.path), case.schema.root, shipped())
            for asked, answers, table in rows_for_training(questions, graph):
                expected = _at(dict(case.expected), scalars[asked][0].path)
                right = [expected is not None and equal(expected, answer.value) for answer in answers]
                yield Rows(table, np.array(right), number)


def _nonsense(rng: Random) -> dict[str, Any]:
    """A schema of fields that no document has, so that nothing is made up for what nobody knows."""
    names = (
        "".join(rng.choices("bcdfghklmnprstvwxz", k=3) + rng.choices("aeiouy", k=3)) for _ in range(_MADE_UP)
    )
    types = ("string", "string", "number")
    return {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in zip(names, types, strict=True)},
    }


def _scalars(target: Field, parents: tuple[Field, ...]) -> Iterator[tuple[Field, tuple[Field, ...]]]:
    for child in target.properties:
        if child.is_object:
            yield from _scalars(child, (*parents, child))
        elif not child.is_array:
            yield child, parents


def _at(data: dict[str, Any], path: str) -> Any:
    try:
        return pointer.get(data, path)
    except LookupError:
        return None


def _figures(groups: list[Rows], forest: scorer.Forest) -> dict[str, Any]:
    """What taking the best candidate would give on documents kept out."""
    surely, right, missed = [], [], 0
    for group in groups:
        sure = forest.probability(forest.log_odds(group.table))
        best = int(sure.argmax())
        surely.append(float(sure[best]))
        right.append(bool(group.right[best]))
        missed += bool(not group.right[best] and group.right.any())
    there = sum(bool(group.right.any()) for group in groups)
    return {
        "fields": len(groups),
        "fields_printed": there,
        "first_right_of_printed": round(sum(right) / there, 4),
        "auroc": round(auroc(surely, right) or 0.0, 4),
        "calibration_error": round(calibration_error(surely, right) or 0.0, 4),
        "missed": missed,
    }


if __name__ == "__main__":
    main()
