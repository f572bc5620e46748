"""How the labels around the values of a document go together with a field, as columns of the scorer's rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from worker.reading.engines.matcher.evaluation import Evaluation
from worker.reading.engines.matcher.graph import PrintedValue
from worker.reading.engines.matcher.questions import PARTIES, FieldQuery
from worker.reading.engines.matcher.sense import Floats
from worker.reading.engines.matcher.sense_table import LONGEST_VALUE, UNKNOWN, Said
from worker.reading.engines.matcher.surroundings import Relation
from worker.reading.engines.matcher.wordings import UNSPECIFIC

_FAR = 30.0  # letter heights from which a label is as good as none
_NAMED = 0.3  # likeness from which a label beside a value may name another field
_NEAREST = (Relation.INLINE, Relation.LEFT, Relation.ABOVE)
_BESIDE = frozenset({Relation.INLINE, Relation.LEFT})
_OVER = frozenset({Relation.ABOVE, Relation.HIGHER, Relation.HEADING, Relation.SECTION, Relation.BOX})
_HEADING = 40  # characters that the heading of a party may have
_LABEL = 80  # and the label of a date
_ABOUT = 2  # labels of a value that are compared with a field's description
NAMES = (
    *(f"sense_{part}" for part in ("best", "rival", "parent", "both", "about", "value")),
    *(f"sense_{relation.name.lower()}" for relation in Relation),
    *(
        f"{relation.name.lower()}_{part}"
        for relation in Relation
        for part in ("recall", "precision", "letters", "distance")
    ),
    *("top", "rival", "parent", "about", "own", "inline", "inline_digits", "other_date", "other_party"),
)
"""What the columns hold."""


def of_labels(places: Sequence[PrintedValue], asked: int, evaluation: Evaluation) -> Floats:
    """For each of some values a row of `NAMES`."""
    edges = evaluation.labels.edges(places)
    return np.hstack(
        [
            _by_sense(places, edges.labels, edges.relations, asked, evaluation),
            *_by_words(edges.labels, edges.relations, edges.distances, asked, evaluation),
            _of_texts(places, asked, evaluation),
        ]
    ).astype(np.float32)


def _by_sense(
    places: Sequence[PrintedValue],
    labels: NDArray[np.intp],
    relations: NDArray[np.intp],
    asked: int,
    evaluation: Evaluation,
) -> Floats:
    """The likeness to a sentence encoder.

    That of the nearest label before or above the value; how much nearer another field is to that one; the nearest ones to
    the parent, to both, to the description; the value itself; the nearest label by relation.
    """
    table, every = evaluation.senses, evaluation.labels.labels
    own = table.near_each(asked, every)
    before = relations != Relation.BEHIND
    near = _of_edges(own, labels)
    near_before = np.where(before, near, UNKNOWN)
    best = near_before.argmax(axis=1)
    row = np.arange(len(places))
    there = near_before[row, best] > UNKNOWN
    others = _of_edges(table.rivals(asked, every), labels)[row, best]
    rival = np.where(there & (others > UNKNOWN), others - near_before[row, best], UNKNOWN)
    parent, both, about = (
        _of_edges(table.near_each(asked, every, said), labels)
        for said in (Said.PARENT, Said.BOTH, Said.ABOUT)
    )
    found = [
        near_before.max(axis=1),
        rival,
        parent.max(axis=1),
        both.max(axis=1),
        np.where(before, about, UNKNOWN).max(axis=1),
        table.near_each(asked, [place.text for place in places]),
        *(np.where(relations == relation, near, UNKNOWN).max(axis=1) for relation in Relation),
    ]
    return np.column_stack(found)


def _of_edges(rates: Floats, labels: NDArray[np.intp], otherwise: float = UNKNOWN) -> Floats:
    """What each label of each value is rated."""
    found: Floats = np.append(rates, np.float32(otherwise))[labels]
    return found


def _by_words(
    labels: NDArray[np.intp],
    relations: NDArray[np.intp],
    distances: Floats,
    asked: int,
    evaluation: Evaluation,
) -> tuple[Floats, Floats]:
    """How like the field the nearest label in each relation is, and how far.

    Beside it the nearest of all labels: to the field, to another one, and to what the field is part of.
    """
    rates = evaluation.own_rates(asked)
    of_edges = np.stack([_of_edges(column, labels, 0.0) for column in rates.T], axis=-1)
    both = of_edges[:, :, 3]
    nearest = np.zeros((len(labels), len(Relation), 5), dtype=np.float32)
    nearest[:, :, 4] = _FAR
    row = np.arange(len(labels))
    for at in range(labels.shape[1]):
        relation = relations[:, at]
        better = (relation >= 0) & (both[:, at] >= nearest[row, relation, 3])
        chosen = row[better], relation[better]
        nearest[chosen] = np.column_stack([of_edges[:, at], np.minimum(_FAR, distances[:, at])])[better]
    before = (relations >= 0) & (relations != Relation.BEHIND)
    named = np.isin(relations, _NEAREST) & ((both > _NAMED) | (relations == Relation.INLINE))
    others = _of_edges(evaluation.rivalry(asked), labels, 0.0)
    parent = _of_edges(evaluation.parent_rates(asked), labels, 0.0)
    of_all = [
        np.where(before, both, 0.0).max(axis=1),
        np.where(named, others - both, 0.0).max(axis=1).clip(0.0),
        np.where(before, parent, 0.0).max(axis=1),
    ]
    return nearest[:, :, [0, 1, 2, 4]].reshape(len(labels), -1), np.column_stack(of_all)


def _of_texts(places: Sequence[PrintedValue], asked: int, evaluation: Evaluation) -> Floats:
    """What the field's description says of the first labels; how like the field the value itself is; what is in its cell.

    And whether a label names another date or another party than the field, by the ideas of both.
    """
    question = evaluation.questions[asked]
    rows = []
    for place in places:
        about = max((evaluation.about(asked, edge.label) for edge in place.edges[:_ABOUT]), default=0.0)
        own = evaluation.own(question, place.text).both if len(place.text) < LONGEST_VALUE else 0.0
        inline = next((edge.label for edge in place.edges if edge.relation == Relation.INLINE), "")
        digits = float(sum(map(str.isdigit, inline)))
        others = other_date(place, question, evaluation), _other_party(place, question, evaluation)
        rows.append([about, own, float(bool(inline)), digits, *others])
    return np.array(rows, dtype=np.float32).reshape(len(rows), 6)


def beside(place: PrintedValue) -> str:
    """The label in front of a value in its cell, else left of it; empty where there is none."""
    return next((edge.label for edge in place.edges if edge.relation in _BESIDE), "")[:_LABEL]


def other_date(place: PrintedValue, question: FieldQuery, evaluation: Evaluation) -> float:
    """1 where the label beside a date names another one than the field, -1 where it names that one, else 0."""
    wanted = question.ideas - UNSPECIFIC
    label = beside(place)
    if question.kind not in {"date", "datetime"} or not wanted or not label:
        return 0.0
    named = evaluation.graph.wordings.meaning(label).ideas
    if wanted & named:
        return -1.0
    return float("date" in named and len(named) > 1)


def _other_party(place: PrintedValue, question: FieldQuery, evaluation: Evaluation) -> float:
    """1 where the nearest heading that names a party names another one than the field, -1 where it names that one, else 0."""
    wanted = (question.ideas | {idea for meaning in question.parents for idea in meaning.ideas}) & PARTIES
    headings = sorted((e for e in place.edges if e.relation in _OVER), key=lambda edge: edge.distance)
    for edge in headings if wanted else ():
        named = evaluation.graph.wordings.meaning(edge.label[:_HEADING]).ideas & PARTIES
        if named and (len(edge.label) < _HEADING or edge.relation is Relation.ABOVE):
            return -1.0 if named & wanted else 1.0
    return 0.0
