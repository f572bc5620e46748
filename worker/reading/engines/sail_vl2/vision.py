"""SAILViT and the pixel shuffle behind it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (everybody's name for it)

from worker.reading.engines.sail_vl2.config import SailVisionConfig
from worker.reading.engines.transformers.norm import RmsNorm


class SailVit(nn.Module):
    """Tiles to patches: [n, 3, size, size] to [n, patches, width]."""

    def __init__(self, config: SailVisionConfig) -> None:
        super().__init__()
        self.preprocessor = _Preprocessor(config)
        self.trunk = _Trunk(config)

    def forward(self, pixels: Tensor, *, blocks: int, normed: bool) -> Tensor:
        """What stands behind that many blocks, normalised or as it is."""
        seen: Tensor = self.trunk(self.preprocessor(pixels), blocks=blocks, normed=normed)
        return seen


class _Preprocessor(nn.Module):
    def __init__(self, config: SailVisionConfig) -> None:
        super().__init__()
        self.patchifier = _Patchifier(config)
        patches = (config.image_size // config.patch_size) ** 2
        self.pos_embed = nn.Parameter(torch.zeros(1, patches, config.hidden_size))

    def forward(self, pixels: Tensor) -> Tensor:
        patches: Tensor = self.patchifier(pixels)
        placed: Tensor = patches + self.pos_embed[:, : patches.shape[1]]  # a tile may be smaller
        return placed


class _Patchifier(nn.Module):
    def __init__(self, config: SailVisionConfig) -> None:
        super().__init__()
        self.proj = nn.Conv2d(
            config.num_channels, config.hidden_size, kernel_size=config.patch_size, stride=config.patch_size
        )
        self.norm = RmsNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, pixels: Tensor) -> Tensor:
        patches = self.proj(pixels.to(self.proj.weight.dtype)).flatten(2).transpose(1, 2)
        normed: Tensor = self.norm(patches)
        return normed


class _Trunk(nn.Module):
    def __init__(self, config: SailVisionConfig) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([_Block(config) for _ in range(config.num_hidden_layers)])
        self.post_trunk_norm = RmsNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, hidden: Tensor, *, blocks: int, normed: bool) -> Tensor:
        for block in self.blocks[:blocks]:
            hidden = block(hidden)
        return self.post_trunk_norm(hidden) if normed else hidden


class _Block(nn.Module):
    def __init__(self, config: SailVisionConfig) -> None:
        super().__init__()
        self.attn = _Attention(config)
        self.norm_1 = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.mlp = _Gated(config)
        self.norm_2 = RmsNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, hidden: Tensor) -> Tensor:
        hidden = hidden + self.attn(self.norm_1(hidden))
        mixed: Tensor = hidden + self.mlp(self.norm_2(hidden))
        return mixed


class _Attention(nn.Module):
    def __init__(self, config: SailVisionConfig) -> None:
        super().__init__()
        self._heads = config.num_attention_heads
        self.qkv = nn.Linear(config.hidden_size, 3 * config.hidden_size, bias=config.qkv_bias)
        self.proj = nn.Linear(config.hidden_size, config.hidden_size, bias=config.use_bias)

    def forward(self, hidden: Tensor) -> Tensor:
        count, length, width = hidden.shape
        joint = self.qkv(hidden).view(count, length, 3, self._heads, width // self._heads)
        query, key, value = joint.permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(query, key, value)
        projected: Tensor = self.proj(seen.transpose(1, 2).reshape(count, length, width))
        return projected


class _Gated(nn.Module):
    def __init__(self, config: SailVisionConfig) -> None:
        super().__init__()
        self.fc1 = nn.Linear(config.hidden_size, config.intermediate_size, bias=config.use_bias)
        self.fc2 = nn.Linear(config.intermediate_size, config.hidden_size, bias=config.use_bias)
        self.fc3 = nn.Linear(config.hidden_size, config.intermediate_size, bias=config.use_bias)

    def forward(self, hidden: Tensor) -> Tensor:
        gated: Tensor = self.fc2(F.silu(self.fc1(hidden)) * self.fc3(hidden))
        return gated


def pixel_shuffle(patches: Tensor, ratio: float, version: str = "v2") -> Tensor:
    """Neighbouring patches joined: [n, h, w, width] to [n, h x ratio, w x ratio, width / ratio^2].

    In the order of InternVL's second version, which is that of the published checkpoints; the first, "v1",
    leaves rows and columns swapped.
    """
    count, height, width, channels = patches.shape
    step = round(1 / ratio)
    blocks = patches.view(count, height // step, step, width // step, step, channels)
    joined = blocks.permute(0, 1, 3, 2, 4, 5)
    shuffled = joined.reshape(count, height // step, width // step, step * step * channels)
    return shuffled.transpose(1, 2) if version == "v1" else shuffled
