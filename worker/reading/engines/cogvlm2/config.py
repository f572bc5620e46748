"""The numbers in a CogVLM2 checkpoint's config.json."""

from __future__ import annotations

from typing import Any

from transformers import PretrainedConfig


class CogVLMVisionConfig(PretrainedConfig):  # type: ignore[misc]
    """The vision tower. `image_size` and `patch_size` in pixels; `num_positions` counts the class token."""

    model_type = "cogvlm_vision"

    hidden_size: int = 1792
    intermediate_size: int = 15360
    num_hidden_layers: int = 63
    num_heads: int = 16
    image_size: int = 1344
    patch_size: int = 14
    in_channels: int = 3
    num_positions: int = 9217
    hidden_act: str = "gelu"
    layer_norm_eps: float = 1e-6

    @property
    def tokens(self) -> int:
        """What a picture takes in the prompt: patches merged two by two, a begin and an end."""
        return (self.image_size // self.patch_size // 2) ** 2 + 2


class CogVLMConfig(PretrainedConfig):  # type: ignore[misc]
    """The whole model. `vision_config` may come as a dictionary."""

    model_type = "cogvlm"
    sub_configs = {"vision_config": CogVLMVisionConfig}  # noqa: RUF012 (declared so by the library)

    vocab_size: int = 128256
    hidden_size: int = 4096
    intermediate_size: int = 14336
    num_hidden_layers: int = 32
    num_attention_heads: int = 32
    num_multi_query_heads: int = 8
    hidden_act: str = "silu"
    max_position_embeddings: int = 8192
    rms_norm_eps: float = 1e-5
    initializer_range: float = 0.02
    rope_theta: float = 500_000.0  # not in the published files: the original has it in its code
    use_cache: bool = True
    tie_word_embeddings: bool = False
    pad_token_id: int | None = 128002
    bos_token_id: int | None = 128000
    eos_token_id: int | list[int] | None = 128001
    vision_config: Any = None

    def __post_init__(self, **kwargs: Any) -> None:
        """Make the vision tower's numbers a configuration of their own."""
        if not isinstance(self.vision_config, CogVLMVisionConfig):
            self.vision_config = CogVLMVisionConfig(**(self.vision_config or {}))
        super().__post_init__(**kwargs)

    @property
    def head_dim(self) -> int:
        """Width of an attention head."""
        return self.hidden_size // self.num_attention_heads

    @property
    def num_key_value_heads(self) -> int:
        """Heads of keys and values, as transformers' cache calls them."""
        return self.num_multi_query_heads
