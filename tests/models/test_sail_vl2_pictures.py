"""Pictures as SAIL-VL2 takes them in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.models.test_native import waves
from tests.models.test_sail_vl2 import CPU, Tiny, asked, changed
from worker.reading.engines.sail_vl2 import loading as sail
from worker.reading.engines.sail_vl2.config import SailVisionConfig
from worker.reading.engines.sail_vl2.prompting import CONTEXT
from worker.reading.engines.sail_vl2.tiles import Tiling
from worker.reading.engines.sail_vl2.vision import SailVit, pixel_shuffle


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
    tower = SailVit(SailVisionConfig(**sizes)).eval()
    theirs = Aimv2VisionModel(Aimv2VisionConfig(**sizes, use_head=False, is_native=False)).eval()
    waves(tower)
    theirs.load_state_dict(_as_aimv2(tower.state_dict()), strict=True)
    tiles = torch.sin(torch.arange(2 * 3 * 56 * 56).float() * 0.01).view(2, 3, 56, 56)
    with torch.inference_mode():
        seen = theirs(tiles, output_hidden_states=True)
        assert torch.allclose(tower(tiles, blocks=3, normed=True), seen.last_hidden_state, atol=1e-5)
        assert torch.allclose(tower(tiles, blocks=2, normed=False), seen.hidden_states[-2], atol=1e-5)


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
    assert torch.equal(pixel_shuffle(grid, 0.5, "v1"), theirs.transpose(1, 2))


@pytest.mark.parametrize(("height", "width", "tiles"), [(50, 50, 1), (1754, 1240, 7), (300, 900, 4)])
def test_an_a4_page_is_cut_into_six_tiles_and_a_thumbnail(
    height: int, width: int, tiles: int, tiny: Tiny
) -> None:
    opened = sail.open_checkpoint(tiny("sail_vl2"), CPU)
    batch = opened.encode([asked(height, width)])
    assert len(batch["pixel_values"]) == tiles
    context = opened.tokenizer.convert_tokens_to_ids(CONTEXT)
    assert int((batch["input_ids"] == context).sum()) == tiles * opened.model.config.tokens_per_tile
    assert opened.picture_tokens(height, width) == tiles * opened.model.config.tokens_per_tile + 2


@given(height=st.integers(1, 3000), width=st.integers(1, 3000), most=st.integers(1, 12))
def test_a_picture_costs_what_its_tiles_are(height: int, width: int, most: int) -> None:
    """The tile is the model's: with another one a square of 633 pixels was counted as five tiles."""
    tiling = Tiling({"max_dynamic_patch": most}, side=28)
    made_of = tiling.cut(np.zeros((height, width, 3), np.uint8))
    assert made_of.shape == (tiling.count(height, width), 3, 28, 28)
    assert Tiling({}, side=448).count(633, 633) == 1


def test_most_tiles_are_the_preprocessors(tiny: Tiny, tmp_path: Path) -> None:
    """config.json holds the number of training; ten is the published default."""
    page = (1024, 768)
    told = json.loads((tiny("sail_vl2") / "config.json").read_text())
    assert told["max_dynamic_patch"] == 12
    named = sail.open_checkpoint(tiny("sail_vl2"), CPU)
    assert named.model.config.max_dynamic_patch == 6
    unnamed = changed(tiny("sail_vl2"), tmp_path / "unnamed", preprocessor={"max_dynamic_patch": None})
    assert (
        Tiling({}, side=448).most == sail.open_checkpoint(unnamed, CPU).model.config.max_dynamic_patch == 10
    )
    (unnamed / "preprocessor_config.json").unlink()
    opened = sail.open_checkpoint(unnamed, CPU)
    assert len(opened.encode([asked(*page)])["pixel_values"]) == 7  # twelve would make it thirteen
