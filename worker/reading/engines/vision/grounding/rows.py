"""Which row of the pages each item of a list stands in, all items of it decided together.

An item scores in a row by its values that are printed there or a little above or below. Items keep
their order on the pages, two in one row or a step back cost something, and an item may be nowhere:
the best sequence of rows is found by dynamic programming, in the time of items times rows. What is
learned from it, how many rows below its item each field is printed, places the doubtful items anew.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from worker.reading.engines.vision.grounding.claims import Claim
from worker.reading.engines.vision.grounding.printed import Occurrence

REACH = 4
"""Rows above and below its own in which an item's other values may stand."""

_DECAY = (1.0, 0.7, 0.45, 0.3, 0.2)
_UNSPECIFIC = 0.35  # what a lone digit counts
_SAME_ROW = 0.3
_BACK = 0.8
_GAP = 0.002  # per row between two items: those of a list stand close
_LOOKED_AT = 8
_CELLS = 4_000_000  # items times rows that are held at a time

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value with the places that may show it."""

    claim: Claim
    places: Sequence[Occurrence]

    @property
    def specific(self) -> bool:
        """Whether its print can hardly mean something else."""
        return self.claim.specific or any(place.weighty for place in self.places[:_LOOKED_AT])


def nearness(rows_apart: int) -> float:
    """What a place counts that stands so many rows from its item's."""
    return _DECAY[abs(rows_apart)] if abs(rows_apart) < len(_DECAY) else 0.0


def anchors(
    items: Mapping[str, Sequence[Wanted]], rows: int, offsets: Mapping[str, int] = MappingProxyType({})
) -> dict[str, int]:
    """The row of each item of one list, by the item's pointer; those that are nowhere are missing.

    `offsets` say by path how many rows below its item's a field is usually printed.
    """
    names = list(items)
    block = max(1, _CELLS // max(1, rows))
    found: dict[str, int] = {}
    state: Scores = np.zeros(rows)
    spread = _Spread(rows, offsets)
    for first in range(0, len(names), block):
        part = names[first : first + block]
        scores = [spread.of_item(items[name]) for name in part]
        chosen, state = _best_sequence(scores, state, begun=bool(found))
        found.update({name: row for name, row in zip(part, chosen, strict=True) if row >= 0})
    return found


class _Spread:
    """The scores of values by row; equal values are asked for once."""

    def __init__(self, rows: int, offsets: Mapping[str, int]) -> None:
        self._rows = rows
        self._offsets = offsets
        self._known: dict[tuple[int, int], Scores] = {}

    def of_item(self, item: Sequence[Wanted]) -> Scores:
        total: Scores = np.zeros(self._rows)
        for wanted in item:
            weight = 1.0 if wanted.specific else _UNSPECIFIC
            total += weight * self._of_places(wanted.places, self._offsets.get(wanted.claim.path, 0))
        return total

    def _of_places(self, places: Sequence[Occurrence], offset: int) -> Scores:
        key = id(places), offset
        if key not in self._known:
            self._known[key] = self._spread(places, offset)
        return self._known[key]

    def _spread(self, places: Sequence[Occurrence], offset: int) -> Scores:
        """Each row's best place of a value, counted less from the rows about it and for common values."""
        own: Scores = np.zeros(self._rows)
        for place in places:
            row = min(max(0, place.row - offset), self._rows - 1)
            own[row] = max(own[row], place.quality)
        near = own.copy()
        for apart, decay in enumerate(_DECAY[1:], start=1):
            if apart < self._rows:
                near[apart:] = np.maximum(near[apart:], decay * own[:-apart])
                near[:-apart] = np.maximum(near[:-apart], decay * own[apart:])
        return near / (1 + math.log(max(1, len(places))))


def _best_sequence(scores: Sequence[Scores], state: Scores, *, begun: bool) -> tuple[list[int], Scores]:
    """Rows for a run of items (-1: none), after a state whose entry is the best end in each row."""
    step: Scores = _GAP * np.arange(len(state), dtype=np.float64)
    came_from: list[NDArray[np.int64]] = []
    for score in scores:
        state, before = _step(score, state, step, begun=begun)
        begun = begun or bool(score.any())
        came_from.append(before)
    row = int(state.argmax()) if len(state) else 0
    end = np.full_like(state, -np.inf)
    if len(state):
        end[row] = state[row]
    chosen: list[int] = []
    for before in reversed(came_from):
        previous = int(before[row]) if len(state) else -1
        chosen.append(-1 if previous < 0 else row)
        row = previous - 1 if previous > 0 else row
    return chosen[::-1], end


def _step(score: Scores, state: Scores, step: Scores, *, begun: bool) -> tuple[Scores, NDArray[np.int64]]:
    """One item more: the best ends, and for each the row before plus one (0: it is first, -1: no item)."""
    none = np.full(len(state), -1, dtype=np.int64)
    if not score.any():
        return state, none
    if not begun:
        first = np.where(score > 0, score, -np.inf)
        return first, np.zeros(len(state), dtype=np.int64)
    climbing = state + step
    best = np.maximum.accumulate(climbing)
    where = np.maximum.accumulate(np.where(climbing >= best, np.arange(len(state)), 0))
    onward = np.concatenate(([-np.inf], best[:-1])) - step
    origin = np.concatenate(([0], where[:-1]))
    back = float(state.max()) - _BACK
    ways = np.stack((onward, state - _SAME_ROW, np.full(len(state), back)))
    way = ways.argmax(axis=0)
    came = np.choose(way, (origin, np.arange(len(state)), np.full(len(state), int(state.argmax())))) + 1
    taken = np.where(score > 0, score + ways.max(axis=0), -np.inf)
    return np.maximum(taken, state), np.where(taken > state, came, none)
