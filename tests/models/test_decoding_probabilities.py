"""What is noted of the probabilities of an answer."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import LogitsProcessorList, StoppingCriteriaList

from tests import tiny as made
from tests.models.held_models import CHINESE, loaded, model
from worker.reading.engines.decoding import grammar, row_transcript, stopping_rules
from worker.reading.engines.decoding.constraint import Constraint
from worker.reading.engines.transformers.generator import TransformersGenerator
from worker.reading.engines.vision.base import Answer

__all__ = ["loaded", "model"]


def test_tokens_are_noted_with_the_models_own_probabilities(model: TransformersGenerator) -> None:
    """The same numbers as from a forward pass over question and answer."""
    asked = made.prompt(CHINESE)
    [answer] = model.generate([asked], lambda _row: False)
    checkpoint = model._loaded()
    inputs = checkpoint.encode([asked])
    written = checkpoint.tokenizer.encode(answer.text, add_special_tokens=False)
    generated = _ids(model, asked)
    ids = torch.cat([inputs["input_ids"], torch.tensor([generated])], dim=1)
    mask = torch.ones_like(ids)
    with torch.inference_mode():
        logits = checkpoint.model(**{**inputs, "input_ids": ids, "attention_mask": mask}).logits[0]
    start = inputs["input_ids"].shape[1]
    logprobs = torch.log_softmax(logits[start - 1 : -1].float(), dim=-1)
    wanted = logprobs.gather(1, torch.tensor(generated)[:, None]).squeeze(1).tolist()
    told = [(token.logprob, right) for token, right in zip(answer.tokens, wanted, strict=True)]
    with_choice = [(logprob, right) for logprob, right in told if logprob is not None]
    assert 0 < len(with_choice) < len(told)  # names of fields leave no choice
    assert [logprob for logprob, _ in with_choice] == pytest.approx(
        [right for _, right in with_choice], abs=1e-4
    )
    assert len(written) <= len(generated)
    for token in answer.tokens:
        if token.logprob is None:
            assert token.allowed is None
            continue
        assert token.allowed is not None
        assert math.exp(token.logprob) <= token.allowed + 1e-5 <= 1.0 + 2e-5
    assert answer.text == "".join(answer.text[token.start : token.end] for token in _once(answer))


def _once(answer: Answer) -> list[Any]:
    """Tokens, those that share a character once."""
    return [
        t
        for t, following in zip(answer.tokens, [*answer.tokens[1:], None], strict=True)
        if following is None or following.start >= t.end
    ]


def _ids(model: TransformersGenerator, asked: Any) -> list[int]:
    """The ids that a constrained greedy run writes."""
    checkpoint, speech = model._loaded(), model._speech
    assert speech is not None
    held = grammar.of_schema(asked.schema)
    constraint = Constraint(speech.constrained, [held], eos=speech.ends, vocabulary=speech.vocabulary)
    inputs = checkpoint.encode([asked])
    start = inputs["input_ids"].shape[1]
    ending = stopping_rules.StoppingRules(constraint, lambda _row: False, most=[400], prompt=start)
    output = checkpoint.model.generate(
        **inputs,
        do_sample=False,
        logits_processor=LogitsProcessorList([constraint]),
        stopping_criteria=StoppingCriteriaList([ending]),
        max_new_tokens=400,
    )
    return output[0, start : start + len(constraint.logprobs[0])].tolist()  # type: ignore[no-any-return]


@given(st.text(alphabet='ab 上海有限é🙂\n"{}', max_size=40), st.lists(st.integers(1, 3), max_size=60))
def test_characters_are_given_to_the_tokens_that_wrote_them(text: str, sizes: list[int]) -> None:
    """Bytes cut anywhere, as byte-level tokens are."""
    raw = text.encode()
    pieces: list[bytes] = []
    for size in [*sizes, *[1] * len(raw)]:
        if raw:
            pieces.append(raw[:size])
            raw = raw[size:]
    found, places = row_transcript.spans(
        list(range(len(pieces))), lambda ids: b"".join(pieces[i] for i in ids).decode(errors="replace")
    )
    assert found == text
    assert len(places) == len(pieces)
    for piece, (start, end) in zip(pieces, places, strict=True):
        assert piece in found[start:end].encode()
