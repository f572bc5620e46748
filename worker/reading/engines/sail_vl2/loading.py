"""Opens a SAIL-VL2 checkpoint for the generator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from transformers import GenerationConfig
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil

from worker.reading.engines.sail_vl2.config import SailVl2Config
from worker.reading.engines.sail_vl2.model import SailVl2ForCausalLM
from worker.reading.engines.sail_vl2.prompting import CONTEXT, Prompting
from worker.reading.engines.transformers.checkpoint import Checkpoint, opened
from worker.reading.engines.transformers.placement import Placement
from worker.reading.engines.transformers.tokenizer import open_tokenizer
from worker.reading.engines.transformers.weights import load_whole

_KEPT = ("lm_head", "language_model.lm_head", "vision_model", "mlp1")
_IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}


def open_checkpoint(folder: Path, placement: Placement) -> Checkpoint:
    """The checkpoint in a folder; raises ModelUnavailable, MissingExtra."""
    with opened(folder):
        config = SailVl2Config.from_pretrained(str(folder), local_files_only=True)
        tokenizer = open_tokenizer(folder)
        model = load(folder, config, placement)
        model.picture_id = tokenizer.convert_tokens_to_ids(CONTEXT)
        prompting = Prompting(tokenizer, tiles_of(folder), config)
    return Checkpoint(
        model=model,
        tokenizer=tokenizer,
        encode=prompting,
        picture_tokens=prompting.picture_tokens,
        context=config.llm_config.max_position_embeddings,
    )


def load(folder: Path, config: SailVl2Config, placement: Placement) -> SailVl2ForCausalLM:
    """The weights. Whatever attention the checkpoint asks for, PyTorch's own is used."""
    arguments = placement.arguments(_KEPT)
    model: SailVl2ForCausalLM = load_whole(SailVl2ForCausalLM, folder, config=config, arguments=arguments)
    if (folder / "generation_config.json").is_file():
        model.generation_config = GenerationConfig.from_pretrained(str(folder))
    return model


def tiles_of(folder: Path) -> Any:
    """What cuts pictures into tiles: InternVL's way, which transformers has under another model's name.

    Mean and deviation are the checkpoint's, and ImageNet's where it names none.
    """
    path = folder / "preprocessor_config.json"
    given = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    norms = {key: given.get(key, default) for key, default in _IMAGENET.items()}
    return GotOcr2ImageProcessorPil(**norms)
