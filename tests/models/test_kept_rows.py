"""Who asks again about a picture goes on where the row before ended, and is answered as if it had not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from schemas import registry
from tests import tiny as made
from tests.models.test_running_batch import FAMILIES, agree, alone
from worker.errors import OutOfMemory
from worker.reading.engines.transformers.generator import TransformersGenerator
from worker.reading.engines.transformers.kept_rows import KeptRow, KeptRows, identity
from worker.reading.engines.transformers.slots import Slots
from worker.reading.engines.vision.base import Answer, Message, Prompt

Tiny = Callable[[str], Path]


def again(prompt: Prompt, answer: Answer) -> Prompt:
    told = (Message("assistant", answer.text), Message("user", "The total is wrong. Read again."))
    return replace(prompt, messages=(*prompt.messages, *told))


def ask(model: TransformersGenerator, *asked: Prompt) -> list[Answer]:
    return list(model.generate(asked, lambda _row: False))


@pytest.fixture
def taken_in(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Rows of every batch of questions that was read from its beginning."""
    rows: list[int] = []
    admit = Slots.admit

    def watched(slots: Slots, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        rows.append(len(inputs["input_ids"]))
        return admit(slots, inputs)

    monkeypatch.setattr(Slots, "admit", watched)
    return rows


@pytest.mark.parametrize("family", FAMILIES)
def test_second_turns_and_longer_answers_are_those_of_a_fresh_start(
    family: str, tiny: Tiny, taken_in: list[int]
) -> None:
    model = made.generator(family, tiny(family), rows=3)
    first = [
        made.prompt(registry.kind(kind), seed=seed, size=(60, 90), max_tokens=24)
        for seed, kind in enumerate(("chart", "receipt"))
    ]
    answers = ask(model, *first)
    del taken_in[:]
    second = [again(*pair) for pair in zip(first, answers, strict=True)]
    longer = replace(first[0], max_tokens=36)
    stranger = replace(second[1], picture=made.speckled(60, 90, seed=9))
    asked = [second[0], stranger, longer, second[1]]
    found = ask(model, *asked)
    assert taken_in == [1]  # the stranger, whose picture is another
    agree(found, alone(model, asked))
    model.close()
    assert not model._kept


def test_memory_that_runs_out_takes_the_kept_rows_first(tiny: Tiny) -> None:
    model = made.generator("sail_vl2", tiny("sail_vl2"))
    prompt = made.prompt(registry.kind("chart"), max_tokens=20)
    ask(model, prompt)
    assert identity(prompt) in model._kept

    def fails(*_: object) -> None:
        raise RuntimeError("CUDA out of memory")

    hook = model._loaded().model.register_forward_pre_hook(fails)
    with pytest.raises(OutOfMemory):
        ask(model, made.prompt(registry.kind("chart"), seed=3))
    hook.remove()
    assert not model._kept
    model.close()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_page_is_looked_at_once_for_several_schemas_questions_and_rungs(
    family: str, tiny: Tiny, taken_in: list[int]
) -> None:
    model = made.generator(family, tiny(family), rows=4)
    page, other = (
        made.prompt(registry.kind("chart"), seed=seed, size=(60, 90), max_tokens=24) for seed in (0, 1)
    )
    asked = [
        page,
        replace(made.prompt(registry.kind("receipt"), size=(60, 90), max_tokens=30), picture=page.picture),
        other,
        replace(page, messages=(Message("user", "What is the total? Answer in a word."),), schema=None),
        replace(page, messages=(Message("user", "Where is it?"),), max_tokens=9),
    ]
    found = ask(model, *asked)
    assert taken_in == [2]  # both pages, beside whose rows the others came in
    agree(found, alone(model, asked))
    warmer = [replace(one, temperature=temperature) for one in asked[:2] for temperature in (0.4, 1.0)]
    drawn = ask(model, *warmer)
    assert taken_in == [2]
    model._kept.clear()
    agree(drawn, [answer for one in warmer for answer in ask(model, one)])
    model.close()


def row(picture: bytes, ids: list[int], seen: int) -> KeptRow:
    return KeptRow(picture, ids, seen, (), torch.zeros(1))


def test_only_rows_that_share_all_of_the_picture_are_found() -> None:
    kept = KeptRows(most=100)
    kept.keep(row(b"a", [1, 2, 3, 4, 5], 3))
    kept.keep(row(b"a", [1, 2, 3, 4, 9], 3))
    kept.keep(row(b"b", [1, 2, 3, 4, 5, 6], 3))

    def shared(picture: bytes, *ids: int) -> int | None:
        found = kept.find(picture, ids)
        return None if found is None else found.shared(ids)

    assert shared(b"a", 1, 2, 3, 4, 5, 6, 7) == 5
    assert shared(b"a", 1, 2, 3) is None  # one is left to be asked
    assert shared(b"a", 1, 2, 3, 8) == 3
    assert shared(b"a", 1, 7, 3, 4, 5) is None
    assert shared(b"a", 1, 2, 7, 7) is None  # the picture is among the first three
    assert shared(b"c", 1, 2, 3, 4) is None


def test_the_oldest_rows_go_first() -> None:
    kept = KeptRows(most=10)
    for name in (b"a", b"b", b"c"):
        kept.keep(row(name, [1, 2, 3, 4], 2))
    assert [name in kept for name in (b"a", b"b", b"c")] == [False, True, True]
    kept.keep(row(b"large", [1] * 11, 2))
    assert not kept
