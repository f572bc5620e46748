"""The numbers in a SAIL-VL2 checkpoint's config.json."""

from __future__ import annotations

from typing import Any

from transformers import AutoConfig, PretrainedConfig


class SailVisionConfig(PretrainedConfig):  # type: ignore[misc]
    """SAILViT, a vision tower like AIMv2. Sizes in pixels."""

    model_type = "sail_vit"

    hidden_size: int = 1536
    intermediate_size: int = 4096
    num_hidden_layers: int = 24
    num_attention_heads: int = 12
    num_channels: int = 3
    image_size: int = 448
    patch_size: int = 14
    rms_norm_eps: float = 1e-5
    qkv_bias: bool = False
    use_bias: bool = False


class SailVl2Config(PretrainedConfig):  # type: ignore[misc]
    """The whole model. `llm_config` is that of Qwen3 or Qwen3-MoE; both parts may come as dictionaries.

    `select_layer` says which layer of the tower is looked at, from the end; -1 is the normalised last.
    """

    model_type = "sailvl"
    sub_configs = {"vision_config": SailVisionConfig, "llm_config": AutoConfig}  # noqa: RUF012

    vision_config: Any = None
    llm_config: Any = None
    downsample_ratio: float = 0.5
    select_layer: int = -1
    force_image_size: int | None = None
    min_dynamic_patch: int = 1
    max_dynamic_patch: int = 12
    use_thumbnail: bool = True
    tie_word_embeddings: bool = False

    def __post_init__(self, **kwargs: Any) -> None:
        """Make both parts configurations of their own."""
        if not isinstance(self.vision_config, PretrainedConfig):
            self.vision_config = SailVisionConfig(**(self.vision_config or {}))
        if not isinstance(self.llm_config, PretrainedConfig):
            given = dict(self.llm_config or {})
            self.llm_config = AutoConfig.for_model(given.pop("model_type", "qwen3"), **given)
        self.tie_word_embeddings = self.llm_config.tie_word_embeddings
        super().__post_init__(**kwargs)

    def get_text_config(self, *_: Any, **__: Any) -> Any:
        """The language model's numbers, under the name that transformers asks for."""
        return self.llm_config

    @property
    def tile(self) -> int:
        """Pixels along the side of a tile."""
        return int(self.force_image_size or self.vision_config.image_size)

    @property
    def tokens_per_tile(self) -> int:
        """What a tile takes in the prompt."""
        return int((self.tile // self.vision_config.patch_size) ** 2 * self.downsample_ratio**2)
