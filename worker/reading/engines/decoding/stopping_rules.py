"""Ends single rows of a running batch: complete, no longer wanted, too long, or going in circles."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers import StoppingCriteria

from worker.reading.engines.decoding.constraint import Constraint
from worker.reading.engines.vision.base import Cancelled, Finish

_LONGEST_PERIOD = 32  # tokens
_TIMES = 8
_SHORTEST = 96  # tokens; a dotted leader or a run of dashes on a form is shorter
LOOK_EVERY = 16


class StoppingRules(StoppingCriteria):  # type: ignore[misc]
    """One for one call of `generate`. `finish[row]` says why a row was ended, None for one that still speaks.

    `most` are the tokens each row may write; `prompt` is the width of the ids before the first of them.
    The constraint is told what each row has said, and which rows say no more.
    """

    def __init__(
        self, constraint: Constraint, cancelled: Cancelled, *, most: Sequence[int], prompt: int
    ) -> None:
        self._constraint = constraint
        self._cancelled = cancelled
        self._most = list(most)
        self._prompt = prompt
        self.finish: list[Finish | None] = [None] * len(self._most)

    def __call__(self, input_ids: torch.LongTensor, *_: object, **__: object) -> torch.BoolTensor:
        """Which rows end here."""
        written = input_ids.shape[1] - self._prompt
        tails = input_ids[:, self._prompt :].tolist() if written and written % LOOK_EVERY == 0 else None
        for row in self._constraint.take(input_ids[:, -1].tolist()):
            self.finish[row] = Finish.STOP
        for row, already in enumerate(self.finish):
            if already is None:
                self.finish[row] = self._reason(row, written, tails[row] if tails else ())
        ended = [reason is not None for reason in self.finish]
        self._constraint.silence(row for row, over in enumerate(ended) if over)
        return torch.tensor(ended, device=input_ids.device)  # type: ignore[return-value]

    def _reason(self, row: int, written: int, tail: Sequence[int]) -> Finish | None:
        if self._cancelled(row):
            return Finish.CANCELLED
        if written >= self._most[row]:
            return Finish.LENGTH
        return Finish.REPETITION if goes_in_circles(tail) else None


def goes_in_circles(tokens: Sequence[int]) -> bool:
    """Whether the last tokens are the same few again and again."""
    for period in range(1, _LONGEST_PERIOD + 1):
        length = max(_SHORTEST, period * _TIMES)
        if len(tokens) < length:
            continue
        tail = tokens[-length:]
        if all(tail[i] == tail[i - period] for i in range(period, length)):
            return True
    return False
