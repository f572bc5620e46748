"""A static batch: all rows in one call of `generate`, until the last of them has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

from worker.reading.engines.decoding.constraint import Constraint
from worker.reading.engines.decoding.stopping_rules import StoppingRules
from worker.reading.engines.transformers.tokenizer_view import TokenizerView, answer_of, grammar_of
from worker.reading.engines.vision.base import Answer, Cancelled, Finish, Prompt


class StaticBatch:
    """One call of `generate`: what goes in beside the question, and what comes out of it."""

    def __init__(
        self,
        batch: Sequence[Prompt],
        width: int,
        cancelled: Cancelled,
        *,
        view: TokenizerView,
        left: int,
        opening: str,
    ) -> None:
        self._batch = batch
        self._width = width
        self._view = view
        self._grammars = [grammar_of(prompt, opening, view) for prompt in batch]
        most = [min(left, prompt.max_tokens + prompt.thinking) for prompt in batch]
        self._longest = max(most)
        self._constraint = Constraint(
            view.constrained, self._grammars, eos=view.ends, vocabulary=view.vocabulary
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
            eos_token_id=self._view.ends,
            pad_token_id=self._view.pad,
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
        odds = self._constraint.logprobs[row], self._constraint.allowed[row]
        found = self._grammars[row]
        answer = answer_of(
            self._batch[row],
            ids[: len(odds[0])],
            odds,
            view=self._view,
            finish=self._stops.finish[row] or Finish.LENGTH,
            prompt_tokens=prompt_tokens,
        )
        return replace(answer, notes=found.left_out if found else ())
