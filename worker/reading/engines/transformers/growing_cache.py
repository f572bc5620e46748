"""Keys and values that grow in place: a step writes its own columns, and seldom copies those before it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import DynamicLayer

ROOM = 64  # columns that are free behind the last when a layer has grown


class GrowingLayer(DynamicLayer):  # type: ignore[misc]
    """A layer of a cache whose keys and values [rows, heads, length, width] may have room behind them."""

    def __init__(self) -> None:
        super().__init__()
        self._buffers: tuple[Tensor, Tensor] | None = None

    def hold(self, keys: Tensor, values: Tensor) -> None:
        """Hold these in place of what was there."""
        if not self.is_initialized:
            self.lazy_initialization(keys, values)
        self.keys, self.values, self._buffers = keys, values, None

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Keys and values with the new columns behind them."""
        held = self.keys.shape[2]
        length = held + key_states.shape[2]
        if self._buffers is None or self._buffers[0].shape[2] < length:
            self._buffers = _grown(self.keys, length + ROOM), _grown(self.values, length + ROOM)
        keys, values = self._buffers
        keys[:, :, held:length] = key_states
        values[:, :, held:length] = value_states
        self.keys, self.values = keys[:, :, :length], values[:, :, :length]
        return self.keys, self.values


def _grown(states: Tensor, length: int) -> Tensor:
    rows, heads, held, width = states.shape
    grown = torch.empty(rows, heads, length, width, dtype=states.dtype, device=states.device)
    grown[:, :, :held] = states
    return grown
