"""Parameters counted from what profiles say, beside those of the classes in transformers."""

from __future__ import annotations

from typing import Any

import pytest

from worker.reading.models import memory_estimate
from worker.reading.models.registry import profile

CLASSES = {
    "qwen3-vl-2b": ("Qwen3VL", (5, 11, 17)),
    "qwen3-vl-8b": ("Qwen3VL", (8, 16, 24)),
    "qwen3.5-4b": ("Qwen3_5", None),
    "qwen3.5-9b": ("Qwen3_5", None),
    "internvl3.5-2b": ("InternVL", None),
    "glm-ocr": ("GlmOcr", None),
    "paddleocr-vl": ("PaddleOCRVL", None),
}


@pytest.mark.parametrize(("name", "kind"), CLASSES.items())
def test_parameters_are_those_of_the_class_in_transformers(name: str, kind: tuple[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    architecture = profile(name).architecture
    assert architecture is not None
    family, deepstack = kind
    config = getattr(transformers, f"{family}Config")(**_configuration(name, deepstack))
    with torch.device("meta"):
        model = getattr(transformers, f"{family}ForConditionalGeneration")(config)
    built = sum(parameter.numel() for parameter in model.parameters())
    assert memory_estimate.parameters(architecture).total == pytest.approx(built, rel=0.003)


def _configuration(name: str, deepstack: tuple[int, ...] | None) -> dict[str, Any]:
    architecture = profile(name).architecture
    assert architecture is not None
    text, vision = architecture.text, architecture.vision
    decoder: dict[str, Any] = {
        "vocab_size": text.vocab,
        "hidden_size": text.hidden,
        "intermediate_size": text.intermediate,
        "num_hidden_layers": text.layers,
        "num_attention_heads": text.heads,
        "head_dim": text.head_dim,
        "num_key_value_heads": text.kv_heads,
        "tie_word_embeddings": text.tied,
    }
    tower: dict[str, Any] = {
        "hidden_size": vision.hidden,
        "intermediate_size": vision.intermediate,
        "patch_size": vision.patch,
    }
    if name.startswith("internvl"):
        decoder["model_type"] = "qwen3"
    tower["num_hidden_layers" if name.startswith(("internvl", "paddle")) else "depth"] = vision.layers
    if not name.startswith(("internvl", "paddle")):
        tower["out_hidden_size"] = text.hidden
    if deepstack:
        tower["deepstack_visual_indexes"] = deepstack
    return {"text_config": decoder, "vision_config": tower, "tie_word_embeddings": text.tied}
