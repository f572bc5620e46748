"""Opens any checkpoint that transformers knows as an image-text model."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from transformers import AutoConfig, AutoModelForImageTextToText

from worker.reading.engines.transformers.checkpoint import Checkpoint, after_tokens, opened
from worker.reading.engines.transformers.control_tokens import escape_control_tokens
from worker.reading.engines.transformers.placement import Placement, kept_of
from worker.reading.engines.transformers.processor import open_processor
from worker.reading.engines.transformers.weights import load_whole
from worker.reading.engines.vision.base import Prompt

_PATCH = 28  # pixels along a side per token, where there is no way to tell
_MOST_SIZES = 10_000
_TRIED = frozenset({"qwen2_5_vl", "qwen3_vl", "idefics3", "internvl", "glm_ocr", "paddleocr_vl"})
"""Families whose answers in a running batch are compared in tests with those of `generate`."""


def open_checkpoint(folder: Path, placement: Placement) -> Checkpoint:
    """The checkpoint in a folder; raises ModelUnavailable, MissingExtra."""
    with opened(folder):
        config = AutoConfig.from_pretrained(str(folder), trust_remote_code=False, local_files_only=True)
        processor = open_processor(folder, config.model_type)
        if not processor.chat_template:
            raise ValueError("no chat template says how it is spoken to")
        model = load_whole(
            AutoModelForImageTextToText,
            folder,
            config=config,
            exactly=False,
            arguments=placement.arguments(
                kept_of(AutoModelForImageTextToText.from_config, config, placement)
            ),
        )
    return Checkpoint(
        model=model,
        tokenizer=processor.tokenizer,
        encode=_Encoder(processor),
        picture_tokens=_PictureTokens(processor),
        following=after_tokens if config.model_type in _TRIED else None,
        pictured=lambda inputs: inputs["input_ids"] == config.image_token_id,
        context=getattr(config.get_text_config(), "max_position_embeddings", 8192),
    )


class _Encoder:
    """Prompts through the checkpoint's own chat template and image processor."""

    def __init__(self, processor: Any) -> None:
        self._processor = processor
        self._control = frozenset(processor.tokenizer.get_added_vocab())
        self._asks_for_thinking = "enable_thinking" in str(processor.chat_template)

    def __call__(self, batch: Sequence[Prompt]) -> Mapping[str, Any]:
        thinking = any(prompt.thinking for prompt in batch)
        encoded: Mapping[str, Any] = self._processor.apply_chat_template(
            [conversation(prompt, self._control) for prompt in batch],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"padding": True},
            **({"enable_thinking": thinking} if self._asks_for_thinking else {}),
        )
        return encoded


def conversation(prompt: Prompt, control: Collection[str]) -> list[dict[str, Any]]:
    """The messages as chat templates want them, the picture before the first text."""
    turns = [
        {
            "role": message.role,
            "content": [{"type": "text", "text": escape_control_tokens(message.text, control)}],
        }
        for message in prompt.messages
    ]
    return [{"role": "user", "content": [_picture(prompt), *turns[0]["content"]]}, *turns[1:]]


def _picture(prompt: Prompt) -> dict[str, Any]:
    return {"type": "image", "image": Image.fromarray(prompt.picture)}


class _PictureTokens:
    """What a picture costs: as the processor tells it, else as it cuts a blank one."""

    def __init__(self, processor: Any) -> None:
        self._processor = processor
        self._known: dict[tuple[int, int], int] = {}

    def __call__(self, height: int, width: int) -> int:
        size = (height, width)
        if size not in self._known:
            if len(self._known) > _MOST_SIZES:
                self._known.clear()
            self._known[size] = self._count(*size)
        return self._known[size]

    def _count(self, height: int, width: int) -> int:
        tell = getattr(self._processor, "_get_num_multimodal_tokens", None)
        if tell is not None:
            return int(tell(image_sizes=[(height, width)])["num_image_tokens"][0])
        images = self._processor.image_processor
        cut = images(images=[Image.new("RGB", (width, height))], return_tensors="pt")
        if "image_grid_thw" not in cut:
            return height * width // _PATCH**2
        return int(cut["image_grid_thw"].prod()) // getattr(images, "merge_size", 1) ** 2
