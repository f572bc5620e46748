"""The next token of every row: the likeliest of what is allowed, or one drawn from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from worker.reading.engines.decoding.answer_row import AnswerRow
from worker.reading.engines.decoding.choice import _single, choose


class _Say:
    """A row that takes what is chosen."""

    temperature = 0.0

    def __init__(self, words: Sequence[int]) -> None:
        self.words = words
        self.took: tuple[int, float | None, float | None] | None = None

    def mask(self, mask: Any) -> None:
        mask[:] = self.words

    def take(self, token: int, logprob: float | None, allowed: float | None) -> None:
        self.took = (token, logprob, allowed)


@given(
    words=st.lists(st.tuples(*[st.integers(-(2**31), 2**31 - 1)] * 2), min_size=1, max_size=4),
    seed=st.integers(0, 99),
    size=st.integers(60, 70),
)
def test_the_likeliest_of_what_is_allowed_is_chosen(
    words: list[tuple[int, int]], seed: int, size: int
) -> None:
    """With a table of more entries than tokens, and of fewer than the bits of the mask."""
    torch.manual_seed(seed)
    rows: list[Any] = [_Say(word) for word in words]
    scores = torch.randn(len(rows), size)
    choose(rows, scores.clone(), vocabulary=64)
    for row, line in zip(rows, scores, strict=True):
        bits = [bool(row.words[place // 32] >> (place % 32) & 1) for place in range(64)]
        allowed = [place for place in range(min(size, 64)) if bits[place]]
        if not allowed or row.took is None:
            continue
        token, logprob, share = row.took
        assert token == max(allowed, key=lambda place: float(line[place]))
        odds = torch.softmax(line, dim=-1)
        if sum(bits) > 1:
            assert logprob == pytest.approx(float(odds[token].log()), abs=1e-5)
            assert share == pytest.approx(float(odds[allowed].sum()), abs=1e-5)
        else:
            assert logprob is share is None


@given(st.integers(0, 2**32 - 1), st.integers(0, 2))
def test_one_bit_is_told_from_many(word: int, place: int) -> None:
    import numpy as np

    mask = np.zeros(3, dtype=np.uint32)
    mask[place] = word
    assert _single(mask.view(np.int32)) is (word.bit_count() == 1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_are_drawn_as_often_as_they_are_likely(temperature: float) -> None:
    scores = torch.tensor([2.0, 1.0, 3.0, 0.0] + [-9.0] * 28)
    row = AnswerRow(None, ends=[31], most=10**6, temperature=temperature)
    row.mask = lambda mask: mask.fill(0b1011)  # type: ignore[method-assign]
    count = 4000
    for _ in range(count // 50):
        choose([row] * 50, scores.repeat(50, 1), vocabulary=32)
    odds = torch.softmax(scores[[0, 1, 3]] / temperature, dim=-1)
    shares = [row.tokens.count(token) / count for token in (0, 1, 3)]
    assert shares == pytest.approx(odds.tolist(), abs=0.03)
    assert len(row.tokens) == count  # the likeliest of all is not allowed
