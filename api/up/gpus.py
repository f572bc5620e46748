"""A worker for each GPU: a model fills one, and answers no faster when its layers lie on several.

Only a model that does not fit one GPU has them all, in one worker.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence

from worker.errors import ModelUnavailable
from worker.log import logger
from worker.reading.engines import registry
from worker.reading.models import files, footprint
from worker.settings import Settings, environment

_log = logger(__name__)
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_ASK = """
import json, torch
gpus = range(torch.cuda.device_count())
print(json.dumps([torch.cuda.get_device_properties(gpu).total_memory for gpu in gpus]))
"""
_WITHIN = 60.0  # seconds for torch to start and to say


def environments(settings: Settings) -> Sequence[Mapping[str, str]]:
    """For each worker that is to run here what its environment has beside the others', one at the least."""
    wanted = registry.spec(settings.engine).queue == "gpu" and settings.device in {"auto", "cuda"}
    return shared_out(settings, _memories()) if wanted else ({},)


def shared_out(settings: Settings, memories: Sequence[int]) -> Sequence[Mapping[str, str]]:
    """The same, for GPUs with so many bytes each."""
    if len(memories) < 2:
        return ({},)
    weights = _weights(settings)
    if not footprint.fits(weights, min(memories)):
        _log.warning("model_spread", gpus=len(memories), weights=weights, why="it does not fit one GPU")
        return ({},)
    given = [name for name in environment({}).get(_VISIBLE, "").split(",") if name.strip()]
    names = given if len(given) >= len(memories) else [str(gpu) for gpu in range(len(memories))]
    _log.info("worker_per_gpu", gpus=len(memories))
    return [{_VISIBLE: name.strip()} for name in names[: len(memories)]]


def _weights(settings: Settings) -> int:
    """Bytes of the model; 0 where it cannot be found, which its worker will say."""
    try:
        folder = files.load_folder(settings.model, settings.models_dir, deep=False)
    except ModelUnavailable:
        return 0
    return footprint.weights_in(folder, settings.quantisation)


def _memories() -> Sequence[int]:
    """Bytes of every GPU that torch sees, asked in a process of its own: torch is large and slow to load."""
    try:
        told = subprocess.run(  # noqa: S603 (this Python)
            (sys.executable, "-c", _ASK), capture_output=True, timeout=_WITHIN, check=True, text=True
        )
    except (subprocess.SubprocessError, OSError):
        return ()
    found: list[int] = json.loads(told.stdout)
    return found
