r"""How SAIL-VL2 is spoken to: turns as it was trained on, pictures as tiles.

    <|im_start|>system\n…<|im_end|><|im_start|>user\n<img>…</img>\nQUESTION<|im_end|><|im_start|>assistant\n

Nothing, not even a newline, stands between turns. The published chat template says the same for one
question; before an old answer it writes `<|im_assistant|>`, which is no token of the vocabulary and
which neither training nor `chat()` of the published code knows. So of the template only the system
sentence is taken, and the turns are put together here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import torch
from jinja2 import TemplateError

from worker.errors import ModelUnavailable
from worker.reading.engines.sail_vl2.tiles import Tiling
from worker.reading.engines.transformers.control_tokens import escape_control_tokens
from worker.reading.engines.vision.base import Prompt

CONTEXT, BEGIN, END = "<IMG_CONTEXT>", "<img>", "</img>"
_OPENS, _CLOSES = "<|im_start|>", "<|im_end|>"
_SYSTEM = re.compile(rf"{re.escape(_OPENS)}system\n(.*?){re.escape(_CLOSES)}", re.DOTALL)
_SENTENCE = "你是由抖音内容理解组开发的多模态大模型，英文名叫UniVL, 是一个有用无害的人工智能助手。"
"""The system sentence of the published conversation, for a checkpoint whose template has none."""
_THINK = (
    "You FIRST think about the reasoning process as an internal monologue and then provide the final "
    "answer. The reasoning process MUST BE enclosed within <think> </think> tags."
)
"""Of the model card, without its last sentence, which wants the answer in \\boxed{}."""
_THEN_JSON = " The final answer MUST BE JSON."


class Prompting:
    """Makes left-padded batches of prompts; raises ModelUnavailable for another model's tokenizer."""

    def __init__(self, tokenizer: Any, tiling: Tiling, *, tokens_per_tile: int) -> None:
        known = tokenizer.get_vocab()
        for token in (CONTEXT, BEGIN, END, _OPENS, _CLOSES):
            if token not in known:
                raise ModelUnavailable(detail=f"its tokenizer does not know {token}")
        self.tiling = tiling
        self._tokenizer = tokenizer
        self._per_tile = tokens_per_tile
        self._control = frozenset(tokenizer.get_added_vocab())
        self._system = _turn("system", _system_sentence(tokenizer))

    def __call__(self, batch: Sequence[Prompt]) -> dict[str, torch.Tensor]:
        """`input_ids`, `attention_mask` and the tiles of all rows as `pixel_values`."""
        cut = [self.tiling.cut(prompt.picture) for prompt in batch]
        texts = [self._text(prompt, len(tiles)) for prompt, tiles in zip(batch, cut, strict=True)]
        encoded = self._tokenizer(texts, padding=True, return_tensors="pt", add_special_tokens=False)
        return {
            "input_ids": encoded["input_ids"],
            "attention_mask": encoded["attention_mask"],
            "pixel_values": torch.cat(cut),
        }

    def picture_tokens(self, height: int, width: int) -> int:
        """What a picture of that size costs, with its two marks."""
        return self.tiling.count(height, width) * self._per_tile + 2

    def _text(self, prompt: Prompt, tiles: int) -> str:
        """The whole conversation, the picture before the first question."""
        texts = [escape_control_tokens(message.text, self._control) for message in prompt.messages]
        if prompt.thinking:
            texts[-1] += f"\n{_THINK}{_THEN_JSON if prompt.schema is not None else ''}"
        texts[0] = f"{BEGIN}{CONTEXT * (tiles * self._per_tile)}{END}\n{texts[0]}"
        turns = [_turn(message.role, text) for message, text in zip(prompt.messages, texts, strict=True)]
        return f"{self._system}{''.join(turns)}{_OPENS}assistant\n"


def _turn(role: str, text: str) -> str:
    return f"{_OPENS}{role}\n{text}{_CLOSES}"


def _system_sentence(tokenizer: Any) -> str:
    """The sentence that the checkpoint's template puts first."""
    if not tokenizer.chat_template:
        return _SENTENCE
    asked = [{"role": "user", "content": [{"type": "text", "text": "?"}]}]
    try:
        found = _SYSTEM.search(tokenizer.apply_chat_template(asked, tokenize=False))
    except (TypeError, TemplateError):  # a template that knows text alone
        asked = [{"role": "user", "content": "?"}]
        found = _SYSTEM.search(tokenizer.apply_chat_template(asked, tokenize=False))
    return found[1] if found else _SENTENCE
