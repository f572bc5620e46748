"""What of the plugin for vLLM runs without vLLM: config, tiles, prompts and names, each against ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pagemill_vllm.config import ServedConfig
from pagemill_vllm.names import unused
from pagemill_vllm.tiles import TileCutter
from PIL import Image
from transformers import AutoTokenizer, Qwen3Config

from tests import tiny as made
from tests.published import SAIL_VL2_2B
from worker.reading.engines.sail_vl2 import config as ours
from worker.reading.engines.sail_vl2.model import SailVl2ForCausalLM
from worker.reading.engines.sail_vl2.prompting import CONTEXT, Prompting
from worker.reading.engines.sail_vl2.tiles import Tiling
from worker.reading.engines.transformers.tokenizer import open_tokenizer
from worker.reading.engines.vision.base import Message, Prompt

Tiny = Callable[[str], Path]
ROOT = Path(__file__).parent.parent.parent


def published(**changes: Any) -> dict[str, Any]:
    return json.loads(json.dumps({**SAIL_VL2_2B, **changes}))  # type: ignore[no-any-return]


@pytest.mark.parametrize("layer", [-1, -4, 3])
def test_numbers_are_ours_in_the_names_of_aimv2_and_internvl(layer: int, tmp_path: Path) -> None:
    ServedConfig(**published(select_layer=layer)).save_pretrained(tmp_path)
    mine = ours.SailVl2Config(**published(select_layer=layer))
    for theirs in (ServedConfig(**published(select_layer=layer)), ServedConfig.from_pretrained(tmp_path)):
        tower = theirs.vision_config
        assert tower.num_hidden_layers == mine.blocks
        assert theirs.normed == (layer == -1)
        assert (tower.hidden_size, tower.image_size) == (1536, mine.tile)
        assert (tower.mlp_bias, tower.qkv_bias, tower.rms_norm_eps) == (False, False, 1e-5)
        assert isinstance(theirs.get_text_config(), Qwen3Config)
        assert theirs.text_config.head_dim == 128
        assert theirs.text_config.rope_parameters["rope_theta"] == 1e6
        assert not theirs.text_config.tie_word_embeddings  # its output layer is stored, and may differ


def test_what_a_config_leaves_out_is_as_in_the_published_classes() -> None:
    theirs = ServedConfig(llm_config=SAIL_VL2_2B["llm_config"])
    mine = ours.SailVl2Config(llm_config=SAIL_VL2_2B["llm_config"])
    assert (theirs.select_layer, theirs.ps_version, theirs.downsample_ratio) == (-4, "v1", 0.5)
    assert theirs.vision_config.num_hidden_layers == mine.blocks
    assert theirs.vision_config.image_size == mine.tile


@pytest.mark.parametrize(
    "change",
    [
        {"ps_version": "v3"},
        {"pad2square": True},
        {"force_image_size": 336},
        {"select_layer": 24},
        {"llm_config": {"model_type": "qwen3_moe"}},
    ],
)
def test_what_is_done_otherwise_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="SAIL-VL2 with"):
        ServedConfig(**published(**change))
    with pytest.raises(ValueError, match="use_msac"):
        TileCutter.of({"use_msac": True}, side=448)


def aimv2_names(layers: int, *, normed: bool) -> set[str]:
    """The parameters of vLLM 0.33's AIMv2Model with this config, `fc13` taken apart as its own loader does."""
    parts = ("attn.qkv", "attn.proj", "norm_1", "norm_2", "mlp.fc1", "mlp.fc2", "mlp.fc3")
    return {
        *(f"preprocessor.{name}" for name in ("pos_embed", "patchifier.proj.weight", "patchifier.proj.bias")),
        "preprocessor.patchifier.norm.weight",
        *(f"trunk.blocks.{number}.{part}.weight" for number in range(layers) for part in parts),
        *(("trunk.post_trunk_norm.weight",) if normed else ()),
    }


@pytest.mark.parametrize("layer", [-1, -4])
def test_all_490_tensors_have_a_place_or_are_left_out(layer: int) -> None:
    with torch.device("meta"):
        model = SailVl2ForCausalLM(ours.SailVl2Config(**published(select_layer=layer)))
    names = {*model.state_dict(), "language_model.lm_head.weight"}
    assert len(names) == 490
    config = ServedConfig(**published(select_layer=layer))
    layers, normed = config.vision_config.num_hidden_layers, config.normed
    left = {name for name in names if not unused(layers, normed=normed).match(name)}
    tower = {name.removeprefix("vision_model.") for name in left if name.startswith("vision_model.")}
    assert tower == aimv2_names(layers, normed=normed)
    assert len(names - left) == (0 if layer == -1 else 3 * 7 + 1)
    rest = {name.split(".")[0] for name in left} - {"vision_model"}
    assert rest == {"mlp1", "language_model"}


@pytest.mark.parametrize("most", [1, 6, 10, 12])
def test_grids_and_pixels_are_ours(most: int) -> None:
    preprocessor = {"max_dynamic_patch": most, "image_mean": [0.4, 0.5, 0.6]}
    theirs, mine = TileCutter.of(preprocessor, side=56), Tiling(preprocessor, side=56)
    sizes = np.random.default_rng(most).integers(8, 700, (300, 2)).tolist()
    for width, height in [*sizes, (112, 112), (56, 112), (79, 79), (80, 80), (336, 56)]:
        assert theirs.grid(width, height) == mine.grid(height, width)
        assert theirs.count(width, height) == mine.count(height, width)
    for width, height in [(50, 100), (201, 140), (56, 56), (300, 90)]:
        picture = made.speckled(height, width)
        cut = torch.from_numpy(theirs.cut(Image.fromarray(picture)))
        assert torch.allclose(cut, mine.cut(picture), atol=1e-6)


@pytest.mark.parametrize("most", ["10", "12"])
def test_grids_are_those_of_the_original_code(most: str) -> None:
    found = [
        path for parent in ROOT.parents for path in parent.glob("shared/data/sail_vl2_golden/sizes.json")
    ]
    if not found:
        pytest.skip("the answers of the original code are not here")
    told = json.loads(found[0].read_text())
    tiling = TileCutter(told["tile"], int(most))
    for size in told["sizes"]:
        rows, columns, thumbnail = size[most]
        assert tiling.grid(size["width"], size["height"]) == (rows, columns)
        assert tiling.count(size["width"], size["height"]) == rows * columns + thumbnail


def test_prompts_are_ours_also_after_an_answer(tiny: Tiny) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny("sail_vl2"))
    tokenizer.chat_template = None  # then ours says the published sentence
    texts = ["What?", "This.", "Sure?"]
    turns = ("user", "assistant", "user")
    picture = made.speckled(50, 100)
    prompting = Prompting(open_tokenizer(tiny("sail_vl2")), Tiling({}, side=56), tokens_per_tile=4)
    prompting._system = Prompting(tokenizer, Tiling({}, side=56), tokens_per_tile=4)._system
    messages = tuple(Message(role, text) for role, text in zip(turns, texts, strict=True))  # type: ignore[arg-type]
    wanted = prompting._text(Prompt(picture, messages, None, max_tokens=4), tiles=3)
    parts: list[dict[str, Any]] = [
        {"role": role, "content": [{"type": "text", "text": text}]}
        for role, text in zip(turns, texts, strict=True)
    ]
    parts[0]["content"].append({"type": "image"})  # wherever it stands among the parts
    tokenizer.chat_template = (ROOT / "deploy/vllm/pagemill_vllm/sail_vl2.jinja").read_text()
    written = tokenizer.apply_chat_template(parts, tokenize=False, add_generation_prompt=True)
    assert written.replace("<image>", f"<img>{CONTEXT * 12}</img>") == wanted
