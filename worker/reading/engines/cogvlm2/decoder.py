"""The language model's layers, in which every token is handled by its expert: picture or language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (everybody's name for it)
from transformers.activations import ACT2FN

from worker.reading.engines.cogvlm2.config import CogVLMConfig
from worker.reading.engines.transformers.norm import RmsNorm

LANGUAGE, PICTURE = 0, 1
"""Token types."""


@dataclass(frozen=True, slots=True)
class Routing:
    """Which tokens go to which expert: indices into batch x length, worked out once for all layers.

    `picture` is None where no token is one of a picture, which is so at every step after the first:
    the vision expert is not called then, and never with no rows, at which bitsandbytes' 4-bit kernel
    for CPUs ends the process.
    """

    picture: Tensor | None
    language: Tensor

    @classmethod
    def of(cls, types: Tensor) -> Routing:
        """From token types [batch, length]. The last token of a picture, its end, counts as language."""
        picture = torch.zeros_like(types, dtype=torch.bool)
        picture[:, :-1] = (types[:, :-1] == PICTURE) & (types[:, 1:] == PICTURE)
        flat = picture.flatten()
        seen = flat.nonzero().squeeze(1)
        return cls(seen if len(seen) else None, (~flat).nonzero().squeeze(1))

    def to(self, device: torch.device, **more: Any) -> Routing:
        """The same on another device, for models whose layers are spread over several."""
        picture = None if self.picture is None else self.picture.to(device, **more)
        return Routing(picture, self.language.to(device, **more))

    def apply(self, hidden: Tensor, *, picture: nn.Module, language: nn.Module) -> Tensor:
        """Each token of hidden [batch, length, width] through its expert."""
        if self.picture is None:
            token_evidence: Tensor = language(hidden)
            return token_evidence
        rows = hidden.flatten(0, 1)
        seen = picture(rows[self.picture])
        out: Tensor = seen.new_empty(rows.shape[0], seen.shape[-1])
        out[self.picture] = seen
        if len(self.language):
            out[self.language] = language(rows[self.language])
        return out.view(*hidden.shape[:2], out.shape[-1])


class Layer(nn.Module):
    """Attention and a feed-forward part, each normalised before and added after."""

    def __init__(self, config: CogVLMConfig, index: int) -> None:
        super().__init__()
        self.self_attn = _Attention(config, index)
        self.mlp = _Mlp(config)
        self.input_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)

    def forward(
        self,
        hidden: Tensor,
        *,
        routing: Routing,
        rotary: tuple[Tensor, Tensor],
        mask: Tensor | None,
        cache: Any,
    ) -> Tensor:
        """Hidden states of the same shape, [batch, length, width]."""
        attended = self.self_attn(
            self.input_layernorm(hidden), routing=routing, rotary=rotary, mask=mask, cache=cache
        )
        hidden = hidden + attended
        mixed: Tensor = hidden + self.mlp(self.post_attention_layernorm(hidden), routing)
        return mixed


class _Attention(nn.Module):
    def __init__(self, config: CogVLMConfig, index: int) -> None:
        super().__init__()
        self._index = index
        self._head = config.head_dim
        keys = config.num_multi_query_heads * config.head_dim
        self._widths = [config.hidden_size, keys, keys]
        joint = config.hidden_size + 2 * keys
        self.vision_expert_query_key_value = nn.Linear(config.hidden_size, joint)
        self.vision_expert_dense = nn.Linear(config.hidden_size, config.hidden_size, bias=False)
        self.language_expert_query_key_value = nn.Linear(config.hidden_size, joint, bias=False)
        self.language_expert_dense = nn.Linear(config.hidden_size, config.hidden_size, bias=False)

    def forward(
        self,
        hidden: Tensor,
        *,
        routing: Routing,
        rotary: tuple[Tensor, Tensor],
        mask: Tensor | None,
        cache: Any,
    ) -> Tensor:
        joint = routing.apply(
            hidden, picture=self.vision_expert_query_key_value, language=self.language_expert_query_key_value
        )
        query, key, value = map(self._heads, torch.split(joint, self._widths, dim=-1))
        query, key = rotate(query, *rotary), rotate(key, *rotary)
        if cache is not None:
            key, value = cache.update(key, value, self._index)
        seen = _attended(query, key, value, mask)
        flat = seen.transpose(1, 2).reshape(*hidden.shape[:2], -1)
        return routing.apply(flat, picture=self.vision_expert_dense, language=self.language_expert_dense)

    def _heads(self, part: Tensor) -> Tensor:
        """[batch, length, heads x width] to [batch, heads, length, width]."""
        return part.view(*part.shape[:2], -1, self._head).transpose(1, 2)


def _attended(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """What queries [batch, heads, length, width] find in keys and values, of which several share one.

    A GPU has no fast kernel for both, a mask and shared keys. Where there is a mask [batch, 1, length, keys],
    the queries that share keys stand one behind the other instead: keys and values are never copied.
    """
    if mask is None:
        causal = query.shape[2] > 1
        return F.scaled_dot_product_attention(query, key, value, is_causal=causal, enable_gqa=True)
    batch, heads, length, width = query.shape
    kept = key.shape[1]
    folded = query.reshape(batch, kept, heads // kept * length, width)
    repeated = mask.repeat(1, 1, heads // kept, 1)
    seen = F.scaled_dot_product_attention(folded, key, value, attn_mask=repeated)
    return seen.reshape(batch, heads, length, width)


class _Mlp(nn.Module):
    def __init__(self, config: CogVLMConfig) -> None:
        super().__init__()
        self.language_mlp = _Gated(config)
        self.vision_mlp = _Gated(config)

    def forward(self, hidden: Tensor, routing: Routing) -> Tensor:
        return routing.apply(hidden, picture=self.vision_mlp, language=self.language_mlp)


class _Gated(nn.Module):
    def __init__(self, config: CogVLMConfig) -> None:
        super().__init__()
        self._activation = ACT2FN[config.hidden_act]
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        gated: Tensor = self.down_proj(self._activation(self.gate_proj(hidden)) * self.up_proj(hidden))
        return gated


def rotary(positions: Tensor, width: int, base: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosines and sines [batch, 1, length, width / 2] of rotary embeddings at positions [batch, length].

    Computed at every call: kept as a buffer, they would be lost when weights are loaded lazily.
    """
    halves = torch.arange(0, width, 2, dtype=torch.float32, device=positions.device) / width
    angles = positions[:, None, :, None].float() * base ** (-halves)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(heads: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Heads [batch, heads, length, width] turned by their positions, first half against second."""
    first, second = heads.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, first * sine + second * cosine), dim=-1)


def positions_of(types: Tensor, attention: Tensor | None) -> Tensor:
    """Positions [batch, length] from token types: all patches of a picture stand at the same place.

    Its begin and its end are places of their own, like words. Padding at the left moves all positions
    of a row alike, which rotary embeddings do not notice.
    """
    kinds = types.clone()
    if attention is not None:
        kinds[attention == 0] = -1
    edge = torch.zeros_like(kinds, dtype=torch.bool)
    seen, token_evidence = kinds == PICTURE, kinds == LANGUAGE
    edge[:, 1:] |= seen[:, 1:] & token_evidence[:, :-1]
    edge[:, :-1] |= seen[:, :-1] & token_evidence[:, 1:]
    edge[:, 0] |= seen[:, 0]
    edge[:, -1] |= seen[:, -1]
    kinds[edge] = LANGUAGE
    steps = torch.zeros_like(kinds)
    begins = (kinds[:, 1:] == PICTURE) & (kinds[:, :-1] == LANGUAGE)
    steps[:, 1:] = ((kinds[:, 1:] == LANGUAGE) | begins).long()
    return steps.cumsum(dim=-1)
