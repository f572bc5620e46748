"""The labels around the values of a document, so that all values are rated by them in one go."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from worker.reading.engines.matcher.graph import PrintedValue

Floats = NDArray[np.float32]


class LabelTable:
    """Every label once, and which of them each value has."""

    def __init__(self, places: Sequence[PrintedValue]) -> None:
        at: dict[str, int] = {}
        rows = [[at.setdefault(edge.label, len(at)) for edge in place.edges] for place in places]
        self.labels = tuple(at)
        self._of_places = np.full((len(places), max(map(len, rows), default=0) + 1), len(at))
        for place, row in enumerate(rows):
            self._of_places[place, : len(row)] = row

    def best(self, rate: Callable[[str], float]) -> Floats:
        """By value the best rate of its labels, 0 for one without any."""
        rates = np.array([*map(rate, self.labels), 0.0], dtype=np.float32)
        best: Floats = rates[self._of_places].max(axis=1)
        return best
