"""CogVLM2 and SAIL-VL2 as written here: against frozen numbers, against parts of transformers, in every form of file."""

from __future__ import annotations

import json
import math
import subprocess
import sys
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
from worker.reading.engines.sail_vl2 import loading as sail
from worker.reading.engines.sail_vl2.config import SailVisionConfig, SailVl2Config
from worker.reading.engines.sail_vl2.prompting import CONTEXT, Prompting
from worker.reading.engines.sail_vl2.vision import SailVit, pixel_shuffle
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


def test_the_golden_command_sees_a_difference(tiny: Tiny, tmp_path: Path) -> None:
    from PIL import Image
    from safetensors.torch import load_file, save_file

    folder = tiny("cogvlm2")
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    Image.fromarray(made.speckled(50, 50)).save(tmp_path / "page.png")
    cases = [{"template": "chat", "query": "What?", "history": [], "image": "page.png"}] * 2
    (tmp_path / "cases.json").write_text(json.dumps({"cases": cases}))
    opened = cogvlm2.open_checkpoint(folder, CPU)
    picture = np.asarray(Image.open(tmp_path / "page.png"))
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
    save_file({key: value.contiguous() for key, value in expected.items()}, tmp_path / "expected.safetensors")
    command = [sys.executable, "-m", "bench.golden", str(tmp_path)]
    root = Path(__file__).parent.parent.parent
    assert subprocess.run(command, cwd=root, check=False, capture_output=True).returncode == 0
    changed = load_file(tmp_path / "expected.safetensors")
    changed["case1.logits"][3, 3] += 1e-3
    save_file(changed, tmp_path / "expected.safetensors")
    assert subprocess.run(command, cwd=root, check=False, capture_output=True).returncode == 1


# SAIL-VL2


def test_the_vision_tower_is_that_of_aimv2_in_transformers() -> None:
    from transformers import Aimv2VisionConfig, Aimv2VisionModel

    sizes = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "image_size": 56,
        "patch_size": 14,
        "rms_norm_eps": 1e-5,
    }
    ours = SailVit(SailVisionConfig(**sizes)).eval()
    theirs = Aimv2VisionModel(Aimv2VisionConfig(**sizes, use_head=False, is_native=False)).eval()
    waves(ours)
    theirs.load_state_dict(_as_aimv2(ours.state_dict()), strict=True)
    tiles = torch.sin(torch.arange(2 * 3 * 56 * 56).float() * 0.01).view(2, 3, 56, 56)
    with torch.inference_mode():
        seen = theirs(tiles, output_hidden_states=True)
        assert torch.allclose(ours(tiles, layer=-1), seen.last_hidden_state, atol=1e-5)
        assert torch.allclose(ours(tiles, layer=-2), seen.hidden_states[-2], atol=1e-5)


def _as_aimv2(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """SAILViT's names as those of transformers' Aimv2."""
    named = {
        "preprocessor.patchifier.proj": "embeddings.patch_embed",
        "preprocessor.patchifier.norm": "embeddings.rms_norm",
        "trunk.blocks": "encoder.layers",
        "trunk.post_trunk_norm": "rms_norm",
        "norm_1": "rms_norm1",
        "norm_2": "rms_norm2",
        "attn.proj": "attention.out_proj",
        "mlp.fc1": "ffn.gate_proj",
        "mlp.fc3": "ffn.up_proj",
        "mlp.fc2": "ffn.down_proj",
    }
    found: dict[str, torch.Tensor] = {}
    for key, value in state.items():
        name = key
        for ours, theirs in named.items():
            name = name.replace(ours, theirs)
        if "attn.qkv" in name:
            for part, piece in zip("qkv", value.chunk(3), strict=True):
                found[name.replace("attn.qkv", f"attention.{part}_proj")] = piece
        elif "pos_embed" in name:
            found["embeddings.position_embedding.weight"] = value[0]
        else:
            found[name] = value
    return found


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5))
def test_pixels_are_shuffled_as_in_internvl(count: int, half: int, width: int) -> None:
    from transformers import InternVLModel

    grid = (
        torch.arange(count * (2 * half) ** 2 * 4 * width).float().view(count, 2 * half, 2 * half, 4 * width)
    )
    theirs = InternVLModel.pixel_shuffle(None, grid, scale_factor=0.5)
    assert torch.equal(pixel_shuffle(grid, 0.5), theirs)


@pytest.mark.parametrize(("height", "width", "tiles"), [(50, 50, 1), (1754, 1240, 7), (300, 900, 4)])
def test_an_a4_page_is_cut_into_six_tiles_and_a_thumbnail(
    height: int, width: int, tiles: int, tiny: Tiny
) -> None:
    opened = sail.open_checkpoint(tiny("sail_vl2"), CPU)
    asked = Prompt(
        np.full((height, width, 3), 255, np.uint8), (Message("user", "Read."),), None, max_tokens=4
    )
    batch = opened.encode([asked])
    assert len(batch["pixel_values"]) == tiles
    context = opened.tokenizer.convert_tokens_to_ids(CONTEXT)
    assert int((batch["input_ids"] == context).sum()) == tiles * opened.model.config.tokens_per_tile
    assert opened.picture_tokens(height, width) == tiles * opened.model.config.tokens_per_tile + 2


@pytest.mark.parametrize(
    "template",
    [
        "{% for m in messages %}{% for p in m['content'] %}{% if p['type'] == 'image' %}<image>{% else %}{{ p['text'] }}{% endif %}{% endfor %}{% endfor %}",
        "{% for m in messages %}{% for p in m['content'] %}{% if p['type'] == 'image' %}<img><IMG_CONTEXT></img>\n{% else %}{{ p['text'] }}{% endif %}{% endfor %}{% endfor %}",
        "{% for m in messages %}{% if m['content'] is string %}{{ m['content'] }}{% endif %}{% endfor %}",
    ],
)
def test_the_picture_finds_its_place_in_any_chat_template(template: str, tiny: Tiny) -> None:
    folder = tiny("sail_vl2")
    tokenizer = open_tokenizer(folder)
    tokenizer.chat_template = template
    config = SailVl2Config.from_pretrained(str(folder))
    prompting = Prompting(tokenizer, sail.tiles_of(folder), config)
    asked = Prompt(
        np.full((60, 60, 3), 255, np.uint8), (Message("user", "Read <image> this."),), None, max_tokens=4
    )
    text = tokenizer.decode(prompting([asked])["input_ids"][0])
    places = CONTEXT * config.tokens_per_tile
    assert text.count(CONTEXT) == config.tokens_per_tile
    assert text.startswith(f"<img>{places}</img>\n")
    assert text.endswith("this.")


def test_a_config_as_the_published_ones_are_written_is_understood() -> None:
    """Both parts as plain dictionaries, Qwen3's old spelling of its rotary base, an attention that is not here."""
    config = SailVl2Config(
        architectures=["SAILVLModel"],
        force_image_size=448,
        select_layer=-1,
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
