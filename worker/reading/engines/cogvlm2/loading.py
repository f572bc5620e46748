"""Opens a CogVLM2 checkpoint for the generator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from worker.reading.engines.cogvlm2.config import CogVLMConfig
from worker.reading.engines.cogvlm2.decoder import PICTURE, positions_of
from worker.reading.engines.cogvlm2.model import CogVLMForCausalLM
from worker.reading.engines.cogvlm2.prompting import Question, encode
from worker.reading.engines.transformers.checkpoint import Checkpoint, opened
from worker.reading.engines.transformers.control_tokens import escape_control_tokens
from worker.reading.engines.transformers.placement import Placement
from worker.reading.engines.transformers.tokenizer import open_tokenizer
from worker.reading.engines.transformers.weights import load_whole
from worker.reading.engines.vision.base import Prompt

_KEPT = ("lm_head", "model.vision")


def open_checkpoint(folder: Path, placement: Placement) -> Checkpoint:
    """The checkpoint in a folder; raises ModelUnavailable, MissingExtra.

    Reads safetensors in shards, and the single `.bin` of the published int4 files, which holds
    bitsandbytes' state and is read as weights only: nothing in it can run.
    """
    with opened(folder):
        config = CogVLMConfig.from_pretrained(str(folder), local_files_only=True)
        model = load(folder, config, placement)
        tokenizer = open_tokenizer(folder)
    return Checkpoint(
        model=model,
        tokenizer=tokenizer,
        encode=_Encoder(tokenizer, config),
        picture_tokens=lambda _height, _width: config.vision_config.tokens,
        following=_following,
        pictured=lambda inputs: inputs["token_type_ids"] == PICTURE,
        context=config.max_position_embeddings,
    )


def _following(_model: Any, inputs: Mapping[str, Tensor]) -> Tensor:
    """All of a picture stands at one position."""
    return positions_of(inputs["token_type_ids"], inputs["attention_mask"])[:, -1] + 1


def load(folder: Path, config: CogVLMConfig, placement: Placement) -> CogVLMForCausalLM:
    """The weights; files that are quantised already stay as they are."""
    arguments = placement.arguments(_KEPT)
    if getattr(config, "quantization_config", None):
        arguments.pop("quantization_config", None)
        arguments["dtype"] = "auto"  # the parts that are not quantised are in the numbers of the file
    model: CogVLMForCausalLM = load_whole(CogVLMForCausalLM, folder, config=config, arguments=arguments)
    return model


class _Encoder:
    """Prompts as questions with a history, which is how this model knows a conversation."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, config: CogVLMConfig) -> None:
        self._tokenizer = tokenizer
        self._config = config
        self._control = frozenset(tokenizer.get_added_vocab())

    def __call__(self, batch: Sequence[Prompt]) -> Mapping[str, torch.Tensor]:
        return encode([self._question(prompt) for prompt in batch], self._tokenizer, self._config)

    def _question(self, prompt: Prompt) -> Question:
        said = [escape_control_tokens(message.text, self._control) for message in prompt.messages]
        history = tuple(zip(said[:-1:2], said[1:-1:2], strict=True))
        return Question(said[-1], history, prompt.picture)


def seen(model: Any, pixels: Tensor) -> Tensor:
    """What the language model sees of pictures."""
    features: Tensor = model.model.vision(pixels)
    return features
