"""The whole model, as transformers generates with it."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, GenerationMixin, PreTrainedModel

from worker.reading.engines.sail_vl2.config import SailVl2Config
from worker.reading.engines.sail_vl2.vision import SailVit, pixel_shuffle
from worker.reading.engines.transformers.norm import RmsNorm


class SailVl2ForCausalLM(PreTrainedModel, GenerationMixin):  # type: ignore[misc]
    """SAIL-VL2. `pixel_values` are tiles [n, 3, size, size]; `picture_id` is the token they stand for."""

    config_class = SailVl2Config
    base_model_prefix = ""
    main_input_name = "input_ids"
    _no_split_modules: ClassVar[list[str]] = ["_Block", "Qwen3DecoderLayer", "Qwen3MoeDecoderLayer"]
    _supports_sdpa = True
    picture_id: int = -1

    def __init__(self, config: SailVl2Config) -> None:
        super().__init__(config)
        self.vision_model = SailVit(config.vision_config)
        self.language_model = AutoModelForCausalLM.from_config(config.llm_config)
        width = int(config.vision_config.hidden_size / config.downsample_ratio**2)
        hidden = config.llm_config.hidden_size
        self.mlp1 = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, hidden)
        )
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        """The table of words."""
        table: nn.Module = self.language_model.get_input_embeddings()
        return table

    def get_output_embeddings(self) -> nn.Module:
        """The head that names tokens."""
        head: nn.Module = self.language_model.get_output_embeddings()
        return head

    def get_decoder(self) -> nn.Module:
        """The part that speaks."""
        decoder: nn.Module = self.language_model.model
        return decoder

    def see(self, tiles: Tensor) -> Tensor:
        """Tiles [n, 3, size, size] as tokens [n, tokens, hidden size of the language model]."""
        config = self.config
        patches = self.vision_model(tiles, blocks=config.blocks, normed=config.select_layer == -1)
        side = math.isqrt(patches.shape[1])
        grid = patches.view(patches.shape[0], side, side, -1)
        shuffled = pixel_shuffle(grid, config.downsample_ratio, config.ps_version)
        tokens: Tensor = self.mlp1(shuffled.flatten(1, 2))
        return tokens

    def forward(
        self,
        input_ids: Tensor | None = None,
        pixel_values: Tensor | None = None,
        *,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        logits_to_keep: int | Tensor = 0,
        **more: Any,
    ) -> Any:
        """What Qwen3 gives: logits [batch, length, vocabulary] and a cache.

        `generate` asks for the last logits only where it finds `logits_to_keep` among the names here, and
        counts positions from a row's first token, not from its padding, where it finds `position_ids`.
        """
        if inputs_embeds is None:
            inputs_embeds = self.get_input_embeddings()(input_ids)
            if pixel_values is not None:
                assert input_ids is not None
                seen = self.see(pixel_values).to(inputs_embeds.device, inputs_embeds.dtype)
                places = (input_ids == self.picture_id).unsqueeze(-1)
                inputs_embeds = inputs_embeds.masked_scatter(places, seen)
        return self.language_model(
            inputs_embeds=inputs_embeds,
            attention_mask=attention_mask,
            position_ids=position_ids,
            logits_to_keep=logits_to_keep,
            **more,
        )

    def prepare_inputs_for_generation(
        self,
        input_ids: Tensor,
        *,
        pixel_values: Tensor | None = None,
        is_first_iteration: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """As for any language model, the picture with the first step only.

        The library looks for the name `kwargs` to tell that what is not named here goes to `forward`.
        """
        inputs: dict[str, Any] = super().prepare_inputs_for_generation(
            input_ids, is_first_iteration=is_first_iteration, **kwargs
        )
        return {**inputs, "pixel_values": pixel_values if is_first_iteration else None}

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Conv2d | nn.Embedding):
            module.weight.data.normal_(0.0, 0.02)
        if isinstance(module, RmsNorm):
            torch.nn.init.ones_(module.weight)
