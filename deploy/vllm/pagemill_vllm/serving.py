"""SAIL-VL2 in vLLM's own parts: InternVL's frame, AIMv2 as the tower, Qwen3. The one module that needs vLLM.

Written against vLLM 0.33.0. Not in here: speed, several GPUs, quantisation; see README.md for what has run.
"""

from __future__ import annotations

from typing import Any

import torch
from PIL import Image
from torch import Tensor
from vllm.model_executor.models.aimv2 import AIMv2Model
from vllm.model_executor.models.internvl import (
    BaseInternVLDummyInputsBuilder,
    BaseInternVLMultiModalProcessor,
    BaseInternVLProcessingInfo,
    InternVLChatModel,
)
from vllm.model_executor.models.utils import WeightsMapper
from vllm.multimodal import MULTIMODAL_REGISTRY
from vllm.transformers_utils.processors.internvl import InternVLChatImageProcessor, InternVLChatProcessor
from vllm.transformers_utils.repo_utils import get_hf_file_to_dict

from pagemill_vllm.names import unused
from pagemill_vllm.tiles import TileCutter


class SailVl2ImageProcessor(InternVLChatImageProcessor):  # type: ignore[misc]
    """Cuts pictures as the checkpoint's preprocessor_config.json says."""

    def __init__(self, tiling: TileCutter) -> None:
        super().__init__(
            image_size=tiling.side,
            min_dynamic_patch=1,
            max_dynamic_patch=tiling.most,
            dynamic_image_size=True,
            use_thumbnail=True,
        )
        self.tiling = tiling

    def _images_to_pixel_values_lst(self, images: list[Image.Image], *_: Any, **__: Any) -> list[Tensor]:
        return [torch.from_numpy(self.tiling.cut(image)) for image in images]


class SailVl2ProcessingInfo(BaseInternVLProcessingInfo):  # type: ignore[misc]
    """What vLLM asks about pictures before it has seen one."""

    def get_image_processor(self, **_: object) -> SailVl2ImageProcessor:
        """What cuts pictures."""
        asked = self.ctx.model_config
        found = get_hf_file_to_dict("preprocessor_config.json", asked.model, asked.revision) or {}
        return SailVl2ImageProcessor(TileCutter.of(found, side=self.get_hf_config().vision_config.image_size))

    def get_hf_processor(self, **_: object) -> InternVLChatProcessor:
        """What puts `<img>`, a tile's tokens for each tile, and `</img>` in the place of `<image>`."""
        config = self.get_hf_config()
        patches = (config.vision_config.image_size // config.vision_config.patch_size) ** 2
        return InternVLChatProcessor(
            tokenizer=self.get_tokenizer(),
            image_processor=self.get_image_processor(),
            image_seq_length=int(patches * config.downsample_ratio**2),
        )

    def get_num_image_tokens(
        self, *, image_width: int, image_height: int, processor: InternVLChatProcessor
    ) -> int:
        """Tokens of a picture of that size in pixels, without its two marks."""
        tiling: TileCutter = processor.image_processor.tiling
        return tiling.count(image_width, image_height) * int(processor.image_seq_length)


@MULTIMODAL_REGISTRY.register_processor(
    BaseInternVLMultiModalProcessor, info=SailVl2ProcessingInfo, dummy_inputs=BaseInternVLDummyInputsBuilder
)
class SailVl2ForConditionalGeneration(InternVLChatModel):  # type: ignore[misc]
    """SAIL-VL2. Of InternVL it has pixel shuffle, projector and the way to a language model."""

    supports_encoder_tp_data = False
    supports_tower_connector_lora = False

    def __init__(self, *, vllm_config: Any, prefix: str = "") -> None:
        super().__init__(vllm_config=vllm_config, prefix=prefix)
        config = self.config
        behind = unused(config.vision_config.num_hidden_layers, normed=config.normed)
        self.hf_to_vllm_mapper = WeightsMapper(orig_to_new_regex={behind: None})

    def extract_feature(self, pixel_values: Tensor) -> Tensor:
        """Tiles [n, 3, side, side] as tokens [n, tokens, hidden size of the language model]."""
        patches = self.vision_model(
            pixel_values
        )  # no token of its own stands before them, as it does in InternVL
        side = int(patches.shape[1] ** 0.5)
        grid = patches.view(len(patches), side, side, -1)
        shuffled = self.pixel_shuffle(grid, scale_factor=self.downsample_ratio)
        seen: Tensor = self.mlp1(shuffled.flatten(1, 2))
        return seen

    def _init_vision_model(self, config: Any, quant_config: Any, *, prefix: str) -> AIMv2Model:
        return AIMv2Model(config.vision_config, quant_config, require_post_norm=config.normed, prefix=prefix)
