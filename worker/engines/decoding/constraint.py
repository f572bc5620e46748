"""Keeps every row of a running batch to its own grammar, and notes the probabilities of what it says.

Works on what `generate` hands a logits processor: the ids so far (with or without those of the
prompt: a model may be driven from embeddings) and the scores of the next token. Of the scores, one
step is kept, never all of them: batch x vocabulary, not steps x batch x vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from transformers import LogitsProcessor

from worker.engines.decoding.grammar import Grammar
from worker.errors import OutputInvalid, UnsupportedByEngine

_WORD = 32  # tokens in a word of a mask


class Constraint(LogitsProcessor):  # type: ignore[misc]
    """One for one call of `generate`.

    After it, `logprobs[row]` and `allowed[row]` hold, for each of the row's tokens, the natural
    logarithm of the model's own probability of that token, and how much probability the grammar
    left at that place (None where there is no grammar); `complete[row]` says that the row came to the
    end of its grammar, or said that it was done. Rows that are `stopped` from outside get no more tokens.
    """

    def __init__(
        self, tokenizer: Any, grammars: Sequence[Grammar | None], *, eos: Sequence[int], vocabulary: int,
        stopped: Callable[[int], bool] = lambda _row: False,
    ) -> None:  # fmt: skip
        self._matchers = [_matcher(tokenizer, grammar) for grammar in grammars]
        self._eos = list(eos)
        self._words = -(-vocabulary // _WORD)
        self._masks = np.full((len(grammars), self._words), -1, dtype=np.int32)
        self._width: int | None = None  # of the ids at the last step
        self._stopped = stopped
        self._ended = [False] * len(grammars)
        self.complete = [False] * len(grammars)
        self._before: _Scores | None = None
        self.logprobs: list[list[float]] = [[] for _ in grammars]
        self.allowed: list[list[float | None]] = [[] for _ in grammars]

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """The scores with everything at minus infinity that a row's grammar does not allow."""
        if self._width is not None:
            self._take(input_ids[:, self._width :])
        self._width = input_ids.shape[1]
        self._fill()
        raw = scores.float()
        held = raw.masked_fill(~self._bits(raw), float("-inf"))
        self._before = _Scores(raw, held)
        return held  # type: ignore[return-value]

    def finish(self, sequences: torch.Tensor) -> None:
        """Note the last token, which no further step has seen. `sequences` is what `generate` gave."""
        if self._width is not None and sequences.shape[1] > self._width:
            self._take(sequences[:, self._width :])

    def _take(self, new: torch.Tensor) -> None:
        """The tokens that were chosen since: a grammar goes on, a row may have ended."""
        assert self._before is not None
        logprobs, allowed = self._before.of(new[:, 0])
        for row, token in enumerate(new[:, 0].tolist()):
            if self._ended[row]:
                continue
            if token in self._eos:
                self.complete[row] = True
            else:
                self.logprobs[row].append(logprobs[row])
                self.allowed[row].append(None if self._matchers[row] is None else allowed[row])
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

    def _bits(self, scores: torch.Tensor) -> torch.Tensor:
        """The masks as booleans, batch x vocabulary; what scores have beyond it is padding."""
        bits = np.unpackbits(self._masks.view(np.uint8), axis=1, bitorder="little")
        allowed = torch.from_numpy(bits).to(scores.device).bool()
        missing = scores.shape[1] - allowed.shape[1]
        if missing > 0:
            allowed = torch.nn.functional.pad(allowed, (0, missing))
        return allowed[:, : scores.shape[1]]


class _Scores:
    """The scores of one step, of which the chosen tokens are looked up once they are known."""

    def __init__(self, raw: torch.Tensor, held: torch.Tensor) -> None:
        self._raw = raw
        self._whole = torch.logsumexp(raw, dim=-1)
        self._kept = torch.logsumexp(held, dim=-1)

    def of(self, tokens: torch.Tensor) -> tuple[list[float], list[float]]:
        chosen = self._raw.gather(1, tokens[:, None].to(self._raw.device)).squeeze(1)
        logprobs: list[float] = (chosen - self._whole).tolist()
        allowed: list[float] = (self._kept - self._whole).exp().clamp(max=1.0).tolist()
        return logprobs, allowed


def _matcher(tokenizer: Any, grammar: Grammar | None) -> Any:
    if grammar is None:
        return None
    from llguidance import LLMatcher

    matcher = LLMatcher(tokenizer, grammar.text, log_level=0)
    if matcher.is_error():
        raise UnsupportedByEngine(detail=f"the schema cannot be made a grammar: {matcher.get_error()}")
    return matcher
