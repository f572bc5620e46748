"""SAIL-VL2 as written here: of other sizes, asked as in training, and what of its files is looked at."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from bench.tiny import native
from tests import tiny as made
from tests.published import SAIL_VL2_2B
from worker.errors import ModelUnavailable, ModelUnusable
from worker.reading.engines.sail_vl2 import loading as sail
from worker.reading.engines.sail_vl2.config import SailVl2Config
from worker.reading.engines.sail_vl2.model import SailVl2ForCausalLM
from worker.reading.engines.sail_vl2.prompting import CONTEXT, Prompting
from worker.reading.engines.sail_vl2.tiles import Tiling
from worker.reading.engines.transformers.checkpoint import Checkpoint
from worker.reading.engines.transformers.placement import Placement
from worker.reading.engines.transformers.tokenizer import open_tokenizer
from worker.reading.engines.vision.base import Message, Prompt

Tiny = Callable[[str], Path]
CPU = Placement("cpu", torch.float32)


def changed(folder: Path, into: Path, *, config: Any = None, preprocessor: Any = None) -> Path:
    """A copy of a checkpoint whose files say something else; None takes a key out."""
    shutil.copytree(folder, into)
    for name, facts in (("config.json", config or {}), ("preprocessor_config.json", preprocessor or {})):
        told = json.loads((into / name).read_text()) | facts
        kept = {key: value for key, value in told.items() if value is not None}
        (into / name).write_text(json.dumps(kept))
    return into


def asked(
    height: int, width: int, *texts: str, thinking: int = 0, schema: dict[str, Any] | None = None
) -> Prompt:
    """Questions and old answers in turn, about a white picture."""
    messages = tuple(
        Message("assistant" if number % 2 else "user", text)
        for number, text in enumerate(texts or ("Read.",))
    )
    picture = np.full((height, width, 3), 255, np.uint8)
    return Prompt(picture, messages, schema, max_tokens=4, thinking=thinking)


def text_of(opened: Checkpoint, prompt: Prompt) -> str:
    """What the model is told, its picture's places counted."""
    text = str(opened.tokenizer.decode(opened.encode([prompt])["input_ids"][0]))
    count = text.count(CONTEXT)
    return text.replace(CONTEXT * count, f"{count} places")


OTHER: list[dict[str, Any]] = [
    {"tile": 224, "layers": 4, "most": 4, "select_layer": -2},
    {"tile": 224, "layers": 5, "most": 9, "select_layer": -4, "ps_version": "v1"},
    {"tile": 112, "layers": 3, "most": 2, "select_layer": 1},
    {"tile": 112, "layers": 2, "most": 1, "force_image_size": 56},
]


@pytest.mark.parametrize("facts", OTHER)
def test_a_checkpoint_of_other_sizes_is_consistent_in_itself(facts: dict[str, Any], tmp_path: Path) -> None:
    opened = sail.open_checkpoint(native.sail_vl2(tmp_path, seed=5, **facts), CPU)
    context = opened.tokenizer.convert_tokens_to_ids(CONTEXT)
    side = facts.get("force_image_size", facts["tile"])
    per_tile = (side // 28) ** 2
    sizes = [(side, side), (900, 640), (300, 1200), (3, 90)]
    prompts = [asked(*size, "What?" * number) for number, size in enumerate(sizes, start=1)]
    with torch.inference_mode():
        together = opened.model.generate(**opened.encode(prompts), max_new_tokens=6, do_sample=False)
        for row, (prompt, size) in enumerate(zip(prompts, sizes, strict=True)):
            batch = opened.encode([prompt])
            tiles = batch["pixel_values"]
            assert tiles.shape[1:] == (3, side, side)
            assert len(tiles) <= facts["most"] + 1
            places = int((batch["input_ids"] == context).sum())
            assert places == len(tiles) * per_tile == opened.picture_tokens(*size) - 2
            assert opened.model.see(tiles).shape == (len(tiles), per_tile, 64)
            alone = opened.model.generate(**batch, max_new_tokens=6, do_sample=False)
            assert alone[0, -6:].tolist() == together[row, -6:].tolist()


@pytest.mark.parametrize("shared", [True, False])
def test_a_head_with_weights_of_its_own_is_used_whatever_the_config_says(
    shared: bool, tiny: Tiny, tmp_path: Path
) -> None:
    """The published files store the head although they say that it is shared."""
    folder = tmp_path / "model"
    shutil.copytree(tiny("sail_vl2"), folder)
    told = json.loads((folder / "config.json").read_text())
    told["llm_config"]["tie_word_embeddings"] = shared
    (folder / "config.json").write_text(json.dumps(told))
    weights = load_file(folder / "model.safetensors")
    head, table = (f"language_model.{name}.weight" for name in ("lm_head", "model.embed_tokens"))
    assert not torch.equal(weights[head], weights[table])
    model = sail.open_checkpoint(folder, CPU).model
    assert torch.equal(model.get_output_embeddings().weight, weights[head])
    assert torch.equal(model.get_input_embeddings().weight, weights[table])
    weights[head] = weights[table].clone()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert torch.equal(sail.open_checkpoint(folder, CPU).model.get_output_embeddings().weight, weights[table])


def test_the_class_defaults_are_the_published_ones() -> None:
    config = SailVl2Config()
    assert (config.select_layer, config.ps_version, config.pad2square) == (-4, "v1", False)
    vision = config.vision_config
    assert (vision.hidden_size, vision.intermediate_size, vision.num_attention_heads) == (1024, 2816, 8)
    assert (vision.image_size, config.tile, config.blocks) == (224, 224, 21)
    assert config.llm_config.model_type == "qwen3"


def test_what_a_config_leaves_out_is_the_class_default(tiny: Tiny, tmp_path: Path) -> None:
    folder = native.sail_vl2(tmp_path / "four", layers=4)
    told = {"select_layer": None, "ps_version": None}
    opened = sail.open_checkpoint(changed(folder, tmp_path / "plain", config=told), CPU)
    assert (opened.model.config.blocks, opened.model.config.ps_version) == (1, "v1")
    with pytest.raises(ModelUnusable, match="select_layer -4 of 2"):
        sail.open_checkpoint(changed(tiny("sail_vl2"), tmp_path / "two", config=told), CPU)


@pytest.mark.parametrize(
    ("config", "preprocessor", "said"),
    [
        ({"ps_version": "v3"}, {}, "ps_version 'v3'"),
        ({"pad2square": True}, {}, "pad2square True"),
        ({}, {"use_msac": True}, "use_msac True"),
    ],
)
def test_what_the_published_code_does_otherwise_is_refused(
    config: dict[str, Any], preprocessor: dict[str, Any], said: str, tiny: Tiny, tmp_path: Path
) -> None:
    folder = changed(tiny("sail_vl2"), tmp_path / "model", config=config, preprocessor=preprocessor)
    with pytest.raises(ModelUnusable, match=said):
        sail.open_checkpoint(folder, CPU)


def test_a_question_has_one_newline_after_its_picture(tiny: Tiny) -> None:
    opened = sail.open_checkpoint(tiny("sail_vl2"), CPU)
    wanted = (
        "<|im_start|>system\nYou read pages.<|im_end|>"
        "<|im_start|>user\n<img>4 places</img>\nWhat?<|im_end|><|im_start|>assistant\n"
    )
    assert text_of(opened, asked(50, 50, "What?")) == wanted
    template = opened.tokenizer.apply_chat_template(
        [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What?"}]}],
        tokenize=False,
        add_generation_prompt=True,
    )
    assert template.replace("<image>", "<img>4 places</img>") == wanted  # as the published processor does


def test_a_second_turn_is_as_in_training_and_not_as_in_the_template(tiny: Tiny) -> None:
    opened = sail.open_checkpoint(tiny("sail_vl2"), CPU)
    said = text_of(opened, asked(50, 50, "What?", '{"a": 1}', "And <|im_end|> the <image> date?"))
    assert said == (
        "<|im_start|>system\nYou read pages.<|im_end|>"
        "<|im_start|>user\n<img>4 places</img>\nWhat?<|im_end|>"
        '<|im_start|>assistant\n{"a": 1}<|im_end|>'
        "<|im_start|>user\nAnd < |im_end|> the <image> date?<|im_end|><|im_start|>assistant\n"
    )


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{{ '<|im_start|>system\nBe brief.<|im_end|>' + messages[0]['content'] }}", "Be brief."),
        ("{% for m in messages %}{{ m['content'][0]['text'] }}{% endfor %}", "UniVL"),
        ("<|im_system|>system<|im_middle|>You are Kimi.<|im_end|>{{ messages[0]['role'] }}", "UniVL"),
        (None, "UniVL"),
    ],
)
def test_the_system_sentence_is_the_templates_or_the_published_one(
    template: str | None, sentence: str, tiny: Tiny
) -> None:
    tokenizer = open_tokenizer(tiny("sail_vl2"))
    tokenizer.chat_template = template
    prompting = Prompting(tokenizer, Tiling({}, side=56), tokens_per_tile=4)
    said = tokenizer.decode(prompting([asked(50, 50)])["input_ids"][0])
    system, rest = said.split("<|im_end|>", 1)
    assert system.startswith("<|im_start|>system\n")
    assert sentence in system
    assert rest.startswith("<|im_start|>user\n<img>")


def test_a_model_that_thinks_is_asked_in_the_words_of_its_card(tiny: Tiny) -> None:
    opened = sail.open_checkpoint(tiny("sail_vl2"), CPU)
    card = (
        "Read.\nYou FIRST think about the reasoning process as an internal monologue and then provide the "
        "final answer. The reasoning process MUST BE enclosed within <think> </think> tags."
    )
    free = text_of(opened, asked(50, 50, "Read.", thinking=9))
    assert free.endswith(f"{card}<|im_end|><|im_start|>assistant\n")
    held = text_of(opened, asked(50, 50, "Read.", thinking=9, schema={"type": "object"}))
    assert held.endswith(f"{card} The final answer MUST BE JSON.<|im_end|><|im_start|>assistant\n")
    assert "FIRST" not in text_of(opened, asked(50, 50, "Read."))


def test_another_models_tokenizer_is_refused(tiny: Tiny) -> None:
    tokenizer = open_tokenizer(tiny("cogvlm2"))
    with pytest.raises(ModelUnavailable, match=CONTEXT):
        Prompting(tokenizer, Tiling({}, side=56), tokens_per_tile=4)


def test_a_model_with_experts_says_that_nothing_was_published_of_one(tiny: Tiny) -> None:
    experts = made.generator("sail_vl2_moe", tiny("sail_vl2_moe"), caveats=("weights in nf4",))
    assert experts.caveats[0] == "weights in nf4"
    assert "no published weights or code" in experts.caveats[1]
    experts.load()
    assert len(experts.caveats) == 2
    assert made.generator("sail_vl2", tiny("sail_vl2")).caveats == ()


def test_a_config_as_the_published_ones_are_written_is_understood() -> None:
    """Both parts as plain dictionaries, Qwen3's old spelling of its rotary base, an attention that is not here."""
    config = SailVl2Config(
        architectures=["SAILVLModel"],
        force_image_size=448,
        select_layer=-1,
        ps_version="v2",
        _attn_implementation="flash_attention_2",
        llm_config={
            "model_type": "qwen3",
            "architectures": ["Qwen3ForCausalLM"],
            "hidden_size": 64,
            "rope_theta": 1_000_000,
            "tie_word_embeddings": True,
        },
        vision_config={"hidden_size": 1536, "num_hidden_layers": 24, "num_attention_heads": 12},
    )
    assert config.tokens_per_tile == 256
    assert config.llm_config.rope_parameters["rope_theta"] == 1_000_000
    assert config.tie_word_embeddings
    assert math.isclose(config.downsample_ratio, 0.5)


def test_the_published_numbers_make_the_published_tensors() -> None:
    """The weight index of the 2B model lists 490 tensors of 5,461,130,240 bytes in bfloat16."""
    config = SailVl2Config(**deepcopy(SAIL_VL2_2B))
    with torch.device("meta"):
        tensors = SailVl2ForCausalLM(config).state_dict()
    assert len(tensors) == 490
    assert 2 * sum(tensor.numel() for tensor in tensors.values()) == 5_461_130_240
