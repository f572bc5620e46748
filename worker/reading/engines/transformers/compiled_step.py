"""The decode step compiled by torch: tried when a model is warmed up, and taken only where it holds.

What a compiler makes of a step may be faster, may not run, and may answer otherwise. So some small questions
are answered with it and without, rows coming and going, and it is dropped where a token differs or it throws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from worker.errors import DeviceLost, OutOfMemory, PagemillError
from worker.log import logger
from worker.reading.engines.transformers.checkpoint import BROKEN, Checkpoint
from worker.reading.engines.transformers.device import fault
from worker.reading.engines.vision.base import Answer

_log = logger(__name__)
STATIC = "this family is read in static batches, whose steps are not ours"


@dataclass(frozen=True, slots=True)
class StepTrial:
    """What came of it: the checkpoint to go on with, and why its step is not compiled; empty: it is."""

    checkpoint: Checkpoint
    dropped: str = ""


def tried(
    checkpoint: Checkpoint, backend: str, answers: Callable[[Checkpoint], Sequence[Answer]]
) -> StepTrial:
    """The checkpoint with its step compiled by a backend of torch, if `answers` come out the same with it.

    Raises DeviceLost, and what `answers` raises without it.
    """
    plain = answers(checkpoint)
    step: Any = torch.compile(checkpoint.model, backend=backend, dynamic=True)
    with_step = replace(checkpoint, step=step)
    try:
        dropped = _difference(plain, answers(with_step))
    except (PagemillError, AssertionError, *BROKEN) as error:
        if isinstance(error, DeviceLost) or isinstance(fault(error), DeviceLost):
            raise
        dropped = _words(error)
    if not dropped:
        _log.info("step_compiled", backend=backend)
        return StepTrial(with_step)
    torch.compiler.reset()  # what was compiled takes memory
    _log.warning("step_not_compiled", backend=backend, reason=dropped)
    return StepTrial(checkpoint, dropped)


def _difference(plain: Sequence[Answer], compiled: Sequence[Answer]) -> str:
    for number, (one, other) in enumerate(zip(plain, compiled, strict=True), 1):
        same = (one.text, one.finish) == (other.text, other.finish)
        if not same or one.completion_tokens != other.completion_tokens:
            return f"answer {number} of {len(plain)} differs"
    return ""


def _words(error: BaseException) -> str:
    if isinstance(error, OutOfMemory) or isinstance(fault(error), OutOfMemory):
        return "it does not fit into memory"
    said = " ".join(str(error).split())[:200] or "without a word"
    return f"it threw {type(error).__name__}: {said}"
