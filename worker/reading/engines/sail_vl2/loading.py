"""Opens a SAIL-VL2 checkpoint for the generator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor
from transformers import GenerationConfig

from worker.errors import ModelUnusable
from worker.reading.engines.sail_vl2.config import SailVl2Config
from worker.reading.engines.sail_vl2.model import SailVl2ForCausalLM
from worker.reading.engines.sail_vl2.prompting import CONTEXT, Prompting
from worker.reading.engines.sail_vl2.tiles import Tiling
from worker.reading.engines.transformers.checkpoint import Checkpoint, after_tokens, opened
from worker.reading.engines.transformers.placement import Placement
from worker.reading.engines.transformers.tokenizer import open_tokenizer
from worker.reading.engines.transformers.weights import load_whole

_KEPT = ("lm_head", "language_model.lm_head", "vision_model", "mlp1")
_EXPERTS = (
    "a SAIL-VL2 with experts: there are no published weights or code of one that this could be compared with"
)


def open_checkpoint(folder: Path, placement: Placement) -> Checkpoint:
    """The checkpoint in a folder; raises ModelUnavailable, MissingExtra."""
    with opened(folder):
        config = SailVl2Config.from_pretrained(str(folder), local_files_only=True)
        preprocessor = _preprocessor(folder)
        _require_known(folder, config, preprocessor)
        tiling = Tiling(preprocessor, side=config.tile)
        config.max_dynamic_patch = tiling.most
        tokenizer = open_tokenizer(folder)
        model = load(folder, config, placement)
        model.picture_id = tokenizer.convert_tokens_to_ids(CONTEXT)
        prompting = Prompting(tokenizer, tiling, tokens_per_tile=config.tokens_per_tile)
    return Checkpoint(
        model=model,
        tokenizer=tokenizer,
        encode=prompting,
        picture_tokens=prompting.picture_tokens,
        following=after_tokens,
        pictured=lambda inputs: inputs["input_ids"] == model.picture_id,
        context=config.llm_config.max_position_embeddings,
        caveats=(_EXPERTS,) if getattr(config.llm_config, "num_experts", 0) else (),
    )


def load(folder: Path, config: SailVl2Config, placement: Placement) -> SailVl2ForCausalLM:
    """The weights. Whatever attention the checkpoint asks for, PyTorch's own is used."""
    arguments = placement.arguments(_KEPT)
    model: SailVl2ForCausalLM = load_whole(SailVl2ForCausalLM, folder, config=config, arguments=arguments)
    if (folder / "generation_config.json").is_file():
        model.generation_config = GenerationConfig.from_pretrained(str(folder))
    return model


def _preprocessor(folder: Path) -> Mapping[str, Any]:
    """What preprocessor_config.json says; nothing where there is none."""
    path = folder / "preprocessor_config.json"
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def _require_known(folder: Path, config: SailVl2Config, preprocessor: Mapping[str, Any]) -> None:
    """Refuse what the published code does otherwise, and nothing here does; raises ModelUnusable."""
    layers = config.vision_config.num_hidden_layers
    refused = {
        f"ps_version {config.ps_version!r}": config.ps_version not in ("v1", "v2"),
        f"pad2square {config.pad2square!r}": config.pad2square,
        f"use_msac {preprocessor.get('use_msac')!r}": preprocessor.get("use_msac"),
        f"select_layer {config.select_layer} of {layers}": not -layers <= config.select_layer < layers,
    }
    unknown = [name for name, wrong in refused.items() if wrong]
    if unknown:
        raise ModelUnusable(detail=f"{folder.name} asks for what is not known here: {', '.join(unknown)}")


def seen(model: Any, pixels: Tensor) -> Tensor:
    """What the language model sees of pictures."""
    features: Tensor = model.see(pixels)
    return features
