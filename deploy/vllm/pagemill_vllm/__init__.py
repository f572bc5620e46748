"""SAIL-VL2 for vLLM: a plugin that vLLM finds by its entry point. All of vLLM is in `serving`."""

from __future__ import annotations


def register() -> None:
    """Make SAIL-VL2 known; vLLM calls this in each of its processes, in some of them twice."""
    from transformers import AutoConfig
    from vllm import ModelRegistry

    from pagemill_vllm.config import ServedConfig

    AutoConfig.register(ServedConfig.model_type, ServedConfig, exist_ok=True)
    ModelRegistry.register_model("SAILVLModel", "pagemill_vllm.serving:SailVl2ForConditionalGeneration")
