"""The vision tower (EVA2-CLIP) and what makes tokens of its patches."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (everybody's name for it)
from transformers.activations import ACT2FN

from worker.reading.engines.cogvlm2.config import CogVLMConfig, CogVLMVisionConfig


class VisionTower(nn.Module):
    """Pictures to tokens: [n, 3, size, size] to [n, tokens, hidden size of the language model]."""

    def __init__(self, config: CogVLMConfig) -> None:
        super().__init__()
        vision = config.vision_config
        self.patch_embedding = _PatchEmbedding(vision)
        self.transformer = _Transformer(vision)
        self.linear_proj = _Projector(vision.hidden_size, config.hidden_size, config.intermediate_size)
        self.conv = nn.Conv2d(vision.hidden_size, vision.hidden_size, kernel_size=2, stride=2)
        self.boi = nn.Parameter(torch.zeros(1, 1, config.hidden_size))
        self.eoi = nn.Parameter(torch.zeros(1, 1, config.hidden_size))

    def forward(self, pixels: Tensor) -> Tensor:
        """The tokens of each picture, between a begin and an end."""
        patches = self.transformer(self.patch_embedding(pixels))[:, 1:]  # without the class token
        count, length, width = patches.shape
        side = math.isqrt(length)
        grid = patches.view(count, side, side, width).permute(0, 3, 1, 2)
        merged = self.conv(grid).flatten(2).transpose(1, 2)
        tokens = self.linear_proj(merged)
        return torch.cat((self.boi.expand(count, -1, -1), tokens, self.eoi.expand(count, -1, -1)), dim=1)


class _PatchEmbedding(nn.Module):
    def __init__(self, config: CogVLMVisionConfig) -> None:
        super().__init__()
        self.proj = nn.Conv2d(
            config.in_channels, config.hidden_size, kernel_size=config.patch_size, stride=config.patch_size
        )
        self.cls_embedding = nn.Parameter(torch.zeros(1, config.hidden_size))
        self.position_embedding = nn.Embedding(config.num_positions, config.hidden_size)

    def forward(self, pixels: Tensor) -> Tensor:
        patches = self.proj(pixels.to(self.proj.weight.dtype)).flatten(2).transpose(1, 2)
        first = self.cls_embedding.expand(patches.shape[0], -1, -1)
        embedded: Tensor = torch.cat((first, patches), dim=1) + self.position_embedding.weight
        return embedded


class _Transformer(nn.Module):
    def __init__(self, config: CogVLMVisionConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList([_Layer(config) for _ in range(config.num_hidden_layers)])

    def forward(self, hidden: Tensor) -> Tensor:
        for layer in self.layers:
            hidden = layer(hidden)
        return hidden


class _Layer(nn.Module):
    """Normalises what a block gives, not what it takes."""

    def __init__(self, config: CogVLMVisionConfig) -> None:
        super().__init__()
        self.input_layernorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.attention = _Attention(config)
        self.mlp = _Mlp(config)
        self.post_attention_layernorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, hidden: Tensor) -> Tensor:
        hidden = hidden + self.input_layernorm(self.attention(hidden))
        mixed: Tensor = hidden + self.post_attention_layernorm(self.mlp(hidden))
        return mixed


class _Attention(nn.Module):
    def __init__(self, config: CogVLMVisionConfig) -> None:
        super().__init__()
        self._heads = config.num_heads
        self.query_key_value = nn.Linear(config.hidden_size, 3 * config.hidden_size)
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, hidden: Tensor) -> Tensor:
        count, length, width = hidden.shape
        joint = self.query_key_value(hidden).view(count, length, 3, self._heads, width // self._heads)
        query, key, value = joint.permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(query, key, value)
        projected: Tensor = self.dense(seen.transpose(1, 2).reshape(count, length, width))
        return projected


class _Mlp(nn.Module):
    def __init__(self, config: CogVLMVisionConfig) -> None:
        super().__init__()
        self._activation = ACT2FN[config.hidden_act]
        self.fc1 = nn.Linear(config.hidden_size, config.intermediate_size)
        self.fc2 = nn.Linear(config.intermediate_size, config.hidden_size)

    def forward(self, hidden: Tensor) -> Tensor:
        widened: Tensor = self.fc2(self._activation(self.fc1(hidden)))
        return widened


class _Projector(nn.Module):
    """From the width of the vision tower to that of the language model, gated."""

    def __init__(self, width: int, hidden: int, intermediate: int) -> None:
        super().__init__()
        self.linear_proj = nn.Linear(width, hidden, bias=False)
        self.norm1 = nn.LayerNorm(hidden)
        self.dense_h_to_4h = nn.Linear(hidden, intermediate, bias=False)
        self.gate_proj = nn.Linear(hidden, intermediate, bias=False)
        self.dense_4h_to_h = nn.Linear(intermediate, hidden, bias=False)

    def forward(self, patches: Tensor) -> Tensor:
        hidden = F.gelu(self.norm1(self.linear_proj(patches)))
        gated: Tensor = self.dense_4h_to_h(F.silu(self.gate_proj(hidden)) * self.dense_h_to_4h(hidden))
        return gated
