"""A SAIL-VL2 checkpoint's config.json in the names that vLLM asks for: those of InternVL and of AIMv2.

What a file leaves out has the value that the published classes give it. What the published code does
otherwise than vLLM's parts do is refused, rather than answered wrongly.
"""

from __future__ import annotations

from typing import Any, ClassVar

from transformers import Aimv2VisionConfig, AutoConfig, PretrainedConfig

_TOWER = {
    "hidden_size": 1024,
    "intermediate_size": 2816,
    "num_hidden_layers": 24,
    "num_attention_heads": 8,
    "num_channels": 3,
    "image_size": 224,
    "patch_size": 14,
    "rms_norm_eps": 1e-5,
    "qkv_bias": False,
}


class ServedConfig(PretrainedConfig):  # type: ignore[misc]
    """The whole model; raises ValueError for what vLLM's parts do not do.

    The tower has as many blocks as are looked at, `normed` whether its last norm is. The output layer is
    taken to have weights of its own, for published checkpoints store them though they say that it has not.
    """

    model_type = "sailvl"
    sub_configs: ClassVar[dict[str, Any]] = {"vision_config": Aimv2VisionConfig, "text_config": AutoConfig}

    vision_config: Any = None
    text_config: Any = None
    llm_config: Any = None
    downsample_ratio: float = 0.5
    select_layer: int = -4
    ps_version: str = "v1"
    pad2square: bool = False
    force_image_size: int | None = None
    normed: bool = False

    def __post_init__(self, **kwargs: Any) -> None:
        """Make both parts configurations of their own."""
        if not isinstance(self.vision_config, PretrainedConfig):
            self.vision_config = self._tower(dict(self.vision_config or {}))
        if not isinstance(self.text_config, PretrainedConfig):
            given = dict(self.text_config or self.llm_config or {})
            self.text_config = AutoConfig.for_model(given.pop("model_type", "qwen3"), **given)
        self.llm_config = None
        self.text_config.tie_word_embeddings = self.tie_word_embeddings = False
        self._require_known()
        super().__post_init__(**kwargs)

    def get_text_config(self, *_: Any, **__: Any) -> Any:
        """The language model's numbers."""
        return self.text_config

    def _tower(self, given: dict[str, Any]) -> Aimv2VisionConfig:
        """The tower as AIMv2 calls it, without the blocks that are not looked at."""
        if given.get("model_type") == Aimv2VisionConfig.model_type:  # one that was written down from here
            return Aimv2VisionConfig(**given)
        known = {key: given.get(key, default) for key, default in _TOWER.items()}
        layers = int(known["num_hidden_layers"])
        if not -layers <= self.select_layer < layers:
            message = f"SAIL-VL2 with select_layer {self.select_layer} of {layers}"
            raise ValueError(message)
        known["num_hidden_layers"] = range(1, layers + 1)[self.select_layer]
        self.normed = self.select_layer == -1
        bias = bool(given.get("use_bias", False))
        return Aimv2VisionConfig(**known, mlp_bias=bias, use_head=False, is_native=False)

    def _require_known(self) -> None:
        side = self.force_image_size or self.vision_config.image_size
        unknown = {
            f"ps_version {self.ps_version!r}": self.ps_version not in {"v1", "v2"},
            f"pad2square {self.pad2square!r}": self.pad2square,
            f"force_image_size {side}": side != self.vision_config.image_size,
            f"a language model {self.text_config.model_type}": self.text_config.model_type != "qwen3",
        }
        found = [name for name, wrong in unknown.items() if wrong]
        if found:
            message = f"SAIL-VL2 with {', '.join(found)} is not known here"
            raise ValueError(message)
