"""Scalar fields of any schema: the values that may be meant in order, and how probably each is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from worker.reading.engines.matcher import answers, marked, members, scorer
from worker.reading.engines.matcher.answers import ValueOption
from worker.reading.engines.matcher.assign import sign_asked
from worker.reading.engines.matcher.choices import UNDECIDED, are_offered
from worker.reading.engines.matcher.evaluation import Evaluation
from worker.reading.engines.matcher.features import columns, of_place, relation_of, table
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.questions import NUMERIC, FieldQuery, form
from worker.reading.engines.matcher.reranking import Ranking, beside, shares
from worker.reading.engines.matcher.scorer import Floats
from worker.reading.engines.matcher.sheet import Candidate

_FIRST = 10  # options of a field that are looked at twice
_FIRST_OF_SEVERAL = 30  # and of a list of values
_TAKEN_OFF = frozenset(
    {"discount", "allowance", "paid", "deposit", "credit", "credits", "payment", "subsidy"}
)
"""Ideas of amounts that are printed with a minus, and by half of the schemas meant without."""
_ALIKE, _UNLIKE = 4.0, 0.3  # what the form of an example makes of the odds of a value


@dataclass(frozen=True, slots=True)
class Offered:
    """A field by its number, the values that it may have, and a row of `features` for each."""

    asked: int
    options: Sequence[ValueOption]
    rows: Floats
    is_several: bool


@dataclass(frozen=True, slots=True)
class FirstOptions:
    """The options of a field that come first, by number, and a row for each: that of `features` and of `reranking`."""

    numbers: NDArray[np.intp]
    rows: Floats


def candidates(questions: Sequence[FieldQuery], graph: Graph) -> list[list[Candidate]]:
    """For every field its candidates with their probabilities, best first."""
    evaluation = Evaluation(graph, tuple(questions))
    found: list[list[Candidate]] = [[] for _ in questions]
    for offer, first, sure in _judged(list(offered(evaluation))):
        judged = [
            _candidate(offer.options[at], probability, offer.asked, evaluation)
            for at, probability in zip(first, sure, strict=True)
        ]
        found[offer.asked] = sorted(judged, key=lambda candidate: -candidate.score)
    told = [marked.candidates(one, evaluation) for one in questions]
    return [options if boxes is None else boxes for boxes, options in zip(told, found, strict=True)]


def _judged(offers: Sequence[Offered]) -> Iterator[tuple[Offered, NDArray[np.intp], list[float]]]:
    """By field its first options, by number, with their probabilities."""
    if not offers:
        return
    scores = scorer.ranker().scores(np.vstack([offer.rows for offer in offers]))
    ends = np.cumsum([len(offer.rows) for offer in offers])[:-1]
    every = first_options(offers, np.split(scores, ends))
    trees = scorer.reranker()
    sure = iter(trees.probability(trees.scores(np.vstack([firsts.rows for firsts in every]))).tolist())
    for offer, firsts in zip(offers, every, strict=True):
        yield offer, firsts.numbers, list(islice(sure, len(firsts.numbers)))


def offered(evaluation: Evaluation) -> Iterator[Offered]:
    """The fields that have any candidate, with what the ranker looks at."""
    facts = cache(lambda place: of_place(place, evaluation))
    for asked, question in enumerate(evaluation.questions):
        options = answers.options(asked, evaluation)
        if options:
            rows = table([option.place for option in options], asked, evaluation, facts)
            yield Offered(asked, options, rows, question.is_several)


def first_options(offers: Sequence[Offered], scores: Sequence[Floats]) -> list[FirstOptions]:
    """By field, given the ranker's scores: which options come first, and what the reranker looks at."""
    numbers = [
        np.argsort(-each, kind="stable")[: _FIRST_OF_SEVERAL if offer.is_several else _FIRST]
        for offer, each in zip(offers, scores, strict=True)
    ]
    rankings = [
        _ranking(offer, each, first) for offer, each, first in zip(offers, scores, numbers, strict=True)
    ]
    return [
        FirstOptions(first, np.hstack([offer.rows[first], rows]))
        for offer, first, rows in zip(offers, numbers, beside(rankings), strict=True)
    ]


def _ranking(offer: Offered, scores: Floats, first: NDArray[np.intp]) -> Ranking:
    rows = offer.rows[first]
    where = np.column_stack([columns(rows, "page", "row", "x", "y"), relation_of(rows)])
    places = (offer.options[at].place for at in first)
    spans = [[(id(span.cell), span.start, span.end) for span in place.spans] for place in places]
    return Ranking(scores[first], shares(scores)[first], where, spans)


def _candidate(answer: ValueOption, probability: float, at: int, evaluation: Evaluation) -> Candidate:
    asked = evaluation.questions[at]
    row = evaluation.graph.sheet.layout.rows[answer.place.cell.row]
    if answer.place.typed is not None and asked.kind != "text":
        probability = min(probability, answer.place.typed.at_most)
    if asked.kind == "enum" and are_offered(asked.field.enum or (), row):
        probability = min(probability, UNDECIDED)
    if asked.kind == "enum" and members.printed(answer.place.text, asked.field) is None:
        probability = min(probability, members.AT_MOST)
    unknown = asked.kind == "text" and not (asked.is_known and asked.field.default is None)
    if (unknown or asked.kind in NUMERIC) and not answer.is_hinted:
        probability = min(probability, UNDECIDED)  # only its place on the page speaks for it
    if asked.kind in NUMERIC and answer.value < 0 and asked.ideas & _TAKEN_OFF:
        probability = probability if sign_asked(asked.field.description) else min(probability, UNDECIDED)
    if asked.kind == "text":
        probability = _as_in_examples(probability, form(answer.place.text), asked.examples)
    return Candidate(answer.value, probability, answer.place.spans, probability, certainty=probability)


def _as_in_examples(probability: float, printed: str, examples: Sequence[str]) -> float:
    """A probability after the form of a value was compared with those of the examples; digits tell more than letters."""
    if not examples or not (0 < probability < 1):
        return probability
    if printed in examples:
        factor = _ALIKE if "9" in printed else 1.0
    else:
        factor = _UNLIKE if "9" in printed or all("9" in one for one in examples) else 1.0
    odds = factor * probability / (1 - probability)
    return odds / (1 + odds)
