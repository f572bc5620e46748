"""What a runtime does: pictures into the two networks of PP-OCR, their answers out.

Both networks were trained on BGR from -1 to 1; normalising and picking the likeliest letters is the
runtime's business, for one can do it inside the network's graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from worker.reading.pages.base import Picture

LETTER_HEIGHT = 48
"""Pixels: the height of a line's picture for the recogniser."""

LIKELY = 3
"""How many letters are told per place, the likeliest first."""


@dataclass(frozen=True, slots=True)
class LetterOdds:
    """What may stand at each place along the lines of a batch: lines x places x `LIKELY`.

    `classes` are places in the alphabet, 0 for none; `odds` their probabilities.
    """

    classes: NDArray[np.int32]
    odds: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NetworkFiles:
    """Where the two networks lie."""

    detector: Path
    recogniser: Path


class OcrRuntime(Protocol):
    """Detector and recogniser, loaded. Threads may call at the same time."""

    @property
    def streams(self) -> int:
        """How many calls run side by side."""
        ...

    @property
    def alphabet(self) -> tuple[str, ...]:
        """The recogniser's classes, without the first, which stands for none."""
        ...

    def text_map(self, picture: Picture) -> NDArray[np.float32]:
        """How surely each pixel belongs to text, height x width; both sizes multiples of 32."""
        ...

    def letter_odds(self, crops: NDArray[np.uint8]) -> LetterOdds:
        """The likeliest letters along pictures of lines: lines x `LETTER_HEIGHT` x width x 3, RGB."""
        ...
