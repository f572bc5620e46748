"""What a row of a batch may say at one step, put on the model's scores; and how likely it was."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from worker.errors import UnsupportedByEngine

_WORD = 32  # tokens in a word of a mask
_TINIEST = 1e-38


class StepProbabilities:
    """The model's own probabilities for one row at one step; the chosen token is looked up once it is known.

    Making it holds the row's scores `[vocabulary]` to its mask, in place. Most masks allow a few tokens or
    nearly all: it is the smaller side that is listed, at a tenth of the cost of going over the vocabulary.
    """

    def __init__(self, scores: torch.Tensor, mask: NDArray[np.int32]) -> None:
        self._probabilities: torch.Tensor | None = None
        self._allowed: torch.Tensor | float = 1.0
        nearly_all = 2 * int(np.count_nonzero(mask)) > len(mask)
        listed = _bits(~mask if nearly_all else mask)
        places = torch.from_numpy(listed[: np.searchsorted(listed, len(scores))]).to(scores.device)
        if nearly_all:
            self._note(scores, places, blocked=True)
            scores.index_fill_(0, places, float("-inf"))
            return
        if len(places) > 1:
            self._note(scores, places, blocked=False)
        kept = scores[places]
        scores.fill_(float("-inf"))
        scores[places] = kept

    def of(self, token: int) -> tuple[float | None, float | None]:
        """The logarithm of a token's probability, and the probability of all that was allowed.

        None for both where there was only one: it tells nothing. Raises UnsupportedByEngine where the
        scores are no numbers: whatever is said after that is made up.
        """
        if self._probabilities is None:
            return None, None
        probabilities, allowed = float(self._probabilities[token]), float(self._allowed)
        if math.isnan(probabilities):
            raise UnsupportedByEngine(detail="the model's numbers overflow on this page")
        probabilities = max(probabilities, _TINIEST)
        return math.log(probabilities), min(1.0, max(probabilities, allowed))

    def _note(self, scores: torch.Tensor, places: torch.Tensor, *, blocked: bool) -> None:
        self._probabilities = torch.softmax(scores.float(), dim=-1)
        share = self._probabilities[places].sum()
        self._allowed = 1.0 - share if blocked else share


def _bits(mask: NDArray[np.int32]) -> NDArray[np.int64]:
    """Which bits of a mask are set, in order."""
    words = np.flatnonzero(mask)
    places = np.flatnonzero(np.unpackbits(mask[words].view(np.uint8), bitorder="little").view(bool))
    found: NDArray[np.int64] = words[places // _WORD] * _WORD + places % _WORD
    return found
