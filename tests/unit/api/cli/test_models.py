"""`pagemill models`, `pull` and `verify`."""

from __future__ import annotations

import io
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from api.cli import main, models
from worker.errors import ModelUnavailable
from worker.reading.models import files
from worker.reading.models.hub import Fetched, download
from worker.reading.models.registry import Profile, profiles
from worker.settings import Settings

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def copied(_profile: Profile, folder: Path) -> Fetched:
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    return Fetched(COMMIT, {})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(models_dir=tmp_path / "models")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.pull, "__kwdefaults__", {"fetch": copied})


def lines(out: io.StringIO) -> dict[str, str]:
    return {line.split()[0]: line for line in out.getvalue().splitlines() if line.strip()}


def with_gpu(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(models, "gpu_at_hand", lambda: models.Gpu(free, "GPU: one"))


def test_the_table_says_which_models_fit(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpu(monkeypatch, 24_000_000_000)
    out = io.StringIO()
    assert models.run_models(settings, out) == 0
    rows = lines(out)
    assert set(profiles()) <= set(rows)
    assert rows["sail-vl2-2b"].endswith("none ×8, int8 ×8, nf4 ×8")
    assert rows["cogvlm2"].endswith("nf4 ×1")
    assert rows["cogvlm2-int4"].endswith("nf4 ×1")
    assert "(notice)" in rows["cogvlm2"]
    assert "GPU: one" in out.getvalue()


def test_a_pull_that_brings_nothing_leaves_nothing_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAGEMILL_MODELS_DIR", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(
        files.pull, "__kwdefaults__", {"fetch": partial(download, endpoint="http://127.0.0.1:9")}
    )
    assert main.main(["pull", "glm-ocr"]) == 1
    assert "set HF_ENDPOINT to a mirror" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert main.main(["verify", "glm-ocr"]) == 1
    assert "glm-ocr is not here; run: pagemill pull glm-ocr" in capsys.readouterr().err


def test_doctor_says_whether_the_model_that_is_set_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("MODELS_DIR", str(tmp_path)), ("ENGINE", "transformers"), ("MODEL", "glm-ocr")):
        monkeypatch.setenv(f"PAGEMILL_{name}", value)
    assert main.main(["doctor"]) == 1
    assert "pagemill pull glm-ocr" in capsys.readouterr().out
    assert main.main(["pull", "glm-ocr"]) == 0
    assert main.main(["doctor"]) == 0
    told = capsys.readouterr().out
    assert "models pulled: glm-ocr\nmodel: glm-ocr\n" in told
    assert "GPU: " in told
    assert "unknown setting" not in told
    monkeypatch.setenv("PAGEMILL_QUANTIZATION", "nf4")
    assert main.main(["doctor"]) == 0
    assert "unknown setting: PAGEMILL_QUANTIZATION" in capsys.readouterr().out


def test_settings_that_are_wrong_are_named_as_the_environment_names_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAGEMILL_BATCH_ROWS", "0")
    monkeypatch.setenv("REDIS_URL", "")
    monkeypatch.setenv("PAGEMILL_QUANTISATION", "int4")
    assert main.main(["doctor"]) == 2
    told = capsys.readouterr().err
    assert "PAGEMILL_BATCH_ROWS: " in told
    assert "PAGEMILL_QUANTISATION: Input should be 'none', 'int8' or 'nf4'" in told


def test_nothing_fits_a_small_gpu_and_without_one_it_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_gpu(monkeypatch, 2_000_000_000)
    out = io.StringIO()
    models.run_models(settings, out)
    assert lines(out)["qwen3-vl-8b"].endswith("no")
    monkeypatch.setattr(models, "gpu_at_hand", lambda: models.Gpu(None, "There is no GPU here"))
    out = io.StringIO()
    models.run_models(settings, out)
    assert "There is no GPU here" in out.getvalue()
    assert not lines(out)["qwen3-vl-8b"].endswith("no")


def test_a_machine_without_torch_or_gpu_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    found = models.gpu_at_hand()
    assert found.free is None
    assert "torch is not installed" in found.words


def test_a_gpu_is_described_with_its_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = SimpleNamespace(
        is_available=lambda: True,
        mem_get_info=lambda: (22_000_000_000, 24_000_000_000),
        get_device_name=lambda: "L4",
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    found = models.gpu_at_hand()
    assert found.free == 22_000_000_000
    assert "L4, 22.0 of 24.0 GB free" in found.words
    cuda.is_available = lambda: False
    assert models.gpu_at_hand().free is None
    assert "GPU: none" in models.gpu_at_hand().words


@pytest.mark.parametrize("name", sorted(profiles()))
def test_all_that_is_known_of_a_model_is_printed(name: str, settings: Settings) -> None:
    out = io.StringIO()
    assert models.run_models(settings, out, name) == 0
    found = profiles()[name]
    for fact in (
        found.id,
        found.licence.name,
        found.source,
        found.image.source,
        found.scores_source,
        found.revision_source,
    ):
        assert fact in out.getvalue()
    assert found.licence.notice in out.getvalue()
    assert found.architecture is None or found.architecture.source in out.getvalue()


def test_an_unknown_name_is_wrong_usage(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    assert models.run_models(settings, out, "sail-vl3") == 2
    assert models.run_pull(settings, "../sail", out) == 2
    assert models.run_verify(settings, ["nope"], out) == 2
    assert "no profile is called" in capsys.readouterr().err


def test_a_licence_with_duties_must_be_accepted(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    out = io.StringIO()
    assert models.run_pull(settings, "cogvlm2", out) == 2
    assert "only after registration" in capsys.readouterr().err
    assert not settings.models_dir.exists()
    assert models.run_pull(settings, "cogvlm2", out, accept_licence=True) == 0
    assert COMMIT in out.getvalue()
    assert "only after registration" in capsys.readouterr().err


def test_verify_takes_all_that_were_pulled(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    assert models.run_verify(settings, [], out) == 0
    assert "no model was pulled yet" in capsys.readouterr().err
    models.run_pull(settings, "glm-ocr", out)
    assert models.run_verify(settings, [], out) == 0
    assert "glm-ocr: 2 files as pulled" in out.getvalue()
    (settings.models_dir / "glm-ocr" / "model.safetensors").write_bytes(b"weightz")
    capsys.readouterr()
    assert models.run_verify(settings, ["glm-ocr"], out) == 1
    assert "model.safetensors of the model is not the one" in capsys.readouterr().err


def test_verify_names_what_is_not_whole(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    (settings.models_dir / "glm-ocr").mkdir(parents=True)
    assert models.run_verify(settings, [], io.StringIO()) == 1
    assert "glm-ocr was begun and not finished; run: pagemill pull glm-ocr" in capsys.readouterr().err


def test_a_pull_without_a_network_keeps_the_model_that_works(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.run_pull(settings, "glm-ocr", io.StringIO())
    monkeypatch.setattr(
        files.pull, "__kwdefaults__", {"fetch": partial(download, endpoint="http://127.0.0.1:9")}
    )
    with pytest.raises(ModelUnavailable):
        models.run_pull(settings, "glm-ocr", io.StringIO())
    assert models.run_verify(settings, ["glm-ocr"], io.StringIO()) == 0


def test_the_commands_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAGEMILL_MODELS_DIR", str(tmp_path))
    assert main.main(["models", "glm-ocr"]) == 0
    assert main.main(["pull", "cogvlm2-int4"]) == 2
    assert main.main(["pull", "glm-ocr"]) == 0
    assert main.main(["verify", "glm-ocr"]) == 0
    (tmp_path / "glm-ocr" / "config.json").unlink()
    assert main.main(["verify"]) == 1
    assert "run: pagemill pull glm-ocr" in capsys.readouterr().err


def test_help_loads_nothing_heavy() -> None:
    heavy = "{'torch', 'transformers', 'huggingface_hub', 'pydantic'} & set(sys.modules)"
    code = f"import sys, contextlib, api.cli.main as m\nwith contextlib.suppress(SystemExit): m.main(['--help'])\nassert not {heavy}, {heavy}"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
