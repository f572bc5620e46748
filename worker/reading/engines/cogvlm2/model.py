"""The whole model, as transformers generates with it."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import DynamicCache, GenerationMixin, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast

from worker.reading.engines.cogvlm2.config import CogVLMConfig
from worker.reading.engines.cogvlm2.decoder import PICTURE, Layer, Routing, positions_of, rotary
from worker.reading.engines.cogvlm2.vision import VisionTower
from worker.reading.engines.transformers.norm import RmsNorm


class CogVLMModel(nn.Module):
    """Vision tower and decoder, without the head that names tokens."""

    def __init__(self, config: CogVLMConfig) -> None:
        super().__init__()
        self._config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList([Layer(config, index) for index in range(config.num_hidden_layers)])
        self.norm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.vision = VisionTower(config)

    def forward(
        self,
        ids: Tensor,
        types: Tensor,
        *,
        positions: Tensor,
        mask: Tensor | None,
        pixels: Tensor | None,
        cache: Any,
    ) -> Tensor:
        """Hidden states [batch, length, width] after the last norm."""
        hidden = self.embed_tokens(ids)
        if pixels is not None:
            pictures = self.vision(pixels).to(hidden.device, hidden.dtype)
            hidden = hidden.masked_scatter((types == PICTURE).unsqueeze(-1), pictures)
        turned = rotary(positions, self._config.head_dim, self._config.rope_theta, hidden.dtype)
        routing = Routing.of(types)
        for layer in self.layers:
            hidden = layer(hidden, routing=routing, rotary=turned, mask=mask, cache=cache)
        normed: Tensor = self.norm(hidden)
        return normed


class CogVLMForCausalLM(PreTrainedModel, GenerationMixin):  # type: ignore[misc]
    """CogVLM2. `token_type_ids` say which ids stand for a picture; `pixel_values` are [n, 3, size, size]."""

    config_class = CogVLMConfig
    base_model_prefix = "model"
    main_input_name = "input_ids"
    _no_split_modules: ClassVar[list[str]] = ["Layer", "VisionTower"]
    _supports_sdpa = True
    _keys_to_ignore_on_load_unexpected: ClassVar[list[str]] = [r"rotary_emb\.inv_freq"]

    def __init__(self, config: CogVLMConfig) -> None:
        super().__init__(config)
        self.model = CogVLMModel(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        """The table of words."""
        return self.model.embed_tokens

    def get_output_embeddings(self) -> nn.Module:
        """The head that names tokens."""
        return self.lm_head

    def get_decoder(self) -> nn.Module:
        """The layers that speak, of which the vision tower is no part."""
        return self.model.layers

    def forward(
        self,
        input_ids: Tensor,
        token_type_ids: Tensor | None = None,
        *,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        pixel_values: Tensor | None = None,
        cache: Any = None,
        use_cache: bool | None = None,
        logits_to_keep: int = 0,
        **_: Any,
    ) -> CausalLMOutputWithPast:
        """Logits [batch, length, vocabulary] in float32."""
        types = torch.zeros_like(input_ids) if token_type_ids is None else token_type_ids
        if position_ids is None:
            position_ids = positions_of(types, attention_mask)
        if cache is None and use_cache:
            cache = DynamicCache(config=self.config)
        seen = cache.get_seq_length() if cache is not None else 0
        hidden = self.model(
            input_ids,
            types,
            positions=position_ids,
            pixels=pixel_values,
            cache=cache,
            mask=_mask(attention_mask, input_ids.shape[1], seen),
        )
        logits = self.lm_head(hidden[:, -logits_to_keep:]).float()
        return CausalLMOutputWithPast(logits=logits, cache=cache)

    def prepare_inputs_for_generation(
        self,
        input_ids: Tensor,
        *,
        token_type_ids: Tensor | None = None,
        cache: Any = None,
        attention_mask: Tensor | None = None,
        pixel_values: Tensor | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """What the next step takes: everything at first, then the newest token alone."""
        types = torch.zeros_like(input_ids) if token_type_ids is None else token_type_ids
        positions = positions_of(types, attention_mask)
        seen = cache.get_seq_length() if cache is not None else 0
        return {
            "input_ids": input_ids[:, seen:],
            "token_type_ids": types[:, seen:],
            "position_ids": positions[:, seen:],
            "attention_mask": attention_mask,
            "pixel_values": pixel_values if seen == 0 else None,
            "cache": cache,
            "use_cache": more.get("use_cache", True),
            "logits_to_keep": more.get("logits_to_keep") or 0,
        }

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Conv2d | nn.Embedding):
            module.weight.data.normal_(0.0, self.config.initializer_range)
        if isinstance(module, nn.Linear | nn.Conv2d) and module.bias is not None:
            module.bias.data.zero_()


def _mask(attention: Tensor | None, length: int, seen: int) -> Tensor | None:
    """Which keys each new token may look at, [batch, 1, length, seen + length]; None where it is plain.

    Rows of padding look at themselves, because a row that looks at nothing has no softmax.
    """
    if attention is None or bool(attention.all()):
        return None if seen == 0 or length == 1 else _causal(length, seen)[None, None]
    causal = _causal(length, seen).to(attention.device)
    allowed = causal & attention[:, None, :].bool()
    itself = torch.eye(seen + length, dtype=torch.bool, device=attention.device)[seen:]
    return (allowed | itself)[:, None]


def _causal(length: int, seen: int) -> Tensor:
    return torch.ones(length, seen + length, dtype=torch.bool).tril(diagonal=seen)
