"""What torch says of memory and of the device, as our errors."""

from __future__ import annotations

import gc
from contextlib import suppress

import torch

from worker.errors import DeviceLost, OutOfMemory

_NO_ROOM = ("out of memory", "can't allocate memory", "STATUS_ALLOC_FAILED")
_LOST = (
    "CUDA error",
    "CUDA driver error",
    "device-side assert",
    "illegal memory access",
    "unspecified launch failure",
)


def fault(error: BaseException) -> OutOfMemory | DeviceLost | None:
    """One of torch's errors as ours; None for one that is not about memory or the device."""
    if not isinstance(error, RuntimeError):
        return None
    text = str(error)
    if isinstance(error, torch.OutOfMemoryError) or any(sign in text for sign in _NO_ROOM):
        return OutOfMemory()
    if isinstance(error, torch.AcceleratorError) or any(sign in text for sign in _LOST):
        return DeviceLost(detail=(text.splitlines() or [type(error).__name__])[0])
    return None


def free() -> None:
    """Give back what nobody holds any more. A device that is lost has nothing to give."""
    gc.collect()
    with suppress(RuntimeError):
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if torch.backends.mps.is_available():
            torch.mps.empty_cache()
