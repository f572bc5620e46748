"""The rows of a running batch in a model's cache: newcomers join it, rows that ended leave it.

Every row has its own columns in the keys and values, right-aligned after a change of rows. A step adds as
many columns as the row with most to show needs; the others are padded, and their holes are masked until
the next change takes them out, or until there are too many. Works where every layer keeps keys and values
of all tokens: positions are in the keys already, so that columns may be moved.

After continuous batching (Yu et al., Orca, OSDI 2022), on the caches of transformers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (everybody's name for it)
from transformers import DynamicCache
from transformers.cache_utils import Cache, DynamicLayer

from worker.reading.engines.transformers.checkpoint import Checkpoint, after_tokens
from worker.reading.engines.transformers.growing_cache import GrowingLayer
from worker.reading.engines.transformers.kept_rows import KeptRow

HOLES = 1.25  # columns for each token of the longest row, at most, before holes are taken out


def served(checkpoint: Checkpoint) -> bool:
    """Whether a model's family was tried so, and all its layers keep keys and values of all tokens."""
    if checkpoint.following is None:
        return False
    layers = DynamicCache(config=checkpoint.model.config.get_text_config(decoder=True)).layers
    return bool(layers) and all(type(layer) is DynamicLayer for layer in layers)


class Slots:
    """Rows under way. All tensors lie on the model's device; `len` says how many rows there are."""

    def __init__(self, checkpoint: Checkpoint, *, pad: int) -> None:
        self._model = checkpoint.model
        self._decode = checkpoint.model if checkpoint.step is None else checkpoint.step
        self._following = checkpoint.following or after_tokens
        self._pad = pad
        self._cache: Any = None
        self._mask: Tensor = torch.zeros(0, 0, dtype=torch.long)
        self._next: Tensor = torch.zeros(0, dtype=torch.long)
        self._lengths: list[int] = []

    def __len__(self) -> int:
        return len(self._next)

    @property
    def cache(self) -> Any:
        """Keys and values of the rows; None while there is no row."""
        return self._cache

    def admit(self, inputs: Mapping[str, Any]) -> Tensor:
        """Read the questions of newcomers, a left-padded batch; the scores of their first tokens."""
        told = self._model.generate(
            **inputs, max_new_tokens=1, do_sample=False, return_dict_in_generate=True, output_logits=True
        )
        states = [(layer.keys, layer.values) for layer in told.cache.layers]
        self._join(states, inputs["attention_mask"], self._following(self._model, inputs))
        return told.logits[0]  # type: ignore[no-any-return]

    def resume(self, kept: KeptRow, ids: Sequence[int]) -> Tensor:
        """Read a question behind the tokens that it shares with a kept row; the scores of its first token."""
        shared = kept.shared(ids)
        cache = _cache([(keys[:, :, :shared], values[:, :, :shared]) for keys, values in kept.states])
        rest = torch.tensor([ids[shared:]], device=kept.following.device)
        mask = torch.ones(1, len(ids), dtype=torch.long, device=rest.device)
        following = kept.following + (len(ids) - len(kept.ids))
        told = self._model(
            input_ids=rest,
            attention_mask=mask,
            position_ids=following[:, None] - torch.arange(rest.shape[1], 0, -1, device=rest.device),
            cache=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self._join([(layer.keys, layer.values) for layer in cache.layers], mask, following)
        scores: Tensor = told.logits[:, -1]
        return scores

    def states(self, row: int) -> tuple[list[tuple[Tensor, Tensor]], Tensor]:
        """Copies of a row's keys and values in each layer, and the position after them."""
        columns = self._mask[row].nonzero()[:, 0]
        copied = [
            tuple(one[row : row + 1, :, columns.to(one.device)] for one in (layer.keys, layer.values))
            for layer in self._cache.layers
        ]
        return copied, self._next[row : row + 1].clone()

    def _join(self, states: Sequence[tuple[Tensor, Tensor]], mask: Tensor, following: Tensor) -> None:
        """Take rows in: keys and values of each layer, which columns are theirs, the positions after them."""
        self._lengths += mask.sum(dim=1).tolist()
        if len(self) == 0:
            self._cache, self._mask, self._next = _cache(states), mask, following
            return
        width = max(self._mask.shape[1], mask.shape[1])
        for layer, new in zip(self._cache.layers, states, strict=True):
            held = layer.keys, layer.values
            layer.hold(
                *(torch.cat([_widened(one, width) for one in pair]) for pair in zip(held, new, strict=True))
            )
        self._mask = torch.cat([F.pad(one, (width - one.shape[1], 0)) for one in (self._mask, mask)])
        self._next = torch.cat([self._next, following])

    def step(self, tokens: Sequence[Sequence[int]]) -> Tensor:
        """Show every row some tokens of its own, at least one; the scores of what follows them."""
        if self._mask.shape[1] > HOLES * max(self._lengths):
            self.keep(range(len(self)))
        length = max(map(len, tokens))
        padded = [[self._pad] * (length - len(row)) + list(row) for row in tokens]
        counts = torch.tensor([len(row) for row in tokens])
        both = torch.cat([torch.tensor(padded), counts[:, None]], dim=1).to(self._next.device)
        ids, count = both[:, :length], both[:, length:]
        place = torch.arange(length, device=ids.device) - (length - count)
        self._mask = torch.cat([self._mask, (place >= 0).long()], dim=1)
        positions = self._next[:, None] + place.clamp(min=0)
        told = self._decode(
            input_ids=ids,
            attention_mask=self._mask,
            position_ids=positions,
            cache=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self._next = self._next + count[:, 0]
        self._lengths = [had + len(new) for had, new in zip(self._lengths, tokens, strict=True)]
        scores: Tensor = told.logits[:, -1]
        return scores

    def keep(self, rows: Sequence[int]) -> None:
        """Let the other rows go, and with them every column that nobody needs."""
        self._lengths = [self._lengths[row] for row in rows]
        if not rows:
            self._cache, self._mask, self._next = None, self._mask[:0, :0], self._next[:0]
            return
        kept = torch.tensor(list(rows), device=self._mask.device)
        mask = self._mask[kept]
        width = max(self._lengths)
        # stable: padding first, then a row's own columns in their order
        columns = mask.argsort(dim=1, stable=True)[:, -width:]
        for layer in self._cache.layers:
            layer.hold(*(_gathered(one, kept, columns) for one in (layer.keys, layer.values)))
        self._mask = mask.gather(1, columns)
        self._next = self._next[kept]


def _cache(states: Sequence[tuple[Tensor, Tensor]]) -> Cache:
    """A cache of keys and values for each layer."""
    cache = Cache([GrowingLayer() for _ in states])
    for layer, held in zip(cache.layers, states, strict=True):
        layer.hold(*held)
    return cache


def _widened(states: Tensor, width: int) -> Tensor:
    """Keys or values [rows, heads, length, head] with padding at the left."""
    return F.pad(states, (0, 0, width - states.shape[2], 0))


def _gathered(states: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """The rows' columns of keys or values [rows, heads, length, head]."""
    rows, columns = rows.to(states.device), columns.to(states.device)
    return states[rows[:, None], :, columns].transpose(1, 2).contiguous()
