"""Opens any checkpoint that transformers knows as a language model: it is told a page, and shown none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import AutoConfig, AutoModelForCausalLM

from worker.reading.engines.transformers.checkpoint import Checkpoint, after_tokens, opened
from worker.reading.engines.transformers.control_tokens import escape_control_tokens
from worker.reading.engines.transformers.placement import Placement, kept_of
from worker.reading.engines.transformers.tokenizer import open_tokenizer
from worker.reading.engines.transformers.weights import load_whole
from worker.reading.engines.vision.base import Prompt

_TRIED = frozenset({"llama"})
"""Families whose answers in a running batch are compared in tests with those of `generate`."""


def open_checkpoint(folder: Path, placement: Placement) -> Checkpoint:
    """The checkpoint in a folder; raises ModelUnusable, MissingExtra."""
    with opened(folder):
        config = AutoConfig.from_pretrained(str(folder), trust_remote_code=False, local_files_only=True)
        tokenizer = open_tokenizer(folder)
        if not tokenizer.chat_template:
            raise ValueError("no chat template says how it is spoken to")
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        model = load_whole(
            AutoModelForCausalLM,
            folder,
            config=config,
            exactly=False,
            arguments=placement.arguments(kept_of(AutoModelForCausalLM.from_config, config, placement)),
        )
    return Checkpoint(
        model=model,
        tokenizer=tokenizer,
        encode=_Encoder(tokenizer),
        picture_tokens=lambda _height, _width: 0,
        following=after_tokens if config.model_type in _TRIED else None,
        context=getattr(config, "max_position_embeddings", 8192),
    )


class _Encoder:
    """The words of prompts through the checkpoint's own chat template; their pictures are left out."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._control = frozenset(tokenizer.get_added_vocab())

    def __call__(self, batch: Sequence[Prompt]) -> Mapping[str, Any]:
        encoded: Mapping[str, Any] = self._tokenizer.apply_chat_template(
            [self._conversation(prompt) for prompt in batch],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            padding=True,
            enable_thinking=any(prompt.thinking for prompt in batch),  # for templates that ask for it
        )
        return {name: encoded[name] for name in ("input_ids", "attention_mask")}

    def _conversation(self, prompt: Prompt) -> list[dict[str, str]]:
        return [
            {"role": message.role, "content": escape_control_tokens(message.text, self._control)}
            for message in prompt.messages
        ]
