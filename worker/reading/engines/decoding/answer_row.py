"""One answer under way in a running batch: its grammar, what it has said, and why it ended."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.errors import OutputInvalid
from worker.reading.engines.decoding.stopping_rules import LOOK_EVERY, goes_in_circles
from worker.reading.engines.vision.base import Finish


class AnswerRow:
    """An answer of at most `most` tokens, held by a matcher of llguidance; None leaves it free.

    At a `temperature` above 0 its tokens are drawn, in the same way whenever it is asked for.
    `tokens` are what was said, without the one that ends it; `logprobs` and `allowed` as in `Constraint`.
    `pending` are those of them that the model has not been shown yet.
    """

    def __init__(self, matcher: Any, *, ends: Sequence[int], most: int, temperature: float = 0.0) -> None:
        self.tokens: list[int] = []
        self.logprobs: list[float | None] = []
        self.allowed: list[float | None] = []
        self.pending: list[int] = []
        self.finish: Finish | None = None
        self.temperature = temperature
        self._chance = random.Random(0)  # noqa: S311 (of a text)
        self._matcher = matcher
        self._ends = frozenset(ends)
        self._most = most

    def take(self, token: int, logprob: float | None, allowed: float | None) -> None:
        """Say a token that the model chose, and all that its grammar then dictates."""
        self._say(token, logprob, allowed)
        self.force()

    def force(self) -> None:
        """Say what the grammar dictates here: the model has no choice, and is not asked.

        One token at a time, since what is dictated after a token may be cut into tokens otherwise than before
        it, and a mask is made of the first only.
        """
        if self._matcher is None:
            return
        while self.finish is None and (dictated := self._matcher.compute_ff_tokens()):
            self._say(dictated[0], None, None)

    def draw(self) -> float:
        """A number in [0, 1) that says which of the allowed tokens is taken; 23 bits, exact in float32."""
        return self._chance.getrandbits(23) / 2**23

    def mask(self, mask: NDArray[np.int32]) -> None:
        """Write what may be said next into a row of bits, which are all set at first."""
        if self._matcher is not None:
            self._matcher.unsafe_compute_mask_ptr(mask.ctypes.data, mask.nbytes)

    def _say(self, token: int, logprob: float | None, allowed: float | None) -> None:
        if token in self._ends:
            self.finish = Finish.STOP
            return
        self.tokens.append(token)
        self.pending.append(token)
        self.logprobs.append(logprob)
        self.allowed.append(None if self._matcher is None else allowed)
        if self._matcher is not None and not self._matcher.consume_token(token):
            raise OutputInvalid(detail=f"token {token} was not allowed: {self._matcher.get_error()}")
        self.finish = self._reason()

    def _reason(self) -> Finish | None:
        """Why the row ends after its last token."""
        if self._matcher is not None and self._matcher.is_stopped():
            return Finish.STOP
        written = len(self.tokens)
        if written >= self._most:
            return Finish.LENGTH
        if written % LOOK_EVERY == 0 and goes_in_circles(self.tokens):
            return Finish.REPETITION
        return None
