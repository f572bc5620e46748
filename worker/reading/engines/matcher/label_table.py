"""The labels around the values of a document, so that all values are rated by them in one go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from worker.reading.engines.matcher.graph import PrintedValue
from worker.reading.engines.matcher.sense import Floats
from worker.reading.engines.matcher.wordings import SAME_LETTERS, Meaning, Wordings, with_related

LONGEST_LABEL = 80
"""Characters of a label that are looked at."""


@dataclass(frozen=True, slots=True)
class EdgesOf:
    """The labels of some values, a row for each: their numbers, in which relation they stand (-1 for none), how far."""

    labels: NDArray[np.intp]
    relations: NDArray[np.intp]
    distances: Floats


class LabelTable:
    """Every label once, which of them each value has, and which of them have anything to do with a wording."""

    def __init__(self, places: Sequence[PrintedValue], wordings: Wordings) -> None:
        at: dict[str, int] = {}
        every = {id(place.edges): place.edges for place in places}  # several values have the same labels
        shape = (len(every), max(map(len, every.values()), default=0) + 1)
        rows = [[at.setdefault(edge.label, len(at)) for edge in edges] for edges in every.values()]
        self.labels = tuple(at)
        self._edges = EdgesOf(np.full(shape, len(at)), np.full(shape, -1), np.zeros(shape, dtype=np.float32))
        for row, (numbers, edges) in enumerate(zip(rows, every.values(), strict=True)):
            self._edges.labels[row, : len(edges)] = numbers
            self._edges.relations[row, : len(edges)] = [edge.relation for edge in edges]
            self._edges.distances[row, : len(edges)] = [edge.distance for edge in edges]
        self._row = {key: row for row, key in enumerate(every)}
        self._of_places = self.edges(places).labels
        read = [wordings.meaning(label[:LONGEST_LABEL]) for label in self.labels]
        self._letters = [meaning.letters for meaning in read]
        self._worded = np.array([bool(meaning.units) for meaning in read], dtype=bool)
        self._unknown = {at for at, meaning in enumerate(read) if meaning.unknown}
        self._by_idea: dict[str, set[int]] = defaultdict(set)
        for number, meaning in enumerate(read):
            for idea in meaning.ideas:
                self._by_idea[idea].add(number)

    def edges(self, places: Sequence[PrintedValue]) -> EdgesOf:
        """The labels of some of the document's values, or of wider ones with the same labels."""
        rows = [self._row[id(place.edges)] for place in places]
        return EdgesOf(self._edges.labels[rows], self._edges.relations[rows], self._edges.distances[rows])

    def letters(self, wanted: Meaning) -> Floats:
        """How much of the letters of each label and a wording is the same, 0 to 1."""
        if not wanted.units or not self._letters:
            return np.zeros(len(self._letters), dtype=np.float32)
        (alike,) = process.cdist([wanted.letters], self._letters, scorer=fuzz.ratio, dtype=np.float32)
        found: Floats = np.where(self._worded, alike / 100, 0.0).astype(np.float32)
        return found

    def best(self, rates: Floats) -> Floats:
        """By value the best rate of its labels, 0 for one without any."""
        best: Floats = np.append(rates, np.float32(0))[self._of_places].max(axis=1)
        return best

    def like(self, wanted: Sequence[Meaning]) -> set[int]:
        """The labels that are not quite unlike some wordings, by number: an idea or nearly all letters are the same."""
        ideas = {idea for meaning in wanted for idea in with_related(meaning.ideas)}
        found = set().union(*(self._by_idea.get(idea, ()) for idea in ideas))
        if any(meaning.unknown for meaning in wanted):
            found |= self._unknown
        if wanted and self._letters:
            names = [meaning.letters for meaning in wanted]
            alike = process.cdist(names, self._letters, scorer=fuzz.ratio, score_cutoff=100 * SAME_LETTERS)
            found |= set(np.flatnonzero(alike.any(axis=0)).tolist())
        return found
