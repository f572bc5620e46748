"""Keeps every row of a running batch to its own grammar, and notes the probabilities of what it says.

Works on what `generate` hands a logits processor: the ids so far (with or without those of the
prompt: a model may be driven from embeddings) and the scores of the next token. Of the scores, one
step is kept, never all of them: batch x vocabulary, not steps x batch x vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import LogitsProcessor

from worker.engines.decoding.grammar import Grammar
from worker.errors import OutputInvalid, UnsupportedByEngine

_WORD = 32  # tokens in a word of a mask
_TINIEST = 1e-38


class Constraint(LogitsProcessor):  # type: ignore[misc]
    """One for one call of `generate`.

    After it, `logprobs[row]` and `allowed[row]` hold, for each of the row's tokens, the natural
    logarithm of the model's own probability of that token, and how much probability the grammar left
    at that place. Both are None for a token that the grammar left no choice about: it tells nothing.
    Without a grammar, `allowed` is None. `complete[row]` says that the row came to the end of its
    grammar, or said that it was done. Rows that are `stopped` from outside get no more tokens.
    """

    def __init__(
        self, tokenizer: Any, grammars: Sequence[Grammar | None], *, eos: Sequence[int], vocabulary: int,
        stopped: Callable[[int], bool] = lambda _row: False,
    ) -> None:  # fmt: skip
        self._matchers = [_matcher(tokenizer, grammar) for grammar in grammars]
        self._eos = list(eos)
        self._masks = np.full((len(grammars), -(-vocabulary // _WORD)), -1, dtype=np.int32)
        self._width: int | None = None  # of the ids at the last step
        self._stopped = stopped
        self._ended = [False] * len(grammars)
        self._before: list[_Odds] = []
        self.complete = [False] * len(grammars)
        self.logprobs: list[list[float | None]] = [[] for _ in grammars]
        self.allowed: list[list[float | None]] = [[] for _ in grammars]

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """The scores, held in place: what a row's grammar does not allow is at minus infinity."""
        if self._width is not None:
            self._take(input_ids[:, self._width :])
        self._width = input_ids.shape[1]
        self._fill()
        self._before = [_Odds(scores[row], self._masks[row]) for row in range(len(scores))]
        return scores

    def finish(self, sequences: torch.Tensor) -> None:
        """Note the last token, which no further step has seen. `sequences` is what `generate` gave."""
        if self._width is not None and sequences.shape[1] > self._width:
            self._take(sequences[:, self._width :])

    def _take(self, new: torch.Tensor) -> None:
        """The tokens that were chosen since: a grammar goes on, a row may have ended."""
        for row, token in enumerate(new[:, 0].tolist()):
            if self._ended[row]:
                continue
            if token in self._eos:
                self.complete[row] = True
            else:
                logprob, allowed = self._before[row].of(token)
                self.logprobs[row].append(logprob)
                self.allowed[row].append(None if self._matchers[row] is None else allowed)
                self.complete[row] = self._consumed(row, token)
            self._ended[row] = self.complete[row] or self._stopped(row)

    def _consumed(self, row: int, token: int) -> bool:
        """Tell a row's grammar what was said; whether that was all it wants."""
        matcher = self._matchers[row]
        if matcher is None:
            return False
        if not matcher.consume_token(token):
            raise OutputInvalid(detail=f"token {token} was not allowed: {matcher.get_error()}")
        return bool(matcher.is_stopped())

    def _fill(self) -> None:
        """What each row may say next."""
        for row, matcher in enumerate(self._matchers):
            if self._ended[row]:
                self._masks[row] = 0
                for token in self._eos:
                    self._masks[row].view(np.uint32)[token // _WORD] |= np.uint32(1 << token % _WORD)
            elif matcher is not None:
                mask = self._masks[row]
                matcher.unsafe_compute_mask_ptr(mask.ctypes.data, mask.nbytes)


class _Odds:
    """The probabilities of one row at one step, in which the chosen token is looked up once it is known.

    Making it holds the row's scores to its mask, in place. Most masks allow a few tokens or nearly
    all: it is the smaller side that is listed, at a tenth of the cost of going over the vocabulary.
    """

    def __init__(self, scores: torch.Tensor, mask: NDArray[np.int32]) -> None:
        self._odds: torch.Tensor | None = None
        self._allowed: torch.Tensor | float = 1.0
        dense = 2 * np.count_nonzero(mask) > len(mask)
        listed = _bits(~mask if dense else mask)
        places = torch.from_numpy(listed[listed < len(scores)]).to(scores.device)
        if dense:
            self._note(scores, places, blocked=True)
            scores[places] = float("-inf")
            scores[len(mask) * _WORD :] = float("-inf")  # padding of the model, which no token is
            return
        if len(places) > 1:
            self._note(scores, places, blocked=False)
        kept = scores[places]
        scores.fill_(float("-inf"))
        scores[places] = kept

    def of(self, token: int) -> tuple[float | None, float | None]:
        """The logarithm of a token's probability, and that of all that was allowed; None without a choice."""
        if self._odds is None:
            return None, None
        odds = max(float(self._odds[token]), _TINIEST)
        return math.log(odds), min(1.0, max(odds, float(self._allowed)))

    def _note(self, scores: torch.Tensor, places: torch.Tensor, *, blocked: bool) -> None:
        self._odds = torch.softmax(scores.float(), dim=-1)
        share = self._odds[places].sum()
        self._allowed = 1.0 - share if blocked else share


def _bits(mask: NDArray[np.int32]) -> NDArray[np.int64]:
    """Which bits of a mask are set."""
    words = np.flatnonzero(mask)
    places = np.flatnonzero(np.unpackbits(mask[words].view(np.uint8), bitorder="little"))
    found: NDArray[np.int64] = words[places // _WORD] * _WORD + places % _WORD
    return found


def _matcher(tokenizer: Any, grammar: Grammar | None) -> Any:
    if grammar is None:
        return None
    from llguidance import LLMatcher

    matcher = LLMatcher(tokenizer, grammar.text, log_level=0)
    if matcher.is_error():
        raise UnsupportedByEngine(detail=f"the schema cannot be made a grammar: {matcher.get_error()}")
    return matcher
