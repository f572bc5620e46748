"""Numbers of published checkpoints: what their config.json says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SAIL_VL2_2B: Mapping[str, Any] = {
    "architectures": ["SAILVLModel"],
    "downsample_ratio": 0.5,
    "force_image_size": 448,
    "max_dynamic_patch": 12,
    "ps_version": "v2",
    "select_layer": -1,
    "llm_config": {
        "model_type": "qwen3",
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 151936,
        "rope_theta": 1000000,
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": True,
    },
    "vision_config": {
        "model_type": "sailvit",
        "hidden_size": 1536,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
        "num_attention_heads": 12,
        "image_size": 448,
        "patch_size": 14,
        "use_bias": False,
    },
}
