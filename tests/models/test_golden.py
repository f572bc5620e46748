"""`bench.golden`: both native models answer as the original code did, and a difference is seen.

The folders with what the original code answered are no part of the repository; without them, those tests
are skipped.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from tests import tiny as made
from worker.reading.engines.cogvlm2 import loading as cogvlm2
from worker.reading.engines.cogvlm2.prompting import Question, encode
from worker.reading.engines.sail_vl2 import loading as sail
from worker.reading.engines.transformers.placement import Placement
from worker.reading.engines.vision.base import Message, Prompt

Tiny = Callable[[str], Path]
CPU = Placement("cpu", torch.float32)
ROOT = Path(__file__).parent.parent.parent
ANSWERS = [folder for parent in ROOT.parents for folder in parent.glob("shared/data/*_golden")]
"""Beside the checkout, or beside the folder of worktrees."""


def ran(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.golden", str(folder)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("family", ["cogvlm2", "sail_vl2"])
def test_answers_are_those_of_the_original_code(family: str) -> None:
    found = [folder for folder in ANSWERS if folder.name == f"{family}_golden"]
    if not found:
        pytest.skip("the answers of the original code are not here")
    status, told = ran(found[0])
    assert status == 0, told
    assert "DIFFER" not in told


def cogvlm2_answers(folder: Path, into: Path) -> None:
    """What this CogVLM2 says, in the form in which the original's answers are kept."""
    opened = cogvlm2.open_checkpoint(folder, CPU)
    picture = np.asarray(Image.open(into / "page.png"))
    cases = [{"template": "chat", "query": "What?", "history": [], "image": "page.png"}] * 2
    (into / "cases.json").write_text(json.dumps({"cases": cases}))
    expected: dict[str, torch.Tensor] = {}
    for name, count in (("case0", 1), ("case1", 1), ("batch", 2)):
        batch = encode([Question("What?", picture=picture)] * count, opened.tokenizer, opened.model.config)
        greedy = opened.model.generate(**batch, max_new_tokens=4, min_new_tokens=4, do_sample=False)[:, -4:]
        expected |= {
            f"{name}.greedy": greedy if count == 2 else greedy[0],
            f"{name}.logits": opened.model(**batch).logits[0].detach(),
            f"{name}.input_ids": batch["input_ids"][0],
            f"{name}.token_type_ids": batch["token_type_ids"][0],
        }
    save_file({key: value.contiguous() for key, value in expected.items()}, into / "expected.safetensors")


def sail_vl2_answers(folder: Path, into: Path) -> None:
    """What this SAIL-VL2 says, in the form in which the original's answers are kept."""
    opened = sail.open_checkpoint(folder, CPU)
    picture = np.asarray(Image.open(into / "page.png"))
    height, width = picture.shape[:2]
    tiling = opened.encode.tiling  # type: ignore[attr-defined]
    rows, columns = tiling.grid(height, width)
    told: dict[str, Any] = {
        "pictures": ["page.png"],
        "size": [width, height],
        "history": [],
        "tiles": tiling.count(height, width),
        "picture_tokens": opened.picture_tokens(height, width) - 2,
    }
    cases = [{**told, "name": name, "question": name} for name in ("square", "other")]
    plan = {"cases": cases, "batch": {"cases": [1, 0]}}
    (into / "cases.json").write_text(json.dumps(plan))
    expected: dict[str, torch.Tensor] = {}
    prompts = [Prompt(picture, (Message("user", case["name"]),), None, max_tokens=4) for case in cases]
    with torch.inference_mode():
        for number, prompt in enumerate(prompts):
            batch = opened.encode([prompt])
            seen = opened.model.see(batch["pixel_values"])
            expected |= {
                f"case{number}.grid": torch.tensor([rows, columns, int(rows * columns > 1)]),
                f"case{number}.pixels_sparse": batch["pixel_values"][:, :, 3::14, 5::14],
                f"case{number}.features_sparse": seen.flatten(0, 1)[::29],
                f"case{number}.logit_positions": torch.tensor([0, 5, 9]),
                f"case{number}.logits": opened.model(**batch).logits[0, [0, 5, 9]],
                f"case{number}.input_ids": batch["input_ids"][0],
                f"case{number}.greedy": greedy(opened, batch)[0],
            }
        both = opened.encode(prompts[::-1])
    expected |= {f"batch.{name}": both[name] for name in ("input_ids", "attention_mask")}
    expected["batch.greedy"] = greedy(opened, both)
    save_file({key: value.contiguous() for key, value in expected.items()}, into / "expected.safetensors")


def greedy(opened: Any, batch: Any) -> torch.Tensor:
    return opened.model.generate(**batch, max_new_tokens=4, min_new_tokens=4, do_sample=False)[:, -4:]  # type: ignore[no-any-return]


CHANGES: list[tuple[str, str, Callable[[torch.Tensor], torch.Tensor]]] = [
    ("cogvlm2", "case1.logits", lambda value: value + 1e-3),
    ("cogvlm2", "case0.input_ids", lambda value: value + 1),
    ("sail_vl2", "case1.logits", lambda value: value + 1e-3),
    ("sail_vl2", "case0.features_sparse", lambda value: value + 1e-3),
    ("sail_vl2", "case0.pixels_sparse", lambda value: value + 1e-3),
    ("sail_vl2", "case0.grid", lambda value: value + 1),
    ("sail_vl2", "batch.greedy", lambda value: value.flip(0) + 1),
]


@pytest.mark.parametrize(("family", "name", "change"), CHANGES)
def test_a_difference_is_seen(
    family: str,
    name: str,
    change: Callable[[torch.Tensor], torch.Tensor],
    tiny: Tiny,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from bench import golden

    folder = tmp_path / "golden"
    shutil.copytree(tiny(family), folder)
    Image.fromarray(made.speckled(50, 100)).save(folder / "page.png")
    {"cogvlm2": cogvlm2_answers, "sail_vl2": sail_vl2_answers}[family](tiny(family), folder)
    assert golden.main(folder) == 0, capsys.readouterr().out
    changed = load_file(folder / "expected.safetensors")
    changed[name] = change(changed[name])
    save_file(changed, folder / "expected.safetensors")
    assert golden.main(folder) == 1
    assert capsys.readouterr().out.count("WRONG") == 1
