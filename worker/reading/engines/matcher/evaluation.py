"""A document and the fields asked of it: how near every label is to every field, and facts about the amounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from schemas.page import Box
from worker.reading.engines.matcher import address_blocks
from worker.reading.engines.matcher.address_blocks import InBlock
from worker.reading.engines.matcher.graph import Graph, PrintedValue
from worker.reading.engines.matcher.label_table import LONGEST_LABEL, LabelTable
from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.sense import SAME_SENSE, Floats, likeness_of
from worker.reading.engines.matcher.sense_table import LONGEST_VALUE, SenseTable
from worker.reading.engines.matcher.wordings import RELATED, Likeness, Meaning, likeness

_MOST_KEPT = 500_000  # rates of labels that are kept, 16 bytes each
_SAID = Likeness(1.0, 0.9, 0.9)
"""Of a label that a field's description says as it is printed."""


@dataclass(frozen=True)
class Evaluation:
    """The likeness of every label of a document to every field that is asked for, and facts of the document."""

    graph: Graph
    questions: tuple[FieldQuery, ...]
    memo: dict[tuple[int, str], Likeness] = field(default_factory=dict, compare=False, repr=False)
    _own_rates: dict[int, Floats] = field(default_factory=dict, compare=False, repr=False)
    _parent_rates: dict[int, Floats] = field(default_factory=dict, compare=False, repr=False)

    def best(self, meanings: Sequence[Meaning], label: str) -> Likeness:
        """The likeness of a label to the nearest of some wordings, which are those of a field asked for."""
        key = (id(meanings), label)
        if key not in self.memo:
            read = self.graph.wordings.meaning(label[:LONGEST_LABEL])
            found = [likeness(meaning, read, related=RELATED) for meaning in meanings]
            self.memo[key] = max(found, key=lambda one: one.both, default=Likeness())
        return self.memo[key]

    def own(self, asked: FieldQuery, label: str) -> Likeness:
        """The likeness of a label to what a field is called, or to what its description says that it is."""
        key = (id(asked), label)
        if key not in self.memo:
            best = self.best(asked.own, label)
            self.memo[key] = _SAID if best.both < _SAID.both and asked.quotes(label) else best
        return self.memo[key]

    @cached_property
    def senses(self) -> SenseTable:
        """How near every label and value is to every field, to a sentence encoder."""
        texts = [edge.label for place in self.graph.places for edge in place.edges]
        texts += [place.text for place in self.graph.places if len(place.text) < LONGEST_VALUE]
        return SenseTable(self.questions, texts, self.graph.senses)

    def like(self, asked: FieldQuery, text: str) -> float:
        """How near a text is to what a field is called, by their words or, where it is sure, to a sentence encoder."""
        sensed = max(self.graph.senses.likeness(meaning.text, text) for meaning in asked.own)
        return max(self.own(asked, text).both, sensed if sensed > SAME_SENSE else 0.0)

    @cached_property
    def labels(self) -> LabelTable:
        """The labels around every value."""
        return LabelTable(self.graph.places, self.graph.wordings)

    def nearness(self, asked: int) -> tuple[Floats, Floats]:
        """By value how near its labels are to a field: by the words of both, and to a sentence encoder."""
        near = self.labels.best(self.own_rates(asked)[:, 3]) + 0.3 * self.labels.best(
            self.parent_rates(asked)
        )
        sensed = likeness_of(self.senses.near_each(asked, self.labels.labels))
        return near, self.labels.best(sensed)

    def own_rates(self, asked: int) -> Floats:
        """How like every label is to a field: recall, precision, letters, and both of the first together."""
        if asked not in self._own_rates:
            if len(self._own_rates) * len(self.labels.labels) >= _MOST_KEPT:
                self._own_rates.clear()
            question = self.questions[asked]
            rates = np.zeros((len(self.labels.labels), 4), dtype=np.float32)
            rates[:, 2] = self.labels.letters(question.own[0])
            quoted = question.said and [
                at for at, label in enumerate(self.labels.labels) if question.quotes(label)
            ]
            for at in self.labels.like(question.own).union(quoted or ()):
                found = self.own(question, self.labels.labels[at])
                rates[at] = found.recall, found.precision, found.letters, found.both
            self._own_rates[asked] = rates
        return self._own_rates[asked]

    def parent_rates(self, asked: int) -> Floats:
        """How like every label is to what a field is part of."""
        parents = self.questions[asked].parents
        if id(parents) not in self._parent_rates:
            rates = np.zeros(len(self.labels.labels), dtype=np.float32)
            for at in self.labels.like(parents) if parents else ():
                rates[at] = self.best(parents, self.labels.labels[at]).both
            self._parent_rates[id(parents)] = rates
        return self._parent_rates[id(parents)]

    def about(self, asked: int, label: str) -> float:
        """How much of a label is said in the description of a field."""
        about = self.questions[asked].about
        if not about.units:
            return 0.0
        key = (id(about), label)
        if key not in self.memo:
            self.memo[key] = likeness(
                self.graph.wordings.meaning(label[:LONGEST_LABEL]), about, related=RELATED
            )
        return self.memo[key].recall

    def rivalry(self, asked: int) -> Floats:
        """How near every label is to the field that it suits best among the others."""
        first, second, best = self._rivals
        found: Floats = np.where(best == asked, second, first)
        return found

    @cached_property
    def _rivals(self) -> tuple[Floats, Floats, NDArray[np.intp]]:
        """Of every label how near the nearest field is and the second, and which is the nearest."""
        first, second = np.zeros((2, len(self.labels.labels)), dtype=np.float32)
        best = np.full(len(self.labels.labels), -1)
        for asked in range(len(self.questions)):
            near = self.own_rates(asked)[:, 3]
            second = np.maximum(second, np.minimum(first, near))
            best = np.where(near > first, asked, best)
            first = np.maximum(first, near)
        return first, second, best

    @cached_property
    def _additions(self) -> tuple[tuple[Decimal, Decimal], ...]:
        """Pairs of amounts of which the sum is printed, too."""
        values = sorted({abs(typed.value) for typed in self.graph.sheet.amounts if typed.value})[-40:]
        known = set(values)
        return tuple(
            (one, two) for i, one in enumerate(values) for two in values[: i + 1] if one + two in known
        )

    @cached_property
    def sums(self) -> frozenset[Decimal]:
        """Amounts that are the sum of two others on the document."""
        return frozenset(one + two for one, two in self._additions)

    @cached_property
    def addends(self) -> frozenset[Decimal]:
        """Amounts that make another one together with a third."""
        return frozenset(amount for pair in self._additions for amount in pair)

    @cached_property
    def repeats(self) -> Mapping[str, int]:
        """How often a text is all of a value."""
        return Counter(place.text.casefold() for place in self.graph.places)

    @cached_property
    def largest(self) -> Decimal:
        """The largest amount."""
        return max((abs(typed.value) for typed in self.graph.sheet.amounts), default=Decimal(0))

    @cached_property
    def printed(self) -> Mapping[int, Box]:
        """The printed area by page."""
        areas = {}
        for page in self.graph.sheet.layout.pages:
            boxes = [line.box for line in page.lines] or [Box(0, 0, 1, 1)]
            areas[page.number] = Box(
                min(b.x0 for b in boxes),
                min(b.y0 for b in boxes),
                max(b.x1 for b in boxes),
                max(b.y1 for b in boxes),
            )
        return areas

    @cached_property
    def address_blocks(self) -> Mapping[int, InBlock]:
        """The lines of blocks with an address, by the identity of their cells."""
        return address_blocks.find(self.graph)

    @cached_property
    def ordinal(self) -> Mapping[int, tuple[float, float]]:
        """By place, the how-manieth of its type it is from the start and from the end."""
        by_kind: dict[str, list[PrintedValue]] = {}
        for place in self.graph.places:
            by_kind.setdefault(place.kind, []).append(place)
        return {
            id(place): (min(index, 20), min(len(places) - 1 - index, 20))
            for places in by_kind.values()
            for index, place in enumerate(places)
        }
