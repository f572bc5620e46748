"""How many rows and tokens fit beside the weights: what one page takes is measured, the rest is arithmetic.

A batch is right-sized at its worst: all its pages are taken in at the same moment, and holes between rows
make the cache as wide as they may. What was not foreseen ends in an OutOfMemory, at which the batcher halves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch

_USED = 0.9  # of the free memory: the allocator cannot reuse every gap
_MOST_ROWS = 64


@dataclass(frozen=True, slots=True)
class BatchWishes:
    """Most `rows` and `tokens` of a batch where they are set; None leaves them to the memory there is.

    That is shared out for pages of so many `pixels`, with answers of so many tokens.
    """

    rows: int | None = None
    tokens: int | None = None
    pixels: int = 2_200_000
    answer: int = 2048


@dataclass(frozen=True, slots=True)
class OnePage:
    """What a page took: `tokens` of the question, bytes at the `peak`, and those of a token in the cache."""

    tokens: int
    peak: int
    cache: int

    @property
    def passing(self) -> int:
        """Bytes that are free again when the page has been taken in."""
        return max(0, self.peak - self.tokens * self.cache)


@dataclass(frozen=True, slots=True)
class Capacity:
    """Most rows of a batch, and most tokens: rows times the longest of them, answers included."""

    rows: int
    tokens: int


def capacity(page: OnePage, free: int, *, answer: int, spare: float) -> Capacity:
    """What fits into `free` bytes; one row where not even that does.

    `answer` are the most tokens of an answer. For each token of a batch `spare` may lie in caches: holes make
    one wider than its longest row, and rows that ended are kept. A row is taken to pass as many bytes a token
    as the page did in which it was measured.
    """
    each = page.passing / max(1, page.tokens) + spare * page.cache
    tokens = int(_USED * free / max(1.0, each))
    longest = page.tokens + answer
    return Capacity(max(1, min(_MOST_ROWS, tokens // longest)), max(tokens, longest))


def cache_bytes(cache: Any) -> int:
    """Bytes of the keys and values in a cache of transformers."""
    tensors = [tensor for layer in cache.layers for tensor in (layer.keys, layer.values)]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


class Meter(Protocol):
    """Tells a device's memory."""

    def free(self) -> int:
        """Bytes that nobody has."""
        ...

    def begin(self) -> None:
        """Measure the peak from here."""
        ...

    def peak(self) -> int:
        """Bytes that were taken at the same moment since, on top of what was taken then."""
        ...


class CudaMeter:
    """A GPU's, by torch's allocator."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._before = 0

    def free(self) -> int:
        """Bytes that nobody has, those included that torch keeps for itself."""
        torch.cuda.empty_cache()
        kept = torch.cuda.memory_reserved(self._device) - torch.cuda.memory_allocated(self._device)
        return int(torch.cuda.mem_get_info(self._device)[0]) + kept

    def begin(self) -> None:
        """Measure the peak from here."""
        torch.cuda.reset_peak_memory_stats(self._device)
        self._before = torch.cuda.memory_allocated(self._device)

    def peak(self) -> int:
        """Bytes of the highest moment since."""
        return int(torch.cuda.max_memory_allocated(self._device)) - self._before


def meter_of(device: torch.device) -> Meter | None:
    """The meter of a device; None where nothing tells its memory apart from others'."""
    return CudaMeter(device) if device.type == "cuda" else None
