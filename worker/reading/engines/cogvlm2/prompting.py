"""How CogVLM2 is spoken to: templates, token types, and the picture as the model was trained on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from worker.reading.engines.cogvlm2.config import CogVLMConfig
from worker.reading.engines.cogvlm2.decoder import LANGUAGE, PICTURE
from worker.reading.pages.base import Picture

Template = Literal["chat", "vqa", "base"]

_ANSWER = {"chat": "Answer:", "vqa": "Short answer:"}
_MEAN = (0.48145466, 0.4578275, 0.40821073)  # of CLIP
_STD = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True, slots=True)
class Question:
    """One row of a batch: what was said before (questions and answers), what is asked, on which picture."""

    query: str
    history: tuple[tuple[str, str], ...] = ()
    picture: Picture | None = None
    template: Template = "chat"


def prompt_text(question: Question) -> str:
    """The words of the prompt. There is no role for a system."""
    if question.template == "base":
        return question.query
    answer = _ANSWER[question.template]
    before = "".join(f"Question: {asked} {answer} {said}\n" for asked, said in question.history)
    return f"{before}Question: {question.query} {answer}"


def encode(questions: Sequence[Question], tokenizer: Any, config: CogVLMConfig) -> dict[str, Tensor]:
    """A left-padded batch: `input_ids`, `token_type_ids`, `attention_mask`, `pixel_values`."""
    rows = [_row(question, tokenizer, config) for question in questions]
    longest = max(len(ids) for ids, _ in rows)
    pad = config.pad_token_id
    batch = {
        "input_ids": torch.tensor([[pad] * (longest - len(ids)) + ids for ids, _ in rows]),
        "token_type_ids": torch.tensor([[LANGUAGE] * (longest - len(kinds)) + kinds for _, kinds in rows]),
        "attention_mask": torch.tensor([[0] * (longest - len(ids)) + [1] * len(ids) for ids, _ in rows]),
    }
    pictures = [question.picture for question in questions if question.picture is not None]
    if pictures:
        size = config.vision_config.image_size
        batch["pixel_values"] = torch.stack([pixels(picture, size) for picture in pictures])
    return batch


def _row(question: Question, tokenizer: Any, config: CogVLMConfig) -> tuple[list[int], list[int]]:
    """Ids and token types of a question: a beginning, places for the picture, the words."""
    places = config.vision_config.tokens if question.picture is not None else 0
    words = tokenizer.encode(prompt_text(question), add_special_tokens=False)
    ids = [config.bos_token_id, *[config.pad_token_id] * places, *words]
    return ids, [LANGUAGE, *[PICTURE] * places, *[LANGUAGE] * len(words)]


def pixels(picture: Picture, size: int) -> Tensor:
    """A picture [height, width, 3] of 0 to 255 as the model's [3, size, size].

    The whole picture is squeezed into a square, whatever its shape: so the model was trained.
    """
    square = Image.fromarray(picture).resize((size, size), Image.Resampling.BICUBIC)
    scaled = torch.from_numpy(np.asarray(square).copy()).permute(2, 0, 1).float() / 255
    return (scaled - torch.tensor(_MEAN)[:, None, None]) / torch.tensor(_STD)[:, None, None]
