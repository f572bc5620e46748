"""On which device a model is loaded, on machines with more GPUs than this one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from worker.reading.engines import builtin
from worker.reading.engines.transformers import generator as module
from worker.reading.engines.transformers import placement
from worker.reading.engines.transformers.checkpoint import CheckpointLoader
from worker.reading.engines.transformers.location import Location
from worker.reading.engines.transformers.placement import Placement


@pytest.mark.parametrize(
    ("gpus", "weights", "spread"),
    [(1, 90, False), (8, 6, False), (8, 20, False), (2, 22, True), (8, 40, True)],
)
def test_a_model_is_spread_only_where_it_does_not_fit_one_gpu(
    gpus: int, weights: int, spread: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (24 * 10**9, 24 * 10**9))
    found = placement.choose("auto", "none", weights=weights * 10**9)
    assert found == Placement("cuda", torch.bfloat16, spread=spread)
    assert found.arguments(())["device_map"] == ("auto" if spread else {"": "cuda"})


def test_a_record_says_that_a_model_is_spread(tiny: Callable[[str], Path]) -> None:
    asked: list[Path] = []

    def place(folder: Path) -> Placement:
        asked.append(folder)
        return Placement("cpu", torch.float32, spread=True)

    folder = tiny("sail_vl2")
    loader = CheckpointLoader(lambda: Location(folder, "tiny"), place, builtin._opener("sail_vl2"))
    model = module.TransformersGenerator("sail_vl2", "tiny", opening=loader)
    model.load()
    assert asked == [folder]
    assert module._SPREAD in model.caveats
    model.close()
