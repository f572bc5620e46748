"""CogVLM2 as written here: against frozen numbers and in every form of file; and what both native models refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from tests import tiny as made
from worker.reading.engines import builtin
from worker.reading.engines.cogvlm2 import loading as cogvlm2
from worker.reading.engines.cogvlm2.config import CogVLMConfig
from worker.reading.engines.cogvlm2.decoder import LANGUAGE, PICTURE, Routing, positions_of
from worker.reading.engines.cogvlm2.model import CogVLMForCausalLM
from worker.reading.engines.cogvlm2.prompting import Question, encode, pixels, prompt_text
from worker.reading.engines.transformers.placement import Placement
from worker.reading.engines.transformers.tokenizer import open_tokenizer
from worker.reading.engines.vision.base import Message, Prompt

Tiny = Callable[[str], Path]
CPU = Placement("cpu", torch.float32)


def waves(model: nn.Module) -> None:
    """Weights by a formula, the same on every machine and in every version of torch."""
    with torch.no_grad():
        for number, (_, weight) in enumerate(sorted(model.named_parameters())):
            steps = torch.arange(weight.numel(), dtype=torch.float64) * (0.37 + 0.011 * number) + number
            weight.copy_((torch.sin(steps) * 0.1 + (weight.ndim == 1)).view_as(weight))


# CogVLM2

TINY = CogVLMConfig(
    vocab_size=97,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_multi_query_heads=2,
    bos_token_id=94,
    eos_token_id=95,
    pad_token_id=96,
    vision_config={
        "hidden_size": 24,
        "intermediate_size": 40,
        "num_hidden_layers": 2,
        "num_heads": 2,
        "image_size": 56,
        "num_positions": 17,
    },
)


def frozen() -> tuple[CogVLMForCausalLM, dict[str, torch.Tensor]]:
    model = CogVLMForCausalLM(TINY).eval()
    waves(model)
    ids = torch.tensor([[94, *[96] * 6, *range(10, 18)]])
    types = torch.tensor([[LANGUAGE, *[PICTURE] * 6, *[LANGUAGE] * 8]])
    picture = torch.sin(torch.arange(3 * 56 * 56).float() * 0.013).view(1, 3, 56, 56)
    return model, {
        "input_ids": ids,
        "token_type_ids": types,
        "pixel_values": picture,
        "attention_mask": torch.ones_like(ids),
    }


def test_logits_are_those_that_agreed_with_the_original() -> None:
    """Written down when `bench/golden.py` found this code equal to the original within 1.2e-6."""
    model, batch = frozen()
    with torch.inference_mode():
        logits = model(**batch).logits[0]
    found = logits[[0, 3, 7, 14], :3].flatten().tolist()
    assert found == pytest.approx(FROZEN, abs=1e-4)


FROZEN = [
    0.391737,
    1.065656,
    1.20161,
    0.016273,
    -0.033363,
    -0.066157,
    0.175349,
    0.887177,
    1.151139,
    0.295325,
    0.927387,
    1.091286,
]


def test_the_answer_is_the_same_with_a_cache_and_without() -> None:
    model, batch = frozen()
    with torch.inference_mode():
        cached = model.generate(**batch, max_new_tokens=12, min_new_tokens=12, do_sample=False)
        plain = model.generate(
            **batch, max_new_tokens=12, min_new_tokens=12, do_sample=False, use_cache=False
        )
    assert cached.tolist() == plain.tolist()


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (Question("What?"), "Question: What? Answer:"),
        (Question("What?", template="vqa"), "Question: What? Short answer:"),
        (
            Question("What?", (("A?", "B."), ("C?", "D."))),
            "Question: A? Answer: B.\nQuestion: C? Answer: D.\nQuestion: What? Answer:",
        ),
        (Question("Once", (("A?", "B."),), template="base"), "Once"),
    ],
)
def test_templates_with_history(question: Question, text: str) -> None:
    assert prompt_text(question) == text


def test_a_batch_is_padded_on_the_left_and_knows_its_pictures(tiny: Tiny) -> None:
    folder = tiny("cogvlm2")
    config = CogVLMConfig.from_pretrained(str(folder))
    batch = encode(
        [Question("Long question?", picture=made.speckled(50, 80)), Question("?")],
        open_tokenizer(folder),
        config,
    )
    assert batch["attention_mask"].sum(dim=1).tolist()[0] == batch["input_ids"].shape[1]
    assert batch["attention_mask"][1, 0] == 0
    assert (batch["token_type_ids"] == PICTURE).sum(dim=1).tolist() == [config.vision_config.tokens, 0]
    assert batch["pixel_values"].shape == (1, 3, 112, 112)


def test_pixels_of_a_grey_page_are_what_clip_wants() -> None:
    found = pixels(np.full((10, 20, 3), 128, dtype=np.uint8), 28)
    assert found[:, 5, 5].tolist() == pytest.approx(
        [
            (128 / 255 - m) / s
            for m, s in zip(
                (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711), strict=True
            )
        ]
    )


@given(st.integers(0, 4), st.integers(0, 12), st.integers(1, 8))
def test_all_of_a_picture_stands_at_one_position_wherever_it_is_padded(
    padding: int, picture: int, words: int
) -> None:
    kinds = [LANGUAGE, *[PICTURE] * (picture + 2 if picture else 0), *[LANGUAGE] * words]
    types = torch.tensor([[LANGUAGE] * padding + kinds])
    mask = torch.tensor([[0] * padding + [1] * len(kinds)])
    found = positions_of(types, mask)[0, padding:]
    alone = positions_of(torch.tensor([kinds]), None)[0]
    assert len({int(a - b) for a, b in zip(found, alone, strict=True)}) == 1
    if picture:
        assert len(set(alone[2 : 2 + picture].tolist())) == 1
    assert (alone.diff() >= 0).all()


def test_experts_are_never_called_with_no_rows() -> None:
    class Strict(nn.Linear):
        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            assert rows.numel()
            return super().forward(rows)

    expert = Strict(4, 4)
    for types in ([[0, 0, 0]], [[0, 1, 1, 1, 0]], [[0, 1, 0]]):
        kinds = torch.tensor(types)
        out = Routing.of(kinds).apply(torch.randn(1, kinds.shape[1], 4), picture=expert, language=expert)
        assert out.shape == (1, kinds.shape[1], 4)


@pytest.mark.parametrize("form", ["shards", "bin"])
@pytest.mark.parametrize("quantisation", ["none", "nf4"])
def test_every_form_of_file_is_read(form: str, quantisation: Any, tiny: Tiny, tmp_path: Path) -> None:
    """Safetensors in shards, and one `.bin`, plain or with bitsandbytes' state as in the published int4 files."""
    config = CogVLMConfig.from_pretrained(str(tiny("cogvlm2")))
    dtype = torch.bfloat16 if quantisation == "nf4" else torch.float32  # as the published files are
    model = cogvlm2.load(tiny("cogvlm2"), config, Placement("cpu", dtype, quantisation))
    if form == "shards":
        model.save_pretrained(tmp_path, max_shard_size="300KB")
        assert len(list(tmp_path.glob("*.safetensors"))) > 1
    else:
        model.config.save_pretrained(tmp_path)
        torch.save(_state(model), tmp_path / "pytorch_model.bin")
    open_tokenizer(tiny("cogvlm2")).save_pretrained(tmp_path)
    opened = cogvlm2.open_checkpoint(tmp_path, CPU)
    asked = Prompt(made.speckled(60, 60), (Message("user", "Read."),), None, max_tokens=8)
    wanted, found = (
        one.generate(**opened.encode([asked]), max_new_tokens=8, do_sample=False)
        for one in (model, opened.model)
    )
    assert wanted.tolist() == found.tolist()
    four_bit = [part for part in opened.model.modules() if type(part).__name__ == "Linear4bit"]
    assert bool(four_bit) is (quantisation == "nf4")


def _state(model: CogVLMForCausalLM) -> dict[str, torch.Tensor]:
    return {name: tensor for name, tensor in model.state_dict().items() if isinstance(tensor, torch.Tensor)}


def test_a_bin_file_that_would_run_code_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    from worker.errors import ModelUnavailable

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path(tmp_path / "ran").touch, ())

    CogVLMConfig.from_pretrained(str(tiny("cogvlm2"))).save_pretrained(tmp_path)
    open_tokenizer(tiny("cogvlm2")).save_pretrained(tmp_path)
    torch.save({"lm_head.weight": Evil()}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelUnavailable):
        cogvlm2.open_checkpoint(tmp_path, CPU)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("family", ["cogvlm2", "sail_vl2"])
@pytest.mark.parametrize("change", ["missing", "renamed"])
def test_weights_that_do_not_match_are_refused_and_not_made_up(
    family: str, change: str, tiny: Tiny, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    from worker.errors import ModelUnavailable

    for file in tiny(family).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = load_file(tmp_path / "model.safetensors")
    name = next(name for name in weights if "layers.1" in name)
    taken = weights.pop(name)
    if change == "renamed":
        weights[name.replace("layers.1", "layers.7")] = taken
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelUnavailable, match="misses"):
        builtin._opener(family)(tmp_path, CPU)
