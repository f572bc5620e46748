"""`doctor --parity`: agrees with an implementation written apart, sees each planted difference, runs nothing unasked."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from api.cli.main import main
from tests.models import parity_code as code
from worker.errors import ModelUnavailable
from worker.reading.engines.parity import differences, pages, reference, reference_runner
from worker.reading.engines.parity.native import Measured
from worker.reading.engines.parity.run_both import compare, environment

Tiny = Callable[[str], Path]
ROOT = Path(__file__).parent.parent.parent
HERE = Path(sys.executable)


def compared(folder: Path, dtype: str = "float32") -> tuple[bool, str]:
    out = io.StringIO()
    return compare(folder, python=HERE, out=out, dtype=dtype), out.getvalue()


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def cells(report: str, page: str) -> list[str]:
    """The row of a page; columns are two blanks apart."""
    [row] = [line for line in report.splitlines() if line.startswith(page)]
    return [cell for cell in row.split("  ") if cell]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_an_implementation_written_apart_agrees(dtype: str, tiny: Tiny, tmp_path: Path) -> None:
    good, report = compared(code.sail(tiny("sail_vl2"), tmp_path / "SAIL-VL2.0 of a test"), dtype)
    assert good, report
    assert "SAILVLModel" in report
    assert "verdict: agrees" in report
    for page, tiles in (("wide", 4), ("tall", 7)):
        row = cells(report, page)
        assert "equal" in row[1]
        assert row[2].strip() == f"{tiles} / {tiles}"
        assert all(float(row[column]) < 2e-2 or dtype == "bfloat16" for column in (3, 4, 5))
    assert dtype == "bfloat16" or report.count("32 equal") == 2
    assert "not measured" not in report


@pytest.mark.parametrize(
    ("file", "old", "new", "wrong"),
    [
        (
            "modeling_sailvl.py",
            "return x.permute(0, 2, 1, 3).contiguous()",
            "return x",
            {"max Δ feature", "max Δ logit"},
        ),
        ("processing_sailvl.py", "0.485, 0.456", "0.5, 0.5", {"max Δ pixel"}),
        ("processing_sailvl.py", "if len(tiles) > 1:", "if False:", {"ids", "tiles", "max Δ pixel"}),
    ],
)
def test_a_planted_difference_is_told_by_its_name(
    file: str, old: str, new: str, wrong: set[str], tiny: Tiny, tmp_path: Path
) -> None:
    folder = code.sail(tiny("sail_vl2"), tmp_path / "model")
    edited(folder / file, old, new)
    good, report = compared(folder)
    assert not good
    verdict = report.splitlines()[-1]
    assert verdict.startswith("verdict: DIFFERS")
    named = {part.split(": ")[-1] for part in verdict.split("(")[1].rstrip(")").split("; ")}
    assert wrong <= named <= wrong | {"greedy tokens"}


def test_what_the_code_does_not_offer_is_left_out_and_named(tiny: Tiny, tmp_path: Path) -> None:
    folder = code.sail(tiny("sail_vl2"), tmp_path / "model")
    path = folder / "modeling_sailvl.py"
    path.write_text(path.read_text().replace("extract_feature", "_look"))
    edited(path, "    def generate(self", "    def answer(self")
    good, report = compared(folder)
    assert good, report
    assert "not measured with its own code: features (AttributeError" in report
    assert "not measured with its own code: greedy" in report


def test_cogvlm2_is_spoken_to_in_its_own_way(tiny: Tiny, tmp_path: Path) -> None:
    folder = code.cogvlm2(tiny("cogvlm2"), tmp_path / "model")
    good, report = compared(folder)
    assert good, report
    assert report.count("32 equal") == 2
    edited(folder / "modeling_cogvlm.py", 'list(made["pixel_values"])', 'list(made["pixel_values"] + 1)')
    good, report = compared(folder)
    assert not good
    assert "max Δ pixel" in report.splitlines()[-1]


def test_the_other_process_gets_no_credentials_and_leaves_nothing(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "HF_TOKEN", "PAGEMILL_KEY", "PYTHONPATH"):
        monkeypatch.setenv(name, "secret")
    folder = code.sail(tiny("sail_vl2"), tmp_path / "model")
    seen = tmp_path / "seen.json"
    with (folder / "modeling_sailvl.py").open("a") as file:
        file.write(
            f"\nimport json, os, sys\njson.dump([dict(os.environ), sys.path], open({str(seen)!r}, 'w'))\n"
        )
    before = set(folder.rglob("*"))
    assert compared(folder)[0]
    environ, path = json.loads(seen.read_text())
    assert "secret" not in environ.values()
    assert environ["HF_HUB_OFFLINE"] == environ["TRANSFORMERS_OFFLINE"] == "1"
    assert str(Path(reference_runner.__file__).parent) not in path
    for name in ("HOME", "HF_HOME", "HF_MODULES_CACHE", "TMPDIR"):
        assert "pagemill-parity-" in environ[name]
        assert not Path(environ[name]).exists()
    assert set(folder.rglob("*")) == before


def test_the_environment_is_a_short_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOMETHING_ELSE", "secret")
    assert {"PATH", "HOME", "HF_HUB_OFFLINE"} <= set(environment(tmp_path))
    assert "SOMETHING_ELSE" not in environment(tmp_path)


def test_nothing_runs_unless_it_is_asked_for(
    tiny: Tiny, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import hashlib

    folder = code.sail(tiny("sail_vl2"), tmp_path / "model")
    ran = tmp_path / "ran"
    for path in folder.glob("*.py"):
        path.write_text(f"open({str(ran)!r}, 'w')\n" + path.read_text())
    assert main(["doctor", "--parity", str(folder), "--python", str(HERE)]) == 2
    told = capsys.readouterr().out
    for path in folder.glob("*.py"):
        assert f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" in told
    assert "was not reviewed" in told
    assert main(["doctor", "--parity", str(folder), "--run-its-code"]) == 2
    assert "transformers==4.51.3" in capsys.readouterr().out
    assert not ran.exists()
    assert main(["doctor", "--parity", str(folder), "--run-its-code", "--python", str(HERE)]) == 0
    assert "verdict: agrees" in capsys.readouterr().out
    assert ran.exists()
    edited(folder / "processing_sailvl.py", "0.485", "0.1")
    assert main(["doctor", "--parity", str(folder), "--run-its-code", "--python", str(HERE)]) == 1


def test_a_checkpoint_without_code_is_told_so(
    tiny: Tiny, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--parity", str(tiny("sail_vl2")), "--run-its-code", "--python", str(HERE)]) == 1
    assert "comes without code of its own" in capsys.readouterr().err
    with pytest.raises(ModelUnavailable, match=r"no config\.json"):
        reference.code_files(tmp_path)
    folder = code.sail(tiny("sail_vl2"), tmp_path / "model")
    edited(folder / "config.json", "modeling_sailvl.SAILVLModel", "someone/else--modeling_sailvl.SAILVLModel")
    with pytest.raises(ModelUnavailable, match="not in its folder"):
        reference.code_files(folder)
    with pytest.raises(ModelUnavailable, match="no architecture that can be compared"):
        reference.family(tiny("qwen3_vl"))


def test_code_that_fails_and_a_python_that_is_none_are_told_in_words(tiny: Tiny, tmp_path: Path) -> None:
    folder = code.sail(tiny("sail_vl2"), tmp_path / "model")
    with pytest.raises(ModelUnavailable, match="cannot be run"):
        compare(folder, python=tmp_path / "python", out=io.StringIO())
    edited(folder / "modeling_sailvl.py", "self.post_init()", "raise ValueError('of another age')")
    with pytest.raises(ModelUnavailable, match="of another age"):
        compared(folder)


def test_a_processor_that_fails_proves_nothing(tiny: Tiny, tmp_path: Path) -> None:
    folder = code.sail(tiny("sail_vl2"), tmp_path / "model")
    edited(folder / "processing_sailvl.py", "tiles = self.cut(images)", "raise TypeError('no pictures')")
    good, report = compared(folder)
    assert not good
    assert "input_ids (TypeError: no pictures)" in report
    assert "NOT PROVEN: too little was measured" in report


def test_nan_and_other_shapes_are_differences() -> None:
    def told(**changed: torch.Tensor) -> tuple[bool, str]:
        plain = {
            "a.input_ids": torch.arange(4),
            "a.logits": torch.zeros(2, 3),
            "a.token_type_ids": torch.zeros(4),
        }
        other = {**plain, **{f"a.{name}": value for name, value in changed.items()}}
        out = io.StringIO()
        good = differences.report(
            ["a"], Measured(plain), Measured(other), limits=differences.LIMITS["float32"], out=out
        )
        return good, out.getvalue()

    assert told()[0]
    assert not told(logits=torch.full((2, 3), torch.nan))[0]
    assert not told(logits=torch.zeros(2, 4))[0]
    assert "equal up to 2" in told(input_ids=torch.tensor([0, 1, 7, 3]))[1]
    assert "token types differ" in told(token_type_ids=torch.ones(4))[1]
    out = io.StringIO()
    reference_alone = Measured({"a.logits": torch.zeros(1, 1)})
    native = Measured({"a.logits": torch.zeros(1, 1)}, {"greedy": "RuntimeError: no"})
    assert not differences.report(
        ["a"], reference_alone, native, limits=differences.LIMITS["float32"], out=out
    )
    assert "cannot take its input" in out.getvalue()


def test_their_program_runs_in_any_process(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here, so that its lines are counted; what it writes was compared above."""
    modules = str(tmp_path / "modules")
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", modules)
    monkeypatch.setattr(sys, "path", [*sys.path, modules])
    cases = pages.write(tmp_path / "cases")
    made: dict[str, Any] = {"sail": code.sail, "cogvlm2": code.cogvlm2}
    for family, source in (("sail", "sail_vl2"), ("cogvlm2", "cogvlm2")):
        folder = made[family](tiny(source), tmp_path / family)
        (output := tmp_path / f"{family}-out").mkdir()
        assert reference_runner.main([str(folder), str(tmp_path / "cases"), str(output)]) == 0
        facts = json.loads((output / "reference.json").read_text())
        assert set(facts["missing"]) == (
            set() if family == "sail" else {"features"}
        )  # ours has no `encode_images`
    assert [case.name for case in cases] == ["wide", "tall"]


def test_foreign_code_is_trusted_in_one_file_only() -> None:
    trusting = re.compile(r"""trust_remote_code["']?\s*[=:]\s*True""")
    folders = ("api", "bench", "deploy", "schemas", "tests", "worker")
    sources = [
        path
        for name in folders
        for path in (ROOT / name).rglob("*")
        if path.suffix in {".py", ".sh", ".yaml", ".toml", ".md"}
    ]
    found = [path for path in sources if trusting.search(path.read_text(encoding="utf-8"))]
    assert found == [ROOT / "worker/reading/engines/parity/reference_runner.py"]
