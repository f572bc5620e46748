"""What the weights in a folder take up once they are loaded, and whether that fits a GPU."""

from __future__ import annotations

from pathlib import Path

from worker.reading.models.registry import Quantisation

_LEFT = {"none": 1.0, "int8": 0.75, "nf4": 0.65}
"""Of the bytes in 16 bit, at most: of small models, a larger part is not quantised (bench.memory)."""
_BESIDE = 3_000_000_000  # bytes for CUDA's context and one page of any profile (bench.memory)


def weights_in(folder: Path, quantisation: Quantisation) -> int:
    """Bytes of a checkpoint's weights in memory: as they are stored, or at most as they are quantised."""
    files = list(folder.glob("*.safetensors")) or list(folder.glob("*.bin"))
    return round(sum(file.stat().st_size for file in files) * _LEFT[quantisation])


def fits(weights: int, memory: int) -> bool:
    """Whether weights of so many bytes leave room for a page on a GPU with so much memory."""
    return weights + _BESIDE <= memory
