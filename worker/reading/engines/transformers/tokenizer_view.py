"""A checkpoint's tokens: as a grammar wants them, back to text, and what was said as an answer."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers import GenerationConfig

from worker.errors import MissingExtra, ModelUnavailable, ModelUnusable
from worker.reading.engines.decoding import grammar, row_transcript
from worker.reading.engines.transformers.checkpoint import Checkpoint
from worker.reading.engines.vision.base import Answer, Finish, Prompt, Token


class TokenizerView:
    """A checkpoint's tokens: as llguidance wants them, and back to text."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.tokenizer = checkpoint.tokenizer
        self.counting = copy.deepcopy(checkpoint.tokenizer)  # used by other threads: padding is its state
        self.ends = _ends(checkpoint)
        config = checkpoint.model.config.get_text_config()
        self.vocabulary = max(config.vocab_size, len(self.tokenizer))
        self.pad = self.tokenizer.pad_token_id if self.tokenizer.pad_token_id is not None else self.ends[0]
        self.constrained = _constrained(self)
        self.special_thinking = grammar.THINK in self.tokenizer.get_added_vocab()
        # What a checkpoint is used to, such as a repetition penalty, is meant for talk: it would forbid
        # what the grammar asks for, and count as the model's probabilities.
        checkpoint.model.generation_config = GenerationConfig(eos_token_id=self.ends, pad_token_id=self.pad)

    def tail(self, ids: torch.Tensor) -> str:
        """The last words of a question, after its template."""
        return str(self.tokenizer.decode(ids[0, -8:]))

    def text(self, ids: Sequence[int]) -> str:
        """The text of some ids."""
        return str(self.tokenizer.decode(list(ids), clean_up_tokenization_spaces=False))


def _ends(checkpoint: Checkpoint) -> list[int]:
    """The ids that end an answer."""
    given = checkpoint.model.generation_config.eos_token_id
    ids = given if isinstance(given, list) else [given]
    ids = [*(one for one in ids if one is not None), checkpoint.tokenizer.eos_token_id]
    found = [one for one in dict.fromkeys(ids) if one is not None]
    if not found:
        raise ModelUnavailable(detail="neither the model nor its tokenizer says what ends an answer")
    return found


def _constrained(speech: TokenizerView) -> Any:
    try:
        from llguidance.hf import from_tokenizer
    except ImportError as error:
        raise MissingExtra(feature="Reading with a vision-language model", extra="vlm") from error
    try:
        return from_tokenizer(speech.tokenizer, n_vocab=speech.vocabulary, eos_token=speech.ends)
    except ValueError as error:
        raise ModelUnusable(detail=f"its tokenizer cannot be used ({error})") from error


def answer_of(
    prompt: Prompt,
    said: Sequence[int],
    odds: tuple[Sequence[float | None], Sequence[float | None]],
    *,
    view: TokenizerView,
    finish: Finish,
    prompt_tokens: int,
) -> Answer:
    """What was said by some tokens; `odds` are their logprobs and what was allowed, as in `Constraint`."""
    text, places = row_transcript.spans(said, view.text)
    thinking, cut = thought_of(text) if prompt.thinking else ("", 0)
    tokens = [
        Token(start - cut, end - cut, logprob, share)
        for (start, end), logprob, share in zip(places, *odds, strict=True)
        if end > cut
    ]
    return Answer(
        text[cut:],
        finish,
        tuple(tokens),
        thinking=thinking,
        prompt_tokens=prompt_tokens,
        completion_tokens=len(said),
    )


def grammar_of(prompt: Prompt, opening: str, view: TokenizerView) -> grammar.Grammar | None:
    """The grammar of a prompt whose question ends in `opening`; None for free text."""
    if prompt.schema is None:
        return None
    thinking = ""
    if prompt.thinking:
        opened = opening.rstrip().endswith(grammar.THINK)
        thinking = grammar.thought(prompt.thinking, opened=opened, special=view.special_thinking)
    return grammar.of_schema(prompt.schema, thinking=thinking)


def thought_of(text: str) -> tuple[str, int]:
    """What was thought, and where the answer begins."""
    end = text.find(grammar.END_THINK)
    if end < 0:
        return text, len(text)
    thought = text[:end].removeprefix(grammar.THINK).strip()
    begin = end + len(grammar.END_THINK)
    return thought, begin + len(text[begin:]) - len(text[begin:].lstrip())


def on_device(place: torch.device, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a checkpoint encoded, on the device of its model."""
    return {name: value.to(place) if hasattr(value, "to") else value for name, value in inputs.items()}
