"""How near the texts of a document are to the fields that are asked for, to a sentence encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.sense import Floats, Senses

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

    def near_each(self, asked: int, texts: Sequence[str], said: Said = Said.OWN) -> Floats:
        """How near each of some texts is to a field; `UNKNOWN` for one that is not listed."""
        return self._each(self._near[said][asked], texts)

    def rivals(self, asked: int, texts: Sequence[str]) -> Floats:
        """How near each of some texts is to the nearest of the other fields; `UNKNOWN` where there is none."""
        first, second, best = self._firsts
        return self._each(np.where(best == asked, second, first), texts)

    def _each(self, near: Floats, texts: Sequence[str]) -> Floats:
        unlisted = len(self._at)
        found: Floats = np.append(near, np.float32(UNKNOWN))[[self._at.get(text, unlisted) for text in texts]]
        return found

    @cached_property
    def _firsts(self) -> tuple[Floats, Floats, NDArray[np.intp]]:
        """Of every text how near the nearest field is and the second, and which is the nearest."""
        own = self._near[Said.OWN]
        best = own.argmax(axis=0)
        if len(own) < 2:
            return own.max(axis=0), np.full(own.shape[1], UNKNOWN, dtype=np.float32), best
        ordered = np.partition(own, -2, axis=0)
        return ordered[-1], ordered[-2], best


def _nearest(wanted: Sequence[Sequence[str]], vectors: Floats, senses: Senses) -> Floats:
    """By field how near every text is to the nearest of what the field is told by."""
    near = np.full((len(wanted), len(vectors)), UNKNOWN, dtype=np.float32)
    for asked, texts in enumerate(wanted):
        if texts and len(vectors):
            near[asked] = (senses.vectors(texts) @ vectors.T).max(axis=0).round(4)
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
