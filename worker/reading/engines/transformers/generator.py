"""Runs a checkpoint with `generate`: one batch at a time, every row kept to its own schema."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList
from transformers.utils import logging

from worker.errors import MissingExtra, ModelUnavailable, ModelUnusable, UnsupportedByEngine
from worker.reading.engines.decoding import grammar, row_transcript
from worker.reading.engines.decoding.constraint import Constraint
from worker.reading.engines.decoding.stopping_rules import StoppingRules
from worker.reading.engines.transformers import device
from worker.reading.engines.transformers.checkpoint import BROKEN, Checkpoint, CheckpointLoader
from worker.reading.engines.vision import resize
from worker.reading.engines.vision.base import Answer, Cancelled, Finish, Message, Prompt, Token

_T = TypeVar("_T")
_SMALL_QUESTION = Message("user", "Is this page blank? Answer with true or false.")


class TransformersGenerator:
    """A model of any family on torch. `rows` is the most of a batch."""

    concurrency = 1
    revision: str | None = None
    thinks = False

    def __init__(
        self,
        name: str,
        model: str,
        *,
        opening: CheckpointLoader,
        rows: int = 8,
        caveats: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.model = model
        self.max_rows = rows
        self.caveats = self._told = caveats
        self._opening = opening
        self._checkpoint: Checkpoint | None = None
        self._speech: TokenizerView | None = None

    def load(self) -> None:
        """Bring the weights into memory; raises ModelUnavailable, MissingExtra, OutOfMemory."""
        found = self._opening.locate()
        self.model, self.revision, self.thinks = found.model, found.revision, found.thinks
        logging.disable_progress_bar()
        logging.set_verbosity_error()  # what matters of its warnings is checked, and said in our words
        self._guarded(lambda: self._open(found.folder))

    def _open(self, folder: Path) -> None:
        self._checkpoint = self._opening.open(folder, self._opening.place())
        self.caveats = (*self._told, *self._checkpoint.caveats)
        self._speech = TokenizerView(self._checkpoint)

    def warm_up(self) -> None:
        """Answer once, to a small blank page; raises ModelUnusable, OutOfMemory, DeviceLost."""
        blank = np.full((64, 64, 3), 255, dtype=np.uint8)
        prompt = Prompt(blank, (_SMALL_QUESTION,), {"type": "boolean"}, max_tokens=8)
        try:
            self.generate([prompt], lambda _row: False)
        except (UnsupportedByEngine, *BROKEN) as error:
            said = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
            raise ModelUnusable(detail=f"it cannot answer a first small question ({said})") from error

    def count_tokens(self, prompt: Prompt) -> int:
        """Tokens of the texts and the picture; the marks of the chat template are guessed."""
        checkpoint, speech = self._loaded(), self._speech
        assert speech is not None
        height, width = prompt.picture.shape[:2]
        text = "\n".join(message.text for message in prompt.messages)
        marks = 16 * len(prompt.messages)
        return marks + len(speech.counting.encode(text)) + checkpoint.picture_tokens(height, width)

    def generate(self, batch: Sequence[Prompt], cancelled: Cancelled) -> Sequence[Answer]:
        """Answer every prompt; raises OutOfMemory, DeviceLost, UnsupportedByEngine."""
        return self._guarded(lambda: self._generate(batch, cancelled))

    def _generate(self, batch: Sequence[Prompt], cancelled: Cancelled) -> list[Answer]:
        checkpoint, speech = self._loaded(), self._speech
        assert speech is not None
        with torch.inference_mode():
            inputs = _on(checkpoint.model.device, checkpoint.encode(batch))
            width = inputs["input_ids"].shape[1]
            room = checkpoint.context - width
            if room <= 0:
                raise UnsupportedByEngine(
                    detail=f"the question takes {width} tokens, as many as this model can read and write; "
                    "lower PAGEMILL_MODEL_PIXELS"
                )
            run = _Run(
                batch, width, cancelled, speech=speech, room=room, opening=speech.tail(inputs["input_ids"])
            )
            output = run.generate(checkpoint.model, inputs)
        return run.answers(output, inputs["attention_mask"].sum(dim=1).tolist())

    def _guarded(self, step: Callable[[], _T]) -> _T:
        """Run a step, with torch's errors as ours.

        A new error is raised after the old one is gone: its frames hold the tensors of the failed step,
        and whoever tries again needs their memory.
        """
        try:
            return step()
        except RuntimeError as error:
            ours = device.fault(error)
            if ours is None:
                raise
        device.free()
        raise ours

    def smaller(self, prompt: Prompt) -> Prompt | None:
        """The prompt with its picture at half the area, down to where letters are lost."""
        picture = resize.halved(prompt.picture)
        return None if picture is None else replace(prompt, picture=picture)

    def close(self) -> None:
        """Free the weights."""
        self._checkpoint = self._speech = None
        device.free()

    def _loaded(self) -> Checkpoint:
        if self._checkpoint is None:
            raise ModelUnavailable(detail="it is not loaded")
        return self._checkpoint


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


class _Run:
    """One call of `generate`: what goes in beside the question, and what comes out of it."""

    def __init__(
        self,
        batch: Sequence[Prompt],
        width: int,
        cancelled: Cancelled,
        *,
        speech: TokenizerView,
        room: int,
        opening: str,
    ) -> None:
        self._batch = batch
        self._width = width
        self._speech = speech
        self._grammars = [_grammar(prompt, opening, speech) for prompt in batch]
        most = [min(room, prompt.max_tokens + prompt.thinking) for prompt in batch]
        self._longest = max(most)
        self._constraint = Constraint(
            speech.constrained, self._grammars, eos=speech.ends, vocabulary=speech.vocabulary
        )
        self._stops = StoppingRules(self._constraint, cancelled, most=most, prompt=width)

    def generate(self, model: Any, inputs: Mapping[str, Any]) -> torch.Tensor:
        """The ids of questions and answers, row by row."""
        output: torch.Tensor = model.generate(**inputs, **self._arguments())
        return output

    def _arguments(self) -> dict[str, Any]:
        """What `generate` is told beside the inputs."""
        temperature = self._batch[0].temperature
        sampled = {"temperature": temperature, "top_k": 0, "top_p": 1.0} if temperature > 0 else {}
        config = GenerationConfig(
            max_new_tokens=self._longest,
            do_sample=temperature > 0,
            **sampled,
            eos_token_id=self._speech.ends,
            pad_token_id=self._speech.pad,
        )
        if temperature > 0:
            torch.manual_seed(0)  # the same batch gives the same answers
        return {
            "generation_config": config,
            "logits_processor": LogitsProcessorList([self._constraint]),
            "stopping_criteria": StoppingCriteriaList([self._stops]),
        }

    def answers(self, output: torch.Tensor, prompt_tokens: Sequence[int]) -> list[Answer]:
        """What was said, row by row."""
        new = output[:, self._width :].tolist()
        return [self._answer(row, ids, prompt_tokens[row]) for row, ids in enumerate(new)]

    def _answer(self, row: int, ids: Sequence[int], prompt_tokens: int) -> Answer:
        logprobs, allowed = self._constraint.logprobs[row], self._constraint.allowed[row]
        said = ids[: len(logprobs)]
        text, places = row_transcript.spans(said, self._speech.text)
        thinking, cut = _thought(text) if self._batch[row].thinking else ("", 0)
        tokens = [
            Token(start - cut, end - cut, logprob, share)
            for (start, end), logprob, share in zip(places, logprobs, allowed, strict=True)
            if end > cut
        ]
        found = self._grammars[row]
        return Answer(
            text[cut:],
            self._stops.finish[row] or Finish.LENGTH,
            tuple(tokens),
            thinking=thinking,
            prompt_tokens=prompt_tokens,
            completion_tokens=len(said),
            notes=found.left_out if found else (),
        )


def _grammar(prompt: Prompt, opening: str, speech: TokenizerView) -> grammar.Grammar | None:
    if prompt.schema is None:
        return None
    thinking = ""
    if prompt.thinking:
        opened = opening.rstrip().endswith(grammar.THINK)
        thinking = grammar.thought(prompt.thinking, opened=opened, special=speech.special_thinking)
    return grammar.of_schema(prompt.schema, thinking=thinking)


def _thought(text: str) -> tuple[str, int]:
    """What was thought, and where the answer begins."""
    end = text.find(grammar.END_THINK)
    if end < 0:
        return text, len(text)
    thought = text[:end].removeprefix(grammar.THINK).strip()
    begin = end + len(grammar.END_THINK)
    return thought, begin + len(text[begin:]) - len(text[begin:].lstrip())


def _on(place: torch.device, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.to(place) if hasattr(value, "to") else value for name, value in inputs.items()}
