"""How SAIL-VL2 is spoken to: the checkpoint's own chat template, pictures as tiles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import torch
from jinja2 import TemplateError
from PIL import Image

from worker.errors import ModelUnavailable
from worker.reading.engines.sail_vl2.config import SailVl2Config
from worker.reading.engines.transformers.control_tokens import escape_control_tokens
from worker.reading.engines.vision.base import Message, Prompt
from worker.reading.pages.base import Picture

CONTEXT, BEGIN, END = "<IMG_CONTEXT>", "<img>", "</img>"
_PLACES = ("<image>", CONTEXT)  # what a template may write where the picture belongs
_THINK = (
    "First think the question over inside <think> </think>, then give the JSON object as the final answer."
)


class Prompting:
    """Makes left-padded batches of prompts."""

    def __init__(self, tokenizer: Any, tiles: Any, config: SailVl2Config) -> None:
        if CONTEXT not in tokenizer.get_vocab():
            raise ModelUnavailable(detail=f"its tokenizer does not know {CONTEXT}")
        self._tokenizer = tokenizer
        self._tiles = tiles
        self._config = config
        self._control: Collection[str] = frozenset(tokenizer.get_added_vocab()) | set(_PLACES)

    def __call__(self, batch: Sequence[Prompt]) -> dict[str, torch.Tensor]:
        """`input_ids`, `attention_mask` and the tiles of all rows as `pixel_values`."""
        cut = [self._cut(prompt.picture) for prompt in batch]
        texts = [self._text(prompt, len(tiles)) for prompt, tiles in zip(batch, cut, strict=True)]
        encoded = self._tokenizer(texts, padding=True, return_tensors="pt", add_special_tokens=False)
        return {
            "input_ids": encoded["input_ids"],
            "attention_mask": encoded["attention_mask"],
            "pixel_values": torch.cat(cut),
        }

    def picture_tokens(self, height: int, width: int) -> int:
        """What a picture of that size costs."""
        tiles = self._tiles.get_number_of_image_patches(height, width, self._cutting())
        return int(tiles) * self._config.tokens_per_tile + 2

    def _cut(self, picture: Picture) -> torch.Tensor:
        """A picture as tiles [n, 3, size, size], the whole of it as the last of several."""
        made = self._tiles(images=[Image.fromarray(picture)], return_tensors="pt", **self._cutting())
        tiles: torch.Tensor = made["pixel_values"]
        return tiles if self._config.use_thumbnail or len(tiles) == 1 else tiles[:-1]

    def _cutting(self) -> dict[str, Any]:
        tile = self._config.tile
        return {
            "crop_to_patches": True,
            "min_patches": self._config.min_dynamic_patch,
            "max_patches": self._config.max_dynamic_patch,
            "size": {"height": tile, "width": tile},
        }

    def _text(self, prompt: Prompt, tiles: int) -> str:
        """The conversation through the template, the picture's tokens in their place."""
        text = self._rendered(prompt)
        place = next((place for place in _PLACES if place in text), None)
        picture = f"{BEGIN}{CONTEXT * (tiles * self._config.tokens_per_tile)}{END}"
        if place is None:
            raise ModelUnavailable(detail="its chat template leaves the picture out")
        if f"{BEGIN}{place}{END}" in text:
            return text.replace(f"{BEGIN}{place}{END}", picture, 1)
        return text.replace(place, f"{picture}\n", 1)

    def _rendered(self, prompt: Prompt) -> str:
        turns = [self._turn(message) for message in prompt.messages]
        if prompt.thinking:
            turns[-1]["content"].append({"type": "text", "text": f"\n{_THINK}"})
        pictured = [{"role": "user", "content": [{"type": "image"}, *turns[0]["content"]]}, *turns[1:]]
        try:
            text = self._templated(pictured)
        except (TypeError, TemplateError):  # a template that knows text alone
            text = ""
        return text if any(place in text for place in _PLACES) else self._templated(_plain(turns))

    def _turn(self, message: Message) -> dict[str, Any]:
        text = escape_control_tokens(message.text, self._control)
        return {"role": message.role, "content": [{"type": "text", "text": text}]}

    def _templated(self, turns: Sequence[dict[str, Any]]) -> str:
        return str(self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))


def _plain(turns: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The turns for a template that knows text alone, with a mark for the picture."""
    plain = [
        {"role": turn["role"], "content": "".join(part["text"] for part in turn["content"])} for turn in turns
    ]
    return [{"role": "user", "content": f"{_PLACES[0]}{plain[0]['content']}"}, *plain[1:]]
