"""Rows that ended, kept for whoever asks about the same picture: after a check, for other fields, warmer.

What was shown to the model stands in their keys and values, the picture above all: a question that begins
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
    """Keys and values [1, heads, tokens, width] of each layer for `ids`, the picture among the first `seen`.

    `following` [1] is the position of the token after them.
    """

    picture: bytes
    ids: Sequence[int]
    seen: int
    states: Sequence[tuple[Tensor, Tensor]]
    following: Tensor

    def shared(self, ids: Sequence[int]) -> int:
        """How many of its tokens a question begins with, at least one of its own being left.

        0 where that is not all of the picture.
        """
        pairs = zip(self.ids, ids[:-1], strict=False)
        count = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        return count if count >= self.seen else 0


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

    def find(self, picture: bytes, ids: Sequence[int]) -> KeptRow | None:
        """The row that shares most with a question; None where none shares the picture."""
        rows = [row for row in self._rows if row.picture == picture and row.shared(ids)]
        return max(rows, key=lambda row: row.shared(ids), default=None)

    def clear(self) -> None:
        """Let all of them go."""
        self._rows.clear()


def identity(prompt: Prompt) -> bytes:
    """What tells a picture, as an adapter reads it, from others."""
    picture, beside = prompt.picture, f"{prompt.picture.shape} {prompt.adapter}"
    return hashlib.blake2b(picture.tobytes() + beside.encode(), digest_size=16).digest()
