"""Compares this CogVLM2 with answers of the original implementation: `python -m bench.golden FOLDER`.

The folder holds a checkpoint, `cases.json` and `expected.safetensors` (`caseN.input_ids`,
`token_type_ids`, `pixels`, `logits`, `greedy`, and `batch.greedy` of cases 0 and 1 left-padded), made
in float32 by the original code. Exits with 1 when ids, types or greedy tokens differ, or a logit by
more than 1e-4.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

from worker.reading.engines.cogvlm2.config import CogVLMConfig
from worker.reading.engines.cogvlm2.loading import load
from worker.reading.engines.cogvlm2.model import CogVLMForCausalLM
from worker.reading.engines.cogvlm2.prompting import Question, encode
from worker.reading.engines.transformers.placement import Placement
from worker.reading.engines.transformers.tokenizer import open_tokenizer

_MOST = 1e-4


def main(folder: Path) -> int:
    config = CogVLMConfig.from_pretrained(str(folder))
    model = load(folder, config, Placement("cpu", torch.float32))
    tokenizer = open_tokenizer(folder)
    expected = load_file(folder / "expected.safetensors")
    questions = [_question(case, folder) for case in json.loads((folder / "cases.json").read_text())["cases"]]
    good = True
    for number, question in enumerate(questions):
        batch = encode([question], tokenizer, config)
        good &= _compare(f"case{number}", model, batch, expected)
    both = encode(questions[:2], tokenizer, config)
    same = torch.equal(_greedy(model, both, expected["batch.greedy"].shape[1]), expected["batch.greedy"])
    print(f"batch  tokens {'equal' if same else 'DIFFER'}")
    return 0 if good and same else 1


def _question(case: dict[str, Any], folder: Path) -> Question:
    picture = None
    if case["image"] is not None:
        picture = np.asarray(Image.open(folder / case["image"]).convert("RGB"))
    history = tuple((asked, said) for asked, said in case["history"])
    return Question(case["query"], history, picture, case["template"])


def _compare(
    name: str, model: CogVLMForCausalLM, batch: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]
) -> bool:
    with torch.inference_mode():
        logits = model(**batch).logits[0]
    ids = torch.equal(batch["input_ids"][0], expected[f"{name}.input_ids"])
    types = torch.equal(batch["token_type_ids"][0], expected[f"{name}.token_type_ids"])
    wanted = expected.get(f"{name}.pixels")
    pixels = 0.0 if wanted is None else float((batch["pixel_values"][0] - wanted).abs().max())
    logit = float((logits - expected[f"{name}.logits"]).abs().max())
    tokens = torch.equal(
        _greedy(model, batch, len(expected[f"{name}.greedy"]))[0], expected[f"{name}.greedy"]
    )
    print(
        f"{name}  ids {ids}  types {types}  max |pixel| {pixels:.1e}  max |logit| {logit:.1e}  tokens {tokens}"
    )
    return ids and types and tokens and logit <= _MOST and pixels <= _MOST


def _greedy(model: CogVLMForCausalLM, batch: dict[str, torch.Tensor], count: int) -> torch.Tensor:
    with torch.inference_mode():
        output = model.generate(**batch, max_new_tokens=count, min_new_tokens=count, do_sample=False)
    new: torch.Tensor = output[:, batch["input_ids"].shape[1] :]
    return new


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
