"""Keeps every row of a running batch to its own grammar, and notes the probabilities of what it says.

    scores ─held to─► what each row may say ─► tokens ─take─► grammars ─► what each row may say ─► ...

Works on what `generate` hands a logits processor, whether the model is driven from ids or from
embeddings. Of the scores, one step is kept, never all of them: batch x vocabulary, not steps x batch
x vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import LogitsProcessor

from worker.errors import OutputInvalid, UnsupportedByEngine
from worker.reading.engines.decoding.grammar import Grammar
from worker.reading.engines.decoding.step_probabilities import StepProbabilities


class Constraint(LogitsProcessor):  # type: ignore[misc]
    """One for one call of `generate`, in which `StoppingRules` tells it after every step what was chosen.

    `logprobs[row]` and `allowed[row]` hold, for each of the row's tokens, the natural logarithm of the
    model's own probability of that token, and how much probability the grammar left at that place. Both
    are None for a token that the grammar left no choice about: it tells nothing. Without a grammar,
    `allowed` is None.
    """

    def __init__(
        self, tokenizer: Any, grammars: Sequence[Grammar | None], *, eos: Sequence[int], vocabulary: int
    ) -> None:
        self._matchers = matchers(tokenizer, grammars)
        self._eos = frozenset(eos)
        self._masks = np.full((len(grammars), -(-vocabulary // 32)), -1, dtype=np.int32)
        self._speaking = set(range(len(grammars)))
        self._probabilities: dict[int, StepProbabilities] = {}
        self.logprobs: list[list[float | None]] = [[] for _ in grammars]
        self.allowed: list[list[float | None]] = [[] for _ in grammars]

    def __call__(self, _ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """The scores, held in place: what a row's grammar does not allow is at minus infinity."""
        self._probabilities = {row: StepProbabilities(scores[row], self._mask(row)) for row in self._speaking}
        scores[:, 32 * self._masks.shape[1] :] = float("-inf")  # padding of the model, which no token is
        return scores

    def take(self, tokens: Sequence[int]) -> list[int]:
        """Let each row that still speaks go on by its token of the batch; the rows that end with it.

        A row ends when it says so, or when its grammar wants nothing more.
        """
        ended = [row for row in self._speaking if self._ends(row, tokens[row])]
        self.silence(ended)
        return ended

    def silence(self, rows: Iterable[int]) -> None:
        """These rows speak no more: they are neither held nor noted."""
        self._speaking -= set(rows)

    def _ends(self, row: int, token: int) -> bool:
        if token in self._eos:
            return True
        logprob, allowed = self._probabilities[row].of(token)
        matcher = self._matchers[row]
        self.logprobs[row].append(logprob)
        self.allowed[row].append(None if matcher is None else allowed)
        if matcher is None:
            return False
        if not matcher.consume_token(token):
            raise OutputInvalid(detail=f"token {token} was not allowed: {matcher.get_error()}")
        return bool(matcher.is_stopped())

    def _mask(self, row: int) -> NDArray[np.int32]:
        """The row of bits that says what it may say next."""
        matcher, mask = self._matchers[row], self._masks[row]
        if matcher is not None:
            matcher.unsafe_compute_mask_ptr(mask.ctypes.data, mask.nbytes)
        found: NDArray[np.int32] = mask
        return found


def matchers(tokenizer: Any, grammars: Sequence[Grammar | None]) -> list[Any]:
    """One for each row, None for a row that is free. A large schema takes long: it is compiled once."""
    made = {grammar: _matcher(tokenizer, grammar) for grammar in set(grammars) if grammar is not None}
    return [None if grammar is None else made[grammar].deep_copy() for grammar in grammars]


def _matcher(tokenizer: Any, grammar: Grammar) -> Any:
    from llguidance import LLMatcher

    matcher = LLMatcher(tokenizer, grammar.text, log_level=0)
    if matcher.is_error():
        raise UnsupportedByEngine(detail=f"the schema cannot be made a grammar: {matcher.get_error()}")
    return matcher
