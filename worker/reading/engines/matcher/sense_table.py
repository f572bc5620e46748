"""How near the texts of a document are to the fields that are asked for, to a sentence encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

import numpy as np

from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.sense import Floats, Senses
from worker.reading.engines.matcher.surroundings import Edge, Relation

LONGEST_VALUE = 50
"""Characters of a value from which it is not asked what it means."""
_MOST = 6000  # texts of a document that are encoded, the first ones: 12 MB, and a second at most
UNKNOWN = -1.0
"""Of a text that is not there."""


class Said(Enum):
    """By what a field is told: its own names, that of the object it is part of, both, its description."""

    OWN = "own"
    PARENT = "parent"
    BOTH = "both"
    ABOUT = "about"


class SenseTable:
    """The nearness of the first texts of a document to every field, by what the field is told."""

    def __init__(self, questions: Sequence[FieldQuery], texts: Sequence[str], senses: Senses) -> None:
        listed = list(dict.fromkeys(texts))[:_MOST]
        told = {said: [_told(question, said) for question in questions] for said in Said}
        senses.vectors([text for wanted in told.values() for one in wanted for text in one])  # in one go
        vectors = senses.vectors(listed)
        self._at: Mapping[str, int] = {text: at for at, text in enumerate(listed)}
        self._near = {said: _nearest(wanted, vectors, senses) for said, wanted in told.items()}

    def near(self, asked: int, text: str, said: Said = Said.OWN) -> float:
        """How near a text is to a field; `UNKNOWN` for one that is not listed."""
        at = self._at.get(text)
        return UNKNOWN if at is None else float(self._near[said][asked, at])

    def of_place(self, asked: int, edges: Sequence[Edge], text: str) -> list[float]:
        """What the scorer looks at of a value with some labels.

        The nearest label before or above it; how much nearer another field is to that; the nearest ones to the
        parent, to both, to the description; the value itself; the nearest label by relation.
        """
        known = [(edge.relation, self._at[edge.label]) for edge in edges if edge.label in self._at]
        columns = [column for _, column in known]
        own = self._near[Said.OWN]
        by_relation = dict.fromkeys(Relation, UNKNOWN)
        for relation, column in known:
            by_relation[relation] = max(by_relation[relation], float(own[asked, column]))
        before = [column for relation, column in known if relation != Relation.BEHIND]
        best = max(before, key=lambda column: own[asked, column], default=None)
        rival = UNKNOWN
        if best is not None and len(own) > 1:
            others = np.delete(own[:, best], asked)
            rival = float(others.max() - own[asked, best])
        return [
            UNKNOWN if best is None else float(own[asked, best]),
            rival,
            self._among(Said.PARENT, asked, columns),
            self._among(Said.BOTH, asked, columns),
            self._among(Said.ABOUT, asked, before),
            self.near(asked, text),
            *by_relation.values(),
        ]

    def _among(self, said: Said, asked: int, columns: Sequence[int]) -> float:
        return float(self._near[said][asked, columns].max()) if columns else UNKNOWN


def _nearest(wanted: Sequence[Sequence[str]], vectors: Floats, senses: Senses) -> Floats:
    """By field how near every text is to the nearest of what the field is told by."""
    near = np.full((len(wanted), len(vectors)), UNKNOWN, dtype=np.float32)
    for asked, texts in enumerate(wanted):
        if texts and len(vectors):
            near[asked] = (senses.vectors(texts) @ vectors.T).max(axis=0)
    return near


def _told(question: FieldQuery, said: Said) -> list[str]:
    own = [meaning.text for meaning in question.own]
    parents = [meaning.text for meaning in question.parents[-1:]]
    told = {
        Said.OWN: own,
        Said.PARENT: parents,
        Said.BOTH: [f"{parent} {own[0]}" for parent in parents],
        Said.ABOUT: [question.about.text],
    }
    return [text for text in told[said] if text.strip()]
