"""Rows go in and out of a running batch, and each answer is the one that `generate` gives it alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from schemas import registry
from tests import tiny as made
from worker.errors import OutOfMemory, UnsupportedByEngine
from worker.reading.engines.transformers import generator as module
from worker.reading.engines.transformers import running_batch
from worker.reading.engines.transformers.generator import TransformersGenerator
from worker.reading.engines.transformers.slots import Slots
from worker.reading.engines.vision.base import Answer, Finish, Prompt

Tiny = Callable[[str], Path]
KINDS = ("chart", "receipt", "text", "form", "invoice", "chart", "id_card")
FAMILIES = list(made.BUILDERS)


def prompts(count: int, *, seed: int = 0, most: int = 120) -> list[Prompt]:
    """Questions of many kinds and lengths."""
    kinds = [registry.kind(kind) for kind in KINDS if kind in registry.kinds()]
    return [
        made.prompt(
            kinds[(number + seed) % len(kinds)],
            "Read. " * (1 + (number * 7 + seed) % 5),
            size=(60 + 20 * (number % 4), 90),
            seed=number + seed,
            max_tokens=most - 11 * (number % 5),
        )
        for number in range(count)
    ]


def alone(model: TransformersGenerator, asked: Sequence[Prompt]) -> list[Answer]:
    """What `generate` answers to each by itself."""
    return [model._static([prompt], lambda _row: False)[0] for prompt in asked]


def agree(found: Sequence[Answer], wanted: Sequence[Answer]) -> None:
    """The same tokens and probabilities."""
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert (one.text, one.finish) == (other.text, other.finish)
        assert one.completion_tokens == other.completion_tokens
        assert (one.prompt_tokens, one.notes) == (other.prompt_tokens, other.notes)
        for mine, told in zip(one.tokens, other.tokens, strict=True):
            assert (mine.start, mine.end) == (told.start, told.end)
            assert (mine.logprob is None, mine.allowed is None) == (
                told.logprob is None,
                told.allowed is None,
            )
            assert mine.logprob is None or mine.logprob == pytest.approx(told.logprob, abs=1e-4)
            assert mine.allowed is None or mine.allowed == pytest.approx(told.allowed, abs=1e-4)


class Queue:
    """A feed that brings some at first and the others one by one, and notes when what was answered."""

    def __init__(self, asked: Sequence[Prompt], *, first: int, unwanted: Callable[[int], bool]) -> None:
        self.waiting = list(asked)
        self.first = first
        self.cancelled = unwanted
        self.answers: dict[int, Answer] = {}
        self.came = 0

    def newcomers(self, free: int) -> Sequence[Prompt]:
        count = min(free, 1 if self.came else self.first)
        new, self.waiting = self.waiting[:count], self.waiting[count:]
        self.came += len(new)
        return new

    def answered(self, row: int, result: Answer) -> None:
        assert row not in self.answers
        self.answers[row] = result


@pytest.mark.parametrize("family", FAMILIES)
def test_answers_are_those_of_generate_whoever_else_is_in_the_batch(family: str, tiny: Tiny) -> None:
    model = made.generator(family, tiny(family))
    assert model.refills
    assert model.caveats == () or "experts" in model.caveats[0]
    asked = prompts(7)
    wanted = alone(model, asked)
    agree([model.generate([prompt], lambda _row: False)[0] for prompt in asked], wanted)
    model.max_rows = 3
    agree(model.generate(asked, lambda _row: False), wanted)
    queue = Queue(asked, first=2, unwanted=lambda _row: False)
    model.stream(queue)
    agree([queue.answers[row] for row in range(len(asked))], wanted)


@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize("fixed", [0, 6, 10**6])
def test_it_does_not_matter_how_many_tokens_are_shown_at_once(
    seed: int, fixed: int, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = made.generator("sail_vl2", tiny("sail_vl2"), rows=4)
    asked = prompts(9, seed=seed)
    monkeypatch.setitem(running_batch._PASS, "cpu", fixed)
    agree(model.generate(asked, lambda _row: False), alone(model, asked))


def test_the_cache_is_little_wider_than_its_longest_row(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that show one token while another shows sixteen leave holes, which take memory."""
    model = made.generator("sail_vl2", tiny("sail_vl2"), rows=4)
    asked = prompts(8, most=200)
    monkeypatch.setitem(running_batch._PASS, "cpu", 10**6)
    widths: list[tuple[int, int]] = []
    step = Slots.step

    def watched(slots: Slots, tokens: Any) -> torch.Tensor:
        scores = step(slots, tokens)
        widths.append((slots._mask.shape[1], max(slots._lengths)))
        assert slots._mask.sum(dim=1).tolist() == slots._lengths
        return scores

    monkeypatch.setattr(Slots, "step", watched)
    agree(model.generate(asked, lambda _row: False), alone(model, asked))
    assert all(width <= 1.25 * longest + 16 for width, longest in widths)
    assert any(width > longest for width, longest in widths)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(0, 500))
def test_a_pass_shows_as_much_as_it_is_worth(pending: list[int], fixed: int) -> None:
    count = running_batch._worth_showing(pending, fixed)
    assert 1 <= count <= min(16, max(pending))
    assert running_batch._worth_showing([9], fixed + 1) == 9  # one row pays for no padding
    assert running_batch._worth_showing([1] * 7 + [12], 6) == 1
    assert running_batch._worth_showing([1] * 7 + [12], 256) == 12


def forwards(model: TransformersGenerator, run: Callable[[], Any]) -> int:
    """Passes through the model's head while something runs."""
    passes = [0]

    def count(*_: Any) -> None:
        passes[0] += 1

    hook = model._loaded().model.get_output_embeddings().register_forward_hook(count)
    try:
        run()
    finally:
        hook.remove()
    return passes[0]


def test_what_is_dictated_and_rows_that_wait_cost_no_passes(tiny: Tiny) -> None:
    model = made.generator("cogvlm2", tiny("cogvlm2"), rows=3)
    asked = prompts(12)
    batches = [asked[start : start + 3] for start in range(0, 12, 3)]
    static = forwards(model, lambda: [model._static(batch, lambda _row: False) for batch in batches])
    own = forwards(model, lambda: model.generate(asked, lambda _row: False))
    assert static > 1.4 * own


def test_rows_without_a_schema_and_rows_that_think_are_in_good_company(tiny: Tiny) -> None:
    model = made.generator("sail_vl2", tiny("sail_vl2"), rows=2)
    count = registry.from_json_schema(
        {"type": "object", "properties": {"n": {"type": "integer"}}}, name="count"
    )
    asked = [
        replace(made.prompt(count, max_tokens=25), schema=None),
        made.prompt(count, thinking=20, seed=1),
        made.prompt(count, seed=2),
        replace(made.prompt(count, max_tokens=9, seed=3), schema=None),
    ]
    agree(model.generate(asked, lambda _row: False), alone(model, asked))


def test_rows_end_where_they_are_cancelled_too_long_or_in_circles(tiny: Tiny) -> None:
    model = made.generator("sail_vl2", tiny("sail_vl2"), rows=3)
    endless = {"type": "string", "pattern": "^(ab)+$", "minLength": 3000, "maxLength": 3000}
    chart = registry.kind("chart")
    asked = [
        replace(made.prompt(chart, max_tokens=50), schema=endless),
        replace(made.prompt(chart, max_tokens=900), schema=endless),
        replace(made.prompt(chart, max_tokens=900, seed=2), schema=endless),
        made.prompt(chart, max_tokens=60, seed=4),
    ]
    polls = [0]

    def unwanted(row: int) -> bool:
        polls[0] += row == 2
        return row == 2 and polls[0] > 3

    found = model.generate(asked, unwanted)
    assert [answer.finish for answer in found[:3]] == [Finish.LENGTH, Finish.REPETITION, Finish.CANCELLED]
    assert found[0].completion_tokens == 50
    assert found[2].completion_tokens < 60
    agree([found[1], found[3]], alone(model, [asked[1], asked[3]]))


def test_what_is_drawn_at_random_is_the_same_in_any_company(tiny: Tiny) -> None:
    model = made.generator("sail_vl2", tiny("sail_vl2"), rows=3)
    asked = prompts(6, most=60)
    drawn = [replace(prompt, temperature=1.0) for prompt in asked]
    wanted = [model.generate([prompt], lambda _row: False)[0] for prompt in drawn]
    assert [answer.text for answer in wanted] != [answer.text for answer in alone(model, asked)]
    agree(model.generate(drawn, lambda _row: False), wanted)
    mixed = [pair for both in zip(asked, drawn, strict=True) for pair in both]
    found = model.generate(mixed, lambda _row: False)
    agree(found[::2], alone(model, asked))
    agree(found[1::2], wanted)


def test_a_family_that_was_never_tried_is_read_in_static_batches_and_says_so(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    from worker.reading.engines.transformers import auto

    monkeypatch.setattr(auto, "_TRIED", frozenset())
    model = made.generator("internvl", tiny("internvl"), rows=2)
    assert not model.refills
    assert model.caveats == (module._STATIC,)
    asked = prompts(5, most=60)
    agree(model.generate(asked, lambda _row: False), alone(model, asked))


def test_a_question_without_room_for_an_answer_is_refused(tiny: Tiny) -> None:
    model = made.generator("sail_vl2", tiny("sail_vl2"))
    model._checkpoint = replace(model._loaded(), context=20)
    with pytest.raises(UnsupportedByEngine, match="as many as"):
        model.generate(prompts(1), lambda _row: False)


def test_memory_that_runs_out_takes_no_answer_back(tiny: Tiny) -> None:
    model = made.generator("sail_vl2", tiny("sail_vl2"), rows=2)
    asked = prompts(5)
    wanted = alone(model, asked)
    queue = Queue(asked, first=2, unwanted=lambda _row: False)

    def fails(*_: Any) -> None:
        if len(queue.answers) >= 2:
            raise RuntimeError("CUDA out of memory")

    model._loaded().model.register_forward_pre_hook(fails)
    with pytest.raises(OutOfMemory):
        model.stream(queue)
    assert 2 <= len(queue.answers) < 5
    agree(
        [queue.answers[row] for row in sorted(queue.answers)], [wanted[row] for row in sorted(queue.answers)]
    )
