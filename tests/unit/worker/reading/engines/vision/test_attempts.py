"""The ladder of attempts at a page."""

from __future__ import annotations

import pytest

from tests.vision_engine import PROMPT, SHOP, said
from worker.errors import Cancelled, OutputInvalid, OutputTruncated
from worker.reading.engines.vision import attempts, parse
from worker.reading.engines.vision.base import Answer, Finish, Prompt


@pytest.mark.parametrize(
    ("finish", "error"),
    [(Finish.LENGTH, OutputTruncated), (Finish.REPETITION, OutputInvalid), (Finish.CANCELLED, Cancelled)],
)
def test_an_answer_that_did_not_end_by_itself_is_never_used(finish: Finish, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse.read(said({"shop": "x"}, finish), SHOP.root, page=1)


def ladder(*finishes: Finish) -> tuple[list[Prompt], attempts.PageAttempt]:
    asked: list[Prompt] = []
    waiting = list(finishes)

    def answered(prompt: Prompt) -> Answer:
        asked.append(prompt)
        return said({"shop": f"s{len(asked)}"}, waiting.pop(0) if waiting else Finish.STOP)

    return asked, attempts.take(
        [PROMPT], SHOP.root, page=1, ask=lambda prompts: [answered(prompt) for prompt in prompts]
    )


def test_a_cut_answer_is_asked_for_with_a_higher_cap() -> None:
    asked, turn = ladder(Finish.LENGTH)
    assert [prompt.max_tokens for prompt in asked] == [100, 400]
    assert turn.read.data["shop"] == "s2"
    assert turn.notes == ("asked again for a longer answer",)


def test_an_answer_in_circles_is_asked_for_with_more_and_more_temperature_then_in_parts() -> None:
    asked, turn = ladder(Finish.REPETITION, Finish.REPETITION, Finish.REPETITION)
    assert [prompt.temperature for prompt in asked] == [0.0, 0.4, 1.0, 0.0, 0.0]
    assert [prompt.picture.shape[0] for prompt in asked] == [600, 600, 600, 330, 330]
    assert turn.read.data["shop"] == "s4"


def test_at_the_end_of_the_ladder_there_is_an_error_and_no_half_answer() -> None:
    with pytest.raises(OutputTruncated):
        ladder(*[Finish.LENGTH] * 9)
