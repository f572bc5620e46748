"""`python -m bench.gpu`: refuses in words where there is no GPU; its parts run on a tiny model here."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from bench import gpu
from tests import tiny as made
from worker.reading.models import files


class Meter:
    """Tells what it is told to."""

    def __init__(self, taken: int) -> None:
        self._taken = taken

    def free(self) -> int:
        return 10**9

    def begin(self) -> None:
        """Nothing to begin."""

    def peak(self) -> int:
        return self._taken


def test_without_a_gpu_it_says_so_and_measures_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    assert gpu.main(["sail-vl2-2b", "--engine", "sail_vl2"]) == 2
    told = capsys.readouterr()
    assert (told.out, "no GPU here" in told.err) == ("", True)


def test_without_a_model_all_that_were_pulled_are_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert gpu.main(["--models-dir", str(tmp_path)]) == 2
    assert "nothing was pulled" in capsys.readouterr().err
    revisions = {"sail-vl2-2b": "r1", "glm-ocr": "r2"}
    monkeypatch.setattr(files, "pulled_revision", lambda name, _folder: revisions.get(name, ""))
    assert set(gpu.pulled(tmp_path)) == set(revisions)
    assert gpu.main(["--models-dir", str(tmp_path)]) == 2  # their files are not whole
    assert capsys.readouterr().err.count("bench.gpu: ") == 2


def test_a_model_that_cannot_be_used_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert gpu.main([str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("bench.gpu: ")


def test_every_figure_is_measured(tiny: Callable[[str], Path]) -> None:
    model = made.generator("sail_vl2", tiny("sail_vl2"), rows=3)
    model.warm_up()
    lines = list(gpu.figures(model, Meter(10**8), pixels=20_000, tokens=12, queue=2))
    assert all(fine for _, fine in lines)
    told = "\n".join(line for line, _ in lines)
    for wanted in (
        r"3 rows, 32768 tokens chosen",
        r"full batch of 3 pages: 0\.10 of 1\.00 GB",
        r"first token of a page of 0\.0 MP: [\d.]+ s; of another question about it: [\d.]+ s",
        r"a step of 1 rows: [\d.]+ ms\na step of 3 rows",
        r"passes \d+ static, \d+ running",
        r"2 of 2 answers equal",
    ):
        assert re.search(wanted, told), wanted
    assert re.fullmatch(r"a compiled step of 8 rows: [\d.]+ ms", gpu.compiled_step(model, pixels=20_000))
    model.not_compiled = "answer 1 of 3 differs"
    assert gpu.compiled_step(model) == "the step is not compiled: answer 1 of 3 differs"
    line, fine = gpu.full_batch(model, Meter(2 * 10**9), pixels=20_000, tokens=4)
    assert not fine
    assert "2.00 of 1.00 GB" in line
    model.close()
