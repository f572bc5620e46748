"""Train the scorer of the embedded engine.

    python -m bench.train [--count 350] [--seed 1] [--corpus FOLDER]

Asks every field of drawn documents (`bench.sheets`), and of half a of the documents that strangers wrote
(`bench.corpus`, as drawn in FOLDER), for its candidates as the engine does. The ranker (LightGBM's LambdaRank) learns
from both to put those first that are right; of the wordings that the engine ships, some are hidden from half of the drawn
documents, so that it learns what to do where it knows no word. The reranker learns from the documents of
strangers which of the first ones are right, each ranked by trees that had not seen it; its scores are mapped to the share
that is right in the same way, and so are the figures in `scorer.json`. The same seed gives the same trees.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
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
from schemas import languages, pointer, registry
from schemas.json_schema.fields import Field
from worker.reading.engines.matcher import reranking, scorer
from worker.reading.engines.matcher.any_schema import asked_of
from worker.reading.engines.matcher.evaluation import Evaluation
from worker.reading.engines.matcher.features import names
from worker.reading.engines.matcher.graph import Graph, graph_of
from worker.reading.engines.matcher.questions import question
from worker.reading.engines.matcher.ranked import Offered, first_options, offered
from worker.reading.engines.matcher.scorer import Floats, Forest
from worker.reading.engines.matcher.wordings import shipped
from worker.reading.score.compare import equal
from worker.reading.score.metrics import auroc, calibration_error

FOLDER = Path(scorer.__file__).parent
DATA_VERSION = 3
_HIDDEN = 0.2  # share of meanings hidden from a document that has some hidden
VARIANTS = 12
DEEPEST = 7
COMMON = {
    "max_depth": DEEPEST,
    "learning_rate": 0.08,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 2,
    "verbose": -1,
}
_RANKER = {
    **COMMON,
    "objective": "lambdarank",
    "lambdarank_truncation_level": 15,
    "num_leaves": 31,
    "num_iterations": 160,
}
_RERANKER = {**COMMON, "objective": "binary", "num_leaves": 15, "num_iterations": 100}
_MADE_UP = 3  # fields among those of a document of the corpus that it does not have
_OFTEN = 3  # how often a document of the corpus counts for the ranker: there are few
FOLDS = 4
_FEW = (1, 2, 4)  # fields of a small schema

Marks = NDArray[np.bool_]
"""Which rows are right."""


@dataclass(frozen=True)
class Document:
    """The rows of a document's fields, and which are right; `number` is the same for all makes of a document."""

    number: int
    rows: Sequence[Floats]
    rights: Sequence[Marks]
    are_several: Sequence[bool]
    """Whether each field is one of several values."""


def main() -> None:
    arguments = options(__doc__)
    drawn = list(_drawn(arguments.count, arguments.seed))
    offers, strangers = zip(*_of_corpus(arguments.corpus), strict=True)
    rank = partial(_ranker, drawn, seed=arguments.seed)
    rerank = partial(_reranker, seed=arguments.seed)
    rng = Random(arguments.seed)
    looked = [
        part
        for offer, document, scores in zip(offers, strangers, _held_out(strangers, rank), strict=True)
        for part in _looked_at(offer, document, scores, rng)
    ]
    firsts = _firsts(looked, _held_out(looked, rerank))
    knots = trees.knots(*firsts)
    _keep("ranker", rank(strangers))
    _keep("reranker", rerank(looked), knots)
    told = {
        "data_version": DATA_VERSION,
        "seed": arguments.seed,
        "drawn": arguments.count,
        "strangers": len(strangers),
        **_figures(firsts, looked, knots),
    }
    (FOLDER / "scorer.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=1))


def options(what: str | None) -> argparse.Namespace:
    """What the command line of a training says."""
    parser = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=350)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, default=Path.home() / ".cache/pagemill-corpus")
    return parser.parse_args()


def _ranker(drawn: Sequence[Document], strangers: Sequence[Document], seed: int) -> lightgbm.Booster:
    """Trees that put those of a field's candidates first that are right."""
    fields = [
        (rows, right)
        for document in [*drawn, *_OFTEN * list(strangers)]
        for rows, right in zip(document.rows, document.rights, strict=True)
        if right.any()
    ]
    sizes = [len(right) for _, right in fields]
    return _fit(fields, {**_RANKER, "seed": seed}, names(), sizes)


def _reranker(documents: Sequence[Document], seed: int) -> lightgbm.Booster:
    """Trees that tell which of the first candidates are right."""
    fields = [pair for document in documents for pair in zip(document.rows, document.rights, strict=True)]
    return _fit(fields, {**_RERANKER, "seed": seed}, [*names(), *reranking.NAMES], None)


def _fit(
    fields: Sequence[tuple[Floats, Marks]],
    parameters: dict[str, Any],
    columns: Sequence[str],
    sizes: Sequence[int] | None,
) -> lightgbm.Booster:
    table = np.vstack([rows for rows, _ in fields])
    right = np.hstack([right for _, right in fields]).astype(int)
    data = lightgbm.Dataset(table, right, feature_name=list(columns), group=sizes)
    return lightgbm.train(parameters, data)


def _held_out(
    documents: Sequence[Document], fit: Callable[[Sequence[Document]], lightgbm.Booster]
) -> list[list[Floats]]:
    """The scores of every document's rows, by trees that learned from the documents of other folds."""
    scores: list[list[Floats]] = [[] for _ in documents]
    for fold in range(FOLDS):
        forest = _forest(fit([document for document in documents if document.number % FOLDS != fold]))
        for at, document in enumerate(documents):
            if document.number % FOLDS == fold:
                scores[at] = [forest.scores(rows) for rows in document.rows]
    return scores


def _looked_at(
    offers: Sequence[Offered], document: Document, scores: Sequence[Floats], rng: Random
) -> Iterator[Document]:
    """A document as the reranker sees it: with all fields, and with a few of them, as of a small schema."""
    every = range(len(offers))
    for chosen in (every, sorted(rng.sample(every, min(len(every), rng.choice(_FEW))))):
        every_first = first_options([offers[at] for at in chosen], [scores[at] for at in chosen])
        rights = [document.rights[at][firsts.numbers] for at, firsts in zip(chosen, every_first, strict=True)]
        several = [document.are_several[at] for at in chosen]
        yield Document(document.number, [firsts.rows for firsts in every_first], rights, several)


def _firsts(documents: Sequence[Document], scores: Sequence[Sequence[Floats]]) -> tuple[Floats, Marks]:
    """The best score of every field of one value, and whether it is right."""
    found = [
        (each.max(), right[each.argmax()])
        for document, of_document in zip(documents, scores, strict=True)
        for several, right, each in zip(document.are_several, document.rights, of_document, strict=True)
        if not several
    ]
    return np.array([score for score, _ in found]), np.array([right for _, right in found])


def _forest(model: lightgbm.Booster, knots: Floats = trees.NO_KNOTS) -> Forest:
    return Forest(**trees.arrays(model.dump_model(), depth=DEEPEST), knots=knots)


def _keep(name: str, model: lightgbm.Booster, knots: Floats = trees.NO_KNOTS) -> None:
    np.savez_compressed(
        FOLDER / f"{name}.npz", **trees.arrays(model.dump_model(), depth=DEEPEST), knots=knots
    )
    gains = sorted(zip(model.feature_importance("gain"), model.feature_name(), strict=True), reverse=True)
    print(name, " ".join(f"{column}:{gain:.0f}" for gain, column in gains[:40]))
    print("never asked:", " ".join(column for gain, column in gains if not gain))


def _drawn(count: int, seed: int) -> Iterator[Document]:
    variants = [shipped(), *(shipped(*hidden(Random(seed * 1000 + number))) for number in range(VARIANTS))]
    for number in range(count):
        sheet = draw(seed * 1_000_000 + number)
        wordings = variants[number % 2 * (1 + number // 2 % VARIANTS)]
        root = registry.from_json_schema(sheet.schema.raw, name="drawn").root
        graph = graph_of([sheet.page], root, wordings)
        yield _document(number, list(asked_of(root)), graph, sheet.schema.expected)[1]


def hidden(rng: Random) -> list[str]:
    every = sorted({meaning for meanings in languages.labels().values() for meaning in meanings})
    return [meaning for meaning in every if rng.random() < _HIDDEN]


def _of_corpus(folder: Path) -> Iterator[tuple[list[Offered], Document]]:
    """The half of the corpus that may be looked at, fields that nothing has among those of each document."""
    cache = PageCache(folder / "lines")
    for make in MAKES:
        for number, case in enumerate(cases(folder, make)):
            if case.half or case.schema.name in registry.kinds():
                continue
            rng = Random(case.id)
            fields = list(asked_of(case.schema.root))
            for made_up in asked_of(registry.from_json_schema(_nonsense(rng), name="nonsense").root):
                fields.insert(rng.randint(0, len(fields)), made_up)
            graph = graph_of(cache.pages(case.path), case.schema.root, shipped())
            yield _document(number, fields, graph, dict(case.expected))


def _nonsense(rng: Random) -> dict[str, Any]:
    """A schema of fields that no document has, so that nothing is made up for what nobody knows."""
    names_ = (
        "".join(rng.choices("bcdfghklmnprstvwxz", k=3) + rng.choices("aeiouy", k=3)) for _ in range(_MADE_UP)
    )
    types = ("string", "string", "number")
    return {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in zip(names_, types, strict=True)},
    }


def _document(
    number: int, fields: Sequence[tuple[Field, tuple[Field, ...]]], graph: Graph, expected: dict[str, Any]
) -> tuple[list[Offered], Document]:
    questions = tuple(question(target, parents, graph.wordings) for target, parents in fields)
    offers = list(offered(Evaluation(graph, questions)))
    rights = []
    for offer in offers:
        wanted = _wanted(expected, fields[offer.asked][0].path)
        found = (any(equal(each, option.value) for each in wanted) for option in offer.options)
        rights.append(np.fromiter(found, dtype=bool))
    return offers, Document(
        number, [offer.rows for offer in offers], rights, [offer.is_several for offer in offers]
    )


def _wanted(data: dict[str, Any], path: str) -> list[Any]:
    """The values expected of a field, of a plain list all."""
    try:
        found = pointer.get(data, path.removesuffix("/*"))
    except LookupError:
        return []
    several = found if isinstance(found, list) else [found]
    return [value for value in several if value is not None]


def _figures(firsts: tuple[Floats, Marks], documents: Sequence[Document], knots: Floats) -> dict[str, Any]:
    """How well the first candidates do, each document judged by trees that had not seen it."""
    scores, right = firsts
    sure = np.interp(scores, *knots)
    offered_right = sum(bool(each.any()) for document in documents for each in document.rights)
    return {
        "fields": len(right),
        "first_right": round(float(right.mean()), 4),
        "first_right_of_offered": round(float(right.sum()) / offered_right, 4),
        "auroc": round(auroc(sure.tolist(), right.tolist()) or 0.0, 4),
        "calibration_error": round(calibration_error(sure.tolist(), right.tolist()) or 0.0, 4),
    }


if __name__ == "__main__":
    main()
