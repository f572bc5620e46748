"""Where answers end: thinking, circles, cancelled rows, lost memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from schemas.json_schema.answer import answer_schema
from tests import tiny as made
from tests.models.held_models import CHINESE, COUNT, loaded, model, validates
from worker.errors import DeviceLost, OutOfMemory, UnsupportedByEngine
from worker.reading.engines.decoding import grammar, stopping_rules
from worker.reading.engines.transformers.generator import TransformersGenerator
from worker.reading.engines.transformers.tokenizer_view import thought_of
from worker.reading.engines.vision.base import Finish

__all__ = ["loaded", "model"]


@pytest.mark.parametrize("opened", [False, True])
def test_thinking_ends_within_its_budget_and_the_answer_follows(
    opened: bool, model: TransformersGenerator
) -> None:
    text = "Read. <think>" if opened else "Read."
    [answer] = model.generate([made.prompt(COUNT, text, thinking=20)], lambda _row: False)
    validates(answer, answer_schema(COUNT.root))
    assert answer.text.startswith("{")
    assert answer.thinking
    assert "think>" not in answer.thinking
    assert all(0 <= token.start < token.end <= len(answer.text) for token in answer.tokens)


@pytest.mark.parametrize("own_tokens", [True, False])
def test_a_model_that_has_thought_enough_may_say_so_where_it_has_a_token_for_it(own_tokens: bool) -> None:
    """The closing mark ends the thought where it is a token of its own, as in Qwen3; else the budget does."""
    from llguidance import LLMatcher
    from llguidance.hf import from_tokenizer

    from bench.tiny import tokenizer as words

    tokenizer = words.make((grammar.THINK, grammar.END_THINK) if own_tokens else ())
    assert (grammar.THINK in tokenizer.get_added_vocab()) is own_tokens
    rule = grammar.thought(500, opened=False, special=own_tokens)
    held = grammar.of_schema(answer_schema(COUNT.root), thinking=rule)
    ready = from_tokenizer(tokenizer, n_vocab=len(tokenizer), eos_token=[tokenizer.eos_token_id])
    matcher = LLMatcher(ready, held.text, log_level=0)
    said = tokenizer.encode('<think>so <b> it is 7.</think>\n{"n": 7}')
    assert all(matcher.consume_token(token) for token in said) is own_tokens
    assert matcher.is_accepting() or not own_tokens


def test_the_end_of_thinking_on_a_page_does_not_cut_the_answer() -> None:
    text = '<think>a</think>{"t": "x </think> y"}'
    thought, begin = thought_of(text)
    assert (thought, text[begin:]) == ("a", '{"t": "x </think> y"}')


def test_counting_tokens_does_not_disturb_a_batch_that_is_made(model: TransformersGenerator) -> None:
    import threading

    prompts = [made.prompt(COUNT, "word " * count) for count in (5, 40)]
    stop = threading.Event()

    def count() -> None:
        while not stop.is_set():
            model.count_tokens(prompts[0])

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        widths = {model._loaded().encode(prompts)["input_ids"].shape for _ in range(60)}
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(widths) == 1


def test_what_ran_out_of_memory_is_gone_before_anybody_tries_again(
    model: TransformersGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    import weakref

    held: list[weakref.ref[Any]] = []

    def fails(message: str) -> Any:
        def generate(**inputs: Any) -> None:
            held.append(weakref.ref(inputs["input_ids"]))
            raise RuntimeError(message)

        return generate

    for message, expected in (
        ("CUDA error: out of memory", OutOfMemory),
        ("CUBLAS_STATUS_ALLOC_FAILED", OutOfMemory),
        ("CUDA error: device-side assert triggered", DeviceLost),
        ("a fault", RuntimeError),
    ):
        monkeypatch.setattr(model._loaded().model, "generate", fails(message))
        with pytest.raises(expected) as caught:
            model.generate([made.prompt(COUNT)], lambda _row: False)
        if expected is OutOfMemory:
            assert caught.value.__context__ is None
            assert held[-1]() is None


def test_a_device_that_is_lost_is_told_even_when_its_memory_cannot_be_freed(
    model: TransformersGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an assert on the device every further call fails, that of the memory's cache among them."""

    def lost(**_: Any) -> None:
        raise torch.AcceleratorError("device-side assert triggered")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "empty_cache", lost)
    monkeypatch.setattr(model._loaded().model, "generate", lost)
    with pytest.raises(DeviceLost):
        model.generate([made.prompt(COUNT)], lambda _row: False)


def test_numbers_that_overflow_are_an_error_and_no_data(tiny: Callable[[str], Path]) -> None:
    broken = made.generator("qwen2_5_vl", tiny("qwen2_5_vl"))
    with torch.no_grad():
        broken._loaded().model.lm_head.weight.fill_(float("nan"))
    with pytest.raises(UnsupportedByEngine, match="overflow"):
        broken.generate([made.prompt(CHINESE)], lambda _row: False)


def test_rows_end_where_they_are_cancelled_too_long_or_in_circles(model: TransformersGenerator) -> None:
    endless = {"type": "string", "pattern": "^(ab)+$", "minLength": 3000, "maxLength": 3000}
    prompts = [
        replace(made.prompt(COUNT, max_tokens=50), schema=endless),
        replace(made.prompt(COUNT, max_tokens=900), schema=endless),
        made.prompt(COUNT),
    ]
    steps = [0]

    def cancelled(row: int) -> bool:
        steps[0] += row == 2
        return row == 2 and steps[0] > 3

    cut, circles, gone = model.generate(prompts, cancelled)
    assert (cut.finish, cut.completion_tokens) == (Finish.LENGTH, 50)
    assert circles.finish is Finish.REPETITION
    assert circles.completion_tokens < 900
    assert gone.finish is Finish.CANCELLED


@given(st.lists(st.integers(0, 5), max_size=40), st.lists(st.integers(0, 9), min_size=1, max_size=32))
def test_circles_are_found_whatever_came_before(before: list[int], loop: list[int]) -> None:
    assert stopping_rules.goes_in_circles(before + loop * 100)


def test_a_dotted_leader_or_a_table_of_zeros_is_no_circle() -> None:
    assert not stopping_rules.goes_in_circles([1, 2, 3] + [7] * 90)
    assert not stopping_rules.goes_in_circles([0, 9] * 40)
    assert not stopping_rules.goes_in_circles(list(range(200)))
