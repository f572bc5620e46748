"""Where the values of one field stand across a list: learned from those of which there is no doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from schemas.page import Box

_LEAST = 3  # values that make a column
_SLACK = 0.02
_WIDE = 0.05  # a field whose places scatter more stands in no column
_SPREADS = 4


@dataclass(frozen=True, slots=True)
class FieldColumn:
    """The usual left edge, middle or right edge of a field, in fractions of the page, and how it varies."""

    side: int
    at: float
    spread: float

    def fit(self, box: Box) -> float:
        """How well a box stands in the column: 1 in it, 0 outside."""
        away = abs(_sides(box)[self.side] - self.at)
        return max(0.0, 1 - away / (2 * _SLACK + _SPREADS * self.spread))


def column(boxes: Sequence[Box]) -> FieldColumn | None:
    """The column of some boxes, by the side on which they agree best; None when they do not."""
    if len(boxes) < _LEAST:
        return None
    found = []
    for side in range(3):
        values = [_sides(box)[side] for box in boxes]
        middle = median(values)
        found.append((median(abs(value - middle) for value in values), side, middle))
    spread, side, middle = min(found)
    return FieldColumn(side, middle, spread) if spread <= _WIDE else None


def _sides(box: Box) -> tuple[float, float, float]:
    return box.x0, box.cx, box.x1
