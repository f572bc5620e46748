"""The same measurements as in `reference_runner`, with this project's own implementation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from worker.reading.engines import registry
from worker.reading.engines.parity.pages import LAST, TOKENS, Case
from worker.reading.engines.parity.reference import family
from worker.reading.engines.transformers.checkpoint import Checkpoint, Open
from worker.reading.engines.transformers.placement import Placement
from worker.reading.engines.vision.base import Message, Prompt

_UNFIT = (LookupError, RuntimeError, TypeError, ValueError)
"""What this implementation raises on ids and tiles that do not go together for it."""
_TAKEN = ("input_ids", "token_type_ids", "pixel_values")

See = Callable[[Any, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Measured:
    """Tensors by `case.measurement`, and by measurement why it is missing."""

    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)


def measure(
    folder: Path, cases: Sequence[Case], reference_runner: Measured, *, placement: Placement
) -> Measured:
    """Ids and pixels as made here; the rest from the other side's ids and pixels, where it has any.

    So a difference in how pages are cut is not taken for one in the model. Raises ModelUnavailable,
    MissingExtra.
    """
    opening, see = _family(folder)
    if placement.device == "cuda":
        torch.backends.cudnn.allow_tf32 = False
    checkpoint = opening(folder, placement)
    tensors: dict[str, Tensor] = {}
    missing: dict[str, str] = {}
    for case in cases:
        prompt = Prompt(case.picture, (Message("user", case.text),), None, max_tokens=TOKENS)
        own = checkpoint.encode([prompt])
        kept = {name: own[name] if name == "pixel_values" else own[name][0] for name in _TAKEN if name in own}
        try:
            kept |= _seen(checkpoint, see, _taken(own, reference_runner, case.name), placement)
        except _UNFIT as error:
            missing["logits"] = f"{type(error).__name__}: {error}".splitlines()[0]
        tensors |= {f"{case.name}.{name}": value.cpu() for name, value in kept.items()}
    return Measured(tensors, missing)


def _family(folder: Path) -> tuple[Open, See]:
    """How the checkpoint is opened, and what its language model sees of a picture."""
    loading = import_module(registry.opening_folders()[family(folder)].module)
    return loading.open_checkpoint, loading.seen


def _taken(own: Mapping[str, Any], reference_runner: Measured, case: str) -> dict[str, Tensor]:
    """The batch, with the other side's ids and pixels in place of the own ones."""
    batch = dict(own)
    for name in _TAKEN:
        found = reference_runner.tensors.get(f"{case}.{name}")
        if found is not None and name in batch:
            batch[name] = found if name == "pixel_values" else found.unsqueeze(0)
    return {**batch, "attention_mask": torch.ones_like(batch["input_ids"])}


def _seen(
    checkpoint: Checkpoint, see: See, batch: Mapping[str, Tensor], placement: Placement
) -> dict[str, Tensor]:
    model = checkpoint.model
    placed = {
        name: value.to(model.device, placement.dtype if value.is_floating_point() else value.dtype)
        for name, value in batch.items()
    }
    with torch.inference_mode():
        features = see(model, placed["pixel_values"])
        logits = model(**placed).logits[0, -LAST:]
        said = model.generate(
            **placed,
            max_new_tokens=TOKENS,
            min_new_tokens=TOKENS,
            do_sample=False,
            num_beams=1,
            repetition_penalty=1.0,
        )[0]
    return {
        "features": features.reshape(-1, features.shape[-1]).float(),
        "logits": logits.float(),
        "greedy": said[placed["input_ids"].shape[1] :],
    }
