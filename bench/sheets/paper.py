"""A sheet of lines: where texts stand, and what a reader makes of them."""

from __future__ import annotations

from random import Random

from schemas.page import Box, Line
from worker.reading.text.page_lines import PageLines

_CONFUSED = {
    "0": "O",
    "O": "0",
    "1": "l",
    "l": "1",
    "5": "S",
    "S": "5",
    "8": "B",
    "o": "0",
    "e": "c",
    "i": "l",
    "，": ",",
}

_SEEN = 0.95  # share of the boxes that a reader sees


class Paper:
    """A page that texts are put on, in pixels."""

    def __init__(self, rng: Random, *, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._rng = rng
        self._noise = rng.choice([0.0, 0.0, 0.002, 0.006])
        self._wide = rng.uniform(0.42, 0.6)
        self._tall = rng.uniform(0.8, 1.25)
        self._lines: list[Line] = []
        self._ruled: list[Box] = []

    def put(
        self, x: float, y: float, text: str, size: float, *, right: bool = False, centre: bool = False
    ) -> float:
        """Put a text at its top left (or top right, or middle) corner; the x where it ends."""
        size *= self._rng.uniform(0.95, 1.05)
        widths = [
            size * (1.0 if ord(char) > 0x2E80 else 0.28 if char in " .,:;ilI|'" else self._wide)
            for char in text
        ]
        total = sum(widths)
        x -= total if right else total / 2 if centre else 0
        x = max(2.0, x)
        edges = [x]
        for width in widths:
            edges.append(edges[-1] + width)
        tall = size * self._tall * self._rng.uniform(0.94, 1.06)
        top = y + (size - tall) / 2
        box = Box(x / self.width, top / self.height, edges[-1] / self.width, (top + tall) / self.height)
        spoiled = "".join(
            _CONFUSED.get(char, char) if self._rng.random() < self._noise else char for char in text
        )
        confidence = 1.0 if not self._noise else self._rng.uniform(0.86, 0.999)
        self._lines.append(Line(spoiled, box, confidence, tuple(edge / self.width for edge in edges)))
        return edges[-1]

    def rule(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """Draw a box around what stands there; now and then one is not seen."""
        if self._rng.random() < _SEEN:
            self._ruled.append(Box(x0 / self.width, y0 / self.height, x1 / self.width, y1 / self.height))

    def page(self, number: int = 1) -> PageLines:
        """What a reader sees of it."""
        return PageLines(number, self.width, self.height, tuple(self._lines), ruled=tuple(self._ruled))
