"""The numbers in a SAIL-VL2 checkpoint's config.json.

What a file leaves out has the value that the published classes give it, not that of a published model.
"""

from __future__ import annotations

from typing import Any

from transformers import AutoConfig, PretrainedConfig


class SailVisionConfig(PretrainedConfig):  # type: ignore[misc]
    """SAILViT, a vision tower like AIMv2. Sizes in pixels."""

    model_type = "sailvit"

    hidden_size: int = 1024
    intermediate_size: int = 2816
    num_hidden_layers: int = 24
    num_attention_heads: int = 8
    num_channels: int = 3
    image_size: int = 224
    patch_size: int = 14
    rms_norm_eps: float = 1e-5
    qkv_bias: bool = False
    use_bias: bool = False


class SailVl2Config(PretrainedConfig):  # type: ignore[misc]
    """The whole model. `llm_config` is that of Qwen3 or Qwen3-MoE; both parts may come as dictionaries.

    `select_layer` is the block of the tower that is looked at, as Python counts in a list of them; -1 is
    the last one, normalised. `ps_version` says in which order pixel shuffle leaves the patches.
    `max_dynamic_patch` is a number of training until the checkpoint is opened, which sets it to the
    preprocessor's.
    """

    model_type = "sailvl"
    sub_configs = {"vision_config": SailVisionConfig, "llm_config": AutoConfig}  # noqa: RUF012

    vision_config: Any = None
    llm_config: Any = None
    downsample_ratio: float = 0.5
    select_layer: int = -4
    ps_version: str = "v1"
    pad2square: bool = False
    force_image_size: int | None = None
    max_dynamic_patch: int = 6
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

    @property
    def blocks(self) -> int:
        """Blocks of the tower that are run; raises IndexError where it has fewer than `select_layer` asks."""
        return range(1, self.vision_config.num_hidden_layers + 1)[self.select_layer]
