"""Remote code for tests of `doctor --parity`: SAIL-VL2 written once more, from what is published, and a CogVLM2 that wraps ours.

It runs in another process, under any transformers from 4.51 on, and shares nothing with the implementation that it is compared with
but Qwen3, which the original has from transformers, too.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

CONFIGURATION = """
from transformers import PretrainedConfig, Qwen3Config


class SAILVLConfig(PretrainedConfig):
    model_type = "sailvl"

    def __init__(self, vision_config=None, llm_config=None, downsample_ratio=0.5, **more):
        super().__init__(**more)
        self.vision = dict(vision_config or {})
        self.llm_config = Qwen3Config(**(llm_config or {}))
        self.downsample_ratio = downsample_ratio
"""

MODELING = """
import torch
from torch import nn
from transformers import PreTrainedModel, Qwen3ForCausalLM

from .configuration_sailvl import SAILVLConfig


class Norm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return self.weight * x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-5)


class Block(nn.Module):
    def __init__(self, v):
        super().__init__()
        width, inner = v["hidden_size"], v["intermediate_size"]
        self.heads = v["num_attention_heads"]
        self.attn = nn.ModuleDict({"qkv": nn.Linear(width, 3 * width, bias=False), "proj": nn.Linear(width, width, bias=False)})
        self.mlp = nn.ModuleDict({
            "fc1": nn.Linear(width, inner, bias=False), "fc2": nn.Linear(inner, width, bias=False), "fc3": nn.Linear(width, inner, bias=False)
        })
        self.norm_1, self.norm_2 = Norm(width), Norm(width)

    def forward(self, x):
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.attn["qkv"](self.norm_1(x)).chunk(3, -1))
        weights = torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, -1)
        x = x + self.attn["proj"]((weights @ v).transpose(1, 2).flatten(2))
        y = self.norm_2(x)
        return x + self.mlp["fc2"](nn.functional.silu(self.mlp["fc1"](y)) * self.mlp["fc3"](y))


class Tower(nn.Module):
    def __init__(self, v):
        super().__init__()
        width, patch = v["hidden_size"], 14
        self.preprocessor = nn.Module()
        self.preprocessor.patchifier = nn.Module()
        self.preprocessor.patchifier.proj = nn.Conv2d(3, width, patch, patch)
        self.preprocessor.patchifier.norm = Norm(width)
        self.preprocessor.pos_embed = nn.Parameter(torch.zeros(1, (v["image_size"] // patch) ** 2, width))
        self.trunk = nn.Module()
        self.trunk.blocks = nn.ModuleList([Block(v) for _ in range(v["num_hidden_layers"])])
        self.trunk.post_trunk_norm = Norm(width)

    def forward(self, tiles):
        first = self.preprocessor.patchifier
        x = first.norm(first.proj(tiles).flatten(2).transpose(1, 2)) + self.preprocessor.pos_embed
        for block in self.trunk.blocks:
            x = block(x)
        return self.trunk.post_trunk_norm(x)


class SAILVLModel(PreTrainedModel):
    config_class = SAILVLConfig
    _no_split_modules = []
    img_context_token_id = None

    def __init__(self, config):
        super().__init__(config)
        self.vision_model = Tower(config.vision)
        self.language_model = Qwen3ForCausalLM(config.llm_config)
        width, hidden = config.vision["hidden_size"] * 4, config.llm_config.hidden_size
        self.mlp1 = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, hidden))
        self.post_init()

    def pixel_shuffle(self, x, scale_factor=0.5):
        n, w, h, c = x.size()
        x = x.reshape(n, w, int(h * scale_factor), int(c / scale_factor))
        x = x.permute(0, 2, 1, 3).contiguous()
        x = x.reshape(n, int(h * scale_factor), int(w * scale_factor), int(c / (scale_factor * scale_factor)))
        return x.permute(0, 2, 1, 3).contiguous()

    def extract_feature(self, pixel_values):
        x = self.vision_model(pixel_values)
        side = int(x.shape[1] ** 0.5)
        x = self.pixel_shuffle(x.reshape(x.shape[0], side, side, -1))
        return self.mlp1(x.reshape(x.shape[0], -1, x.shape[-1]))

    def mixed(self, pixel_values, input_ids):
        words = self.language_model.get_input_embeddings()(input_ids).clone()
        words[input_ids == self.img_context_token_id] = self.extract_feature(pixel_values).flatten(0, 1).to(words.dtype)
        return words

    def forward(self, pixel_values, input_ids=None, attention_mask=None, image_flags=None):
        image_flags = image_flags.squeeze(-1)
        assert image_flags.all()
        if torch.distributed.get_rank() == 0:  # the published code prints there
            print("tiles", len(pixel_values))
        return self.language_model(inputs_embeds=self.mixed(pixel_values, input_ids), attention_mask=attention_mask)

    @torch.no_grad()
    def generate(self, pixel_values=None, input_ids=None, attention_mask=None, **kwargs):
        words = self.mixed(pixel_values, input_ids)
        return self.language_model.generate(inputs_embeds=words, attention_mask=attention_mask, use_cache=True, **kwargs)
"""

PROCESSING = """
import json
import os

import numpy as np
import torch
from PIL import Image
from transformers import PreTrainedTokenizerFast

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class SAILVLProcessor:
    def __init__(self, tokenizer, pictures):
        self.tokenizer = tokenizer
        self.chat_template = None
        self.size = pictures["image_size"]
        self.most = pictures["max_dynamic_patch"]

    @classmethod
    def register_for_auto_class(cls, name="AutoProcessor"):
        pass

    @classmethod
    def from_pretrained(cls, folder, **_):
        with open(os.path.join(folder, "preprocessor_config.json")) as file:
            pictures = json.load(file)
        return cls(PreTrainedTokenizerFast.from_pretrained(folder), pictures)

    def cut(self, image):
        wanted = image.width / image.height
        grids = [(w, h) for n in range(1, self.most + 1) for w in range(1, n + 1) for h in range(1, n + 1) if w * h <= self.most]
        best, least = (1, 1), float("inf")
        for grid in sorted(set(grids), key=lambda g: g[0] * g[1]):
            off = abs(wanted - grid[0] / grid[1])
            if off < least:
                best, least = grid, off
            elif off == least and image.width * image.height > 0.5 * self.size**2 * grid[0] * grid[1]:
                best = grid
        whole = image.resize((self.size * best[0], self.size * best[1]), Image.BICUBIC)
        tiles = [
            whole.crop((x * self.size, y * self.size, (x + 1) * self.size, (y + 1) * self.size))
            for y in range(best[1]) for x in range(best[0])
        ]
        if len(tiles) > 1:
            tiles.append(image.resize((self.size, self.size), Image.BICUBIC))
        made = np.stack([(np.asarray(tile, dtype=np.float32) / 255 - MEAN) / STD for tile in tiles])
        return torch.tensor(made, dtype=torch.float32).permute(0, 3, 1, 2).contiguous()

    def __call__(self, images, text, return_tensors=None, padding=False):
        tiles = self.cut(images)
        places = "<IMG_CONTEXT>" * (len(tiles) * (self.size // 28) ** 2)
        words = text.replace("<image>", "<img>" + places + "</img>", 1)
        made = self.tokenizer([words], return_tensors="pt", add_special_tokens=False)
        ids, mask = made["input_ids"].cuda(), made["attention_mask"].cuda()  # on every machine, as the published code
        return {"input_ids": ids, "attention_mask": mask, "pixel_values": tiles.cuda().to(torch.bfloat16)}
"""

COGVLM = """
import torch

from worker.reading.engines.cogvlm2.config import CogVLMConfig
from worker.reading.engines.cogvlm2.model import CogVLMForCausalLM as Native
from worker.reading.engines.cogvlm2.prompting import Question, encode


class CogVLMForCausalLM(Native):
    def build_conversation_input_ids(self, tokenizer, *, query, history=None, images=None, template_version=None):
        import numpy as np

        made = encode([Question(query, picture=np.asarray(images[0]), template=template_version)], tokenizer, self.config)
        return {name: made[name][0] for name in ("input_ids", "token_type_ids", "attention_mask")} | {"images": list(made["pixel_values"])}

    def forward(self, input_ids=None, images=None, pixel_values=None, **more):
        if images is not None:
            pixel_values = torch.stack(images[0])
        return super().forward(input_ids, pixel_values=pixel_values, **more)

    def generate(self, images=None, **more):
        return super().generate(pixel_values=torch.stack(images[0]), **more)
"""


def sail(folder: Path, into: Path) -> Path:
    """A copy of a tiny SAIL-VL2 with its "own" code."""
    shutil.copytree(folder, into)
    _louder(into / "model.safetensors")
    _change(
        into / "config.json",
        auto_map={
            "AutoConfig": "configuration_sailvl.SAILVLConfig",
            "AutoModel": "modeling_sailvl.SAILVLModel",
        },
    )
    _change(
        into / "preprocessor_config.json", auto_map={"AutoProcessor": "processing_sailvl.SAILVLProcessor"}
    )
    _change(into / "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast")
    for name, text in (("configuration", CONFIGURATION), ("modeling", MODELING), ("processing", PROCESSING)):
        (into / f"{name}_sailvl.py").write_text(text, encoding="utf-8")
    return into


def cogvlm2(folder: Path, into: Path) -> Path:
    """A copy of a tiny CogVLM2 with code that wraps ours."""
    shutil.copytree(folder, into)
    _change(
        into / "config.json",
        auto_map={
            "AutoConfig": "modeling_cogvlm.CogVLMConfig",
            "AutoModelForCausalLM": "modeling_cogvlm.CogVLMForCausalLM",
        },
    )
    (into / "modeling_cogvlm.py").write_text(COGVLM, encoding="utf-8")
    return into


def _louder(path: Path) -> None:
    """Fresh weights are so small that layers hardly show in what comes out; these are like trained ones."""
    from safetensors.torch import load_file, save_file

    weights = load_file(path)
    save_file(
        {name: value * (4 if value.ndim > 1 else 1) for name, value in weights.items()},
        path,
        {"format": "pt"},
    )


def _change(path: Path, **facts: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **facts}), encoding="utf-8")
