"""Compares SAIL-VL2 or CogVLM2 with answers of the original implementation: `python -m bench.golden FOLDER`.

The folder holds a checkpoint, `cases.json` and `expected.safetensors`, made in float32 by the original
code: for each case ids, pixels, logits and greedy tokens, of CogVLM2 `token_type_ids`, too, of SAIL-VL2
tile grids and features; and greedy tokens of a left-padded batch. `sizes.json`, where there is one, holds
tile grids of many sizes of pictures. Prints a line for each case. Exits with 1 when ids, types, grids,
counts of picture tokens or greedy tokens differ, a pixel or a feature by more than 1e-5, or a logit by
more than 1e-4.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from worker.reading.engines.cogvlm2.config import CogVLMConfig
from worker.reading.engines.cogvlm2.loading import load as load_cogvlm2
from worker.reading.engines.cogvlm2.prompting import Question, encode
from worker.reading.engines.parity.reference import family
from worker.reading.engines.sail_vl2.loading import open_checkpoint as open_sail_vl2
from worker.reading.engines.sail_vl2.tiles import Tiling
from worker.reading.engines.transformers.checkpoint import Checkpoint
from worker.reading.engines.transformers.placement import Placement
from worker.reading.engines.transformers.tokenizer import open_tokenizer
from worker.reading.engines.vision.base import Message, Prompt
from worker.reading.pages.base import Picture

_CLOSE, _LOGITS = 1e-5, 1e-4
_CPU = Placement("cpu", torch.float32)
_PICTURE_MARKS = 2  # tokens around a picture, which `picture_tokens` counts and the original does not


@dataclass(slots=True)
class _Line:
    """What is printed of a case, and whether all of it is as it should be."""

    name: str
    good: bool = True
    _said: list[str] = field(default_factory=list)

    def same(self, what: str, found: object, wanted: object) -> bool:
        """Note whether two things are equal; tensors by all their numbers."""
        both = isinstance(found, Tensor) and isinstance(wanted, Tensor)
        equal = torch.equal(found, wanted) if both else found == wanted  # type: ignore[arg-type]
        self._note(f"{what} {'equal' if equal else 'DIFFER'}", good=equal)
        return equal

    def near(self, what: str, found: Tensor, wanted: Tensor | None, most: float = _CLOSE) -> None:
        """Note the largest difference of two tensors; nothing where the folder has none."""
        if wanted is None:
            return
        if found.shape != wanted.shape:
            self._note(f"{what} of shape {list(found.shape)}, not {list(wanted.shape)}", good=False)
            return
        gap = float((found.double() - wanted.double()).abs().max())
        self._note(f"{what} {gap:.1e}", good=gap <= most)  # a NaN is not within any bound

    def show(self) -> bool:
        """Print it; whether it is good."""
        print(f"{self.name:12}  {'  '.join(self._said)}{'' if self.good else '  WRONG'}", flush=True)
        return self.good

    def _note(self, text: str, *, good: bool) -> None:
        self._said.append(text)
        self.good &= good


def main(folder: Path) -> int:
    """Compare the folder's cases; the exit status."""
    plan = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
    expected = load_file(folder / "expected.safetensors")
    compare = _cogvlm2 if family(folder) == "cogvlm2" else _sail_vl2
    with torch.inference_mode():
        lines = compare(folder, plan, expected)
    good = [line.show() for line in lines]
    return 0 if all(good) else 1


# CogVLM2


def _cogvlm2(folder: Path, plan: Mapping[str, Any], expected: Mapping[str, Tensor]) -> list[_Line]:
    config = CogVLMConfig.from_pretrained(str(folder))
    model = load_cogvlm2(folder, config, _CPU)
    tokenizer = open_tokenizer(folder)
    questions = [_question(case, folder) for case in plan["cases"]]
    lines = []
    for number, question in enumerate(questions):
        wanted, line = _of_case(number, expected), _Line(f"case{number}")
        batch = encode([question], tokenizer, config)
        line.same("ids", batch["input_ids"][0], wanted["input_ids"])
        line.same("types", batch["token_type_ids"][0], wanted["token_type_ids"])
        if "pixels" in wanted:
            line.near("pixels", batch["pixel_values"][0], wanted["pixels"])
        line.near("logits", model(**batch).logits[0], wanted["logits"], _LOGITS)
        line.same("tokens", _greedy(model, batch, len(wanted["greedy"]))[0], wanted["greedy"])
        lines.append(line)
    both = encode(questions[:2], tokenizer, config)
    line = _Line("batch")
    line.same("tokens", _greedy(model, both, expected["batch.greedy"].shape[1]), expected["batch.greedy"])
    return [*lines, line]


def _question(case: Mapping[str, Any], folder: Path) -> Question:
    picture = None if case["image"] is None else _picture(folder / case["image"])
    history = tuple((asked, said) for asked, said in case["history"])
    return Question(case["query"], history, picture, case["template"])


# SAIL-VL2


def _sail_vl2(folder: Path, plan: Mapping[str, Any], expected: Mapping[str, Tensor]) -> list[_Line]:
    checkpoint = open_sail_vl2(folder, _CPU)
    prompts = [_prompt(case, folder) for case in plan["cases"]]
    lines = []
    for number, (case, prompt) in enumerate(zip(plan["cases"], prompts, strict=True)):
        wanted, line = _of_case(number, expected), _Line(case["name"])
        batch = checkpoint.encode([prompt])
        _tiles(line, checkpoint, case, batch["pixel_values"], wanted)
        _answers(line, checkpoint, batch, wanted)
        lines.append(line)
        if case["name"] == "square" and "rounded.pixel_values" in expected:
            lines.append(_rounded(checkpoint, batch, wanted, expected))
    together = [prompts[number] for number in plan["batch"]["cases"]]
    lines.append(_together(checkpoint, together, expected))
    if (folder / "sizes.json").is_file():
        lines.append(_sizes(checkpoint, json.loads((folder / "sizes.json").read_text(encoding="utf-8"))))
    return lines


def _prompt(case: Mapping[str, Any], folder: Path) -> Prompt:
    old = [
        message
        for asked, said in case["history"]
        for message in (Message("user", asked), Message("assistant", said))
    ]
    messages = (*old, Message("user", case["question"]))
    return Prompt(_picture(folder / case["pictures"][0]), messages, None, max_tokens=16)


def _tiles(
    line: _Line, checkpoint: Checkpoint, case: Mapping[str, Any], pixels: Tensor, wanted: Mapping[str, Tensor]
) -> None:
    """Grid, cost and pixels of a case. Of most pictures the folder has every fourteenth pixel only."""
    width, height = case["size"]
    rows, columns = checkpoint.encode.tiling.grid(height, width)  # type: ignore[attr-defined]
    line.same("grid", [rows, columns, int(rows * columns > 1)], wanted["grid"].tolist())
    line.same("tiles", len(pixels), case["tiles"])
    line.same(
        "picture_tokens", checkpoint.picture_tokens(height, width) - _PICTURE_MARKS, case["picture_tokens"]
    )
    line.near("pixels", pixels[:, :, 3::14, 5::14], wanted.get("pixels_sparse"))
    line.near("means", pixels.double().mean((-1, -2)), wanted.get("tile_means"))
    line.near("deviations", pixels.double().std((-1, -2)), wanted.get("tile_deviations"))
    line.near("all pixels", pixels, wanted.get("pixel_values"))
    line.near("last tile", pixels[-1:], wanted.get("pixel_values_last"))


def _answers(
    line: _Line, checkpoint: Checkpoint, batch: Mapping[str, Tensor], wanted: Mapping[str, Tensor]
) -> None:
    """Ids, features, logits and tokens of a case."""
    model = checkpoint.model
    same = line.same("ids", batch["input_ids"][0], wanted["input_ids"])
    seen = model.see(batch["pixel_values"])
    line.near("features", seen.flatten(0, 1)[::29], wanted.get("features_sparse"))
    line.near("all features", seen, wanted.get("features"))
    if same:  # else the positions are of another text
        line.near("logits", model(**batch).logits[0, wanted["logit_positions"]], wanted["logits"], _LOGITS)
    line.same("tokens", _greedy(model, batch, len(wanted["greedy"]))[0], wanted["greedy"])


def _rounded(
    checkpoint: Checkpoint,
    batch: Mapping[str, Tensor],
    wanted: Mapping[str, Tensor],
    expected: Mapping[str, Tensor],
) -> _Line:
    """The case `square` with its pixels rounded to bfloat16, as the original processor hands them over."""
    line = _Line("rounded")
    pixels = batch["pixel_values"].bfloat16()
    line.same("pixels", pixels, expected["rounded.pixel_values"])
    parts = {name: expected[f"rounded.{name}"] for name in ("features", "logits", "greedy")}
    kept = {name: wanted[name] for name in ("input_ids", "logit_positions")}
    _answers(line, checkpoint, {**batch, "pixel_values": pixels.float()}, {**kept, **parts})
    return line


def _together(checkpoint: Checkpoint, prompts: Sequence[Prompt], expected: Mapping[str, Tensor]) -> _Line:
    line = _Line("batch")
    batch = checkpoint.encode(prompts)
    for name in ("input_ids", "attention_mask"):
        line.same(name, batch[name], expected[f"batch.{name}"])
    wanted = expected["batch.greedy"]
    line.same("tokens", _greedy(checkpoint.model, batch, wanted.shape[1]), wanted)
    return line


def _sizes(checkpoint: Checkpoint, table: Mapping[str, Any]) -> _Line:
    """Grids of many sizes by the most tiles allowed, and what they cost this checkpoint."""
    line = _Line("sizes")
    config = checkpoint.model.config
    most = [key for key in table["sizes"][0] if key.isdigit()]
    for key in most:
        tiling = Tiling({"max_dynamic_patch": int(key)}, side=table["tile"])
        found = [tiling.grid(row["height"], row["width"]) for row in table["sizes"]]
        line.same(f"{len(found)} grids of {key}", found, [tuple(row[key][:2]) for row in table["sizes"]])
    own = str(config.max_dynamic_patch)
    if config.tile == table["tile"] and own in most:
        costs = [checkpoint.picture_tokens(row["height"], row["width"]) for row in table["sizes"]]
        wanted = [
            config.tokens_per_tile * (row[own][0] * row[own][1] + row[own][2]) + _PICTURE_MARKS
            for row in table["sizes"]
        ]
        line.same(f"{len(costs)} picture_tokens", costs, wanted)
    return line


# Both


def _of_case(number: int, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    start = f"case{number}."
    return {name.removeprefix(start): value for name, value in expected.items() if name.startswith(start)}


def _picture(path: Path) -> Picture:
    return np.asarray(Image.open(path).convert("RGB"))


def _greedy(model: Any, batch: Mapping[str, Tensor], count: int) -> Tensor:
    output = model.generate(**batch, max_new_tokens=count, min_new_tokens=count, do_sample=False)
    new: Tensor = output[:, batch["input_ids"].shape[1] :]
    return new


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
