"""How GPUs are shared out among workers, for machines with other numbers of them than this one."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from api.up import gpus
from worker.settings import Settings

GIGABYTE = 10**9


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder with weights of 20 GB, none of which lie on the disk."""
    (tmp_path / "config.json").write_text("{}")
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.truncate(20 * GIGABYTE)
    return tmp_path


def shared_out(model: Path, *memories: int, **more: Any) -> list[Mapping[str, str]]:
    settings = Settings(_env_file=None, engine="sail_vl2", model=str(model), **more)
    return list(gpus.shared_out(settings, [memory * GIGABYTE for memory in memories]))


def test_every_gpu_has_a_worker_where_the_model_fits(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert shared_out(model) == shared_out(model, 80) == [{}]
    assert shared_out(model, 24, 24) == [{"CUDA_VISIBLE_DEVICES": "0"}, {"CUDA_VISIBLE_DEVICES": "1"}]
    assert len(shared_out(model, *[80] * 8)) == 8


def test_a_model_that_fits_no_single_gpu_has_them_all(model: Path) -> None:
    assert shared_out(model, 22, 22) == shared_out(model, 80, 16) == [{}]
    assert len(shared_out(model, 22, 22, quantisation="int8")) == 2
    assert len(shared_out(model, 15, 15, quantisation="nf4")) == 1


def test_gpus_that_were_chosen_already_are_shared_out(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, GPU-77")
    assert [more["CUDA_VISIBLE_DEVICES"] for more in shared_out(model, 80, 80)] == ["2", "GPU-77"]


def test_engines_that_need_no_gpu_have_one_worker_and_torch_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere")
    others: list[dict[str, Any]] = [
        {"engine": "embedded"},
        {"engine": "openai"},
        {"engine": "sail_vl2", "device": "cpu"},
    ]
    for more in others:
        assert list(gpus.environments(Settings(_env_file=None, **more))) == [{}]
    assert list(gpus.environments(Settings(_env_file=None, engine="sail_vl2"))) == [{}]  # nobody answers
