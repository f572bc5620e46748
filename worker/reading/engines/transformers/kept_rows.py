"""Rows that ended, kept for whoever asks again about the same picture: after a check, or for a longer answer.

What was shown to the model stands in their keys and values, the picture above all: a second turn that begins
with the same tokens goes on behind them, and the picture is not looked at again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from torch import Tensor

from worker.reading.engines.vision.base import Prompt

SHARE = 0.25
"""Tokens that may be kept, for each that a batch may have."""


@dataclass(frozen=True, slots=True, eq=False)
class KeptRow:
    """Keys and values [1, heads, tokens, width] of each layer for `ids`, the first `question` of them asked.

    `following` [1] is the position of the token after them.
    """

    picture: bytes
    ids: Sequence[int]
    question: int
    states: Sequence[tuple[Tensor, Tensor]]
    following: Tensor


class KeptRows:
    """The rows that ended last, of at most so many tokens together."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._rows: list[KeptRow] = []

    def __contains__(self, picture: bytes) -> bool:
        return any(row.picture == picture for row in self._rows)

    def __bool__(self) -> bool:
        return bool(self._rows)

    def keep(self, row: KeptRow) -> None:
        """Keep a row in place of the oldest ones."""
        self._rows.append(row)
        while sum(len(one.ids) for one in self._rows) > self.most:
            del self._rows[0]

    def find(self, picture: bytes, ids: Sequence[int]) -> tuple[KeptRow, int] | None:
        """The row that shares most with a question, and how many of its first tokens; at least one is left.

        A row that does not share its whole question, up to the last token, is none: part of the picture may
        stand in what it does not share.
        """
        found = [(row, _shared(row.ids, ids)) for row in self._rows if row.picture == picture]
        fitting = [(row, shared) for row, shared in found if shared >= row.question - 1]
        return max(fitting, key=lambda one: one[1], default=None)

    def clear(self) -> None:
        """Let all of them go."""
        self._rows.clear()


def identity(prompt: Prompt) -> bytes:
    """What tells a picture, as an adapter reads it, from others."""
    picture, beside = prompt.picture, f"{prompt.picture.shape} {prompt.adapter}"
    return hashlib.blake2b(picture.tobytes() + beside.encode(), digest_size=16).digest()


def _shared(kept: Sequence[int], ids: Sequence[int]) -> int:
    pairs = zip(kept, ids[:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
