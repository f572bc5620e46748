"""The second turn, in which a model is told what is wrong with its answer."""

from __future__ import annotations

from typing import Any

import pytest

from schemas import registry
from tests.vision_engine import blind, page, read, said
from worker.errors import UnsupportedByEngine
from worker.reading.engines.base import Request
from worker.reading.engines.vision.base import Answer, Prompt
from worker.reading.engines.vision.engine import GenerationLimits, VisionEngine
from worker.reading.engines.vision.packing import BatchLimits
from worker.reading.engines.vision.scripted import ScriptedGenerator


def test_the_second_turn_shows_the_complaints_and_is_taken_when_it_is_better() -> None:
    seen: list[Prompt] = []

    def script(prompt: Prompt) -> Answer:
        seen.append(prompt)
        total = 12.0 if len(prompt.messages) > 1 else 99.0
        return said(
            {
                "items": [{"description": "tea", "quantity": 2, "unit_price": 6, "amount": 12}],
                "subtotal": 12,
                "tax": 0,
                "total": total,
            }
        )

    reply = read(script, [page(1)], registry.kind("receipt"))
    assert reply.data["total"] == 12.0
    assert len(seen) == 2
    assert [message.role for message in seen[1].messages] == ["user", "assistant", "user"]
    assert "99" in seen[1].messages[1].text
    assert "/total" in seen[1].messages[2].text
    assert reply.notes == ("page 1: corrected in a second turn after a check",)


def test_a_second_turn_that_is_no_better_changes_nothing() -> None:
    def script(prompt: Prompt) -> Answer:
        return said({"subtotal": 10, "tax": 0, "total": 99.0 if len(prompt.messages) == 1 else 98.0})

    reply = read(script, [page(1)], registry.kind("receipt"))
    assert reply.data["total"] == 99.0
    assert reply.notes == ()


def test_what_is_missing_is_not_asked_for_again() -> None:
    seen: list[Prompt] = []

    def script(prompt: Prompt) -> Answer:
        seen.append(prompt)
        return said({"shop": None})

    assert read(script, [page(1)]).data["shop"] is None
    assert len(seen) == 1


def test_a_second_turn_that_fails_leaves_the_first_answer() -> None:
    class Shy(ScriptedGenerator):
        def generate(self, batch: Any, cancelled: Any) -> Any:
            if len(batch[0].messages) > 1:
                raise UnsupportedByEngine(detail="too long")
            return super().generate(batch, cancelled)

    made = VisionEngine(
        Shy(lambda _prompt: said({"subtotal": 10, "tax": 0, "total": 99})),
        generation=GenerationLimits(BatchLimits(wait=0)),
        line_source=blind,
    )
    reply = made.read(Request(registry.kind("receipt"), [page(1)]))
    made.close()
    assert reply.data["total"] == 99
    assert reply.notes == ("page 1: the second turn after a check failed (unsupported_by_engine)",)


@pytest.mark.parametrize("second", [{}, {"total": 99.0}, {"shop": "A", "total": 10.0}])
def test_a_second_turn_that_only_leaves_out_is_no_correction(second: dict[str, Any]) -> None:
    items = [{"description": "x", "amount": 4.0}, {"description": "y", "amount": 6.0}]
    first = {"company": "A", "items": items, "total": 99.0}

    def script(prompt: Prompt) -> Answer:
        return said(first if len(prompt.messages) == 1 else second)

    reply = read(script, [page(1)], registry.kind("receipt"))
    assert reply.data["total"] == 99.0
    assert len(reply.data["items"]) == 2
    assert reply.notes == ()


def test_a_second_turn_that_corrects_is_taken() -> None:
    items = [{"description": "x", "amount": 4.0}, {"description": "y", "amount": 6.0}]

    def script(prompt: Prompt) -> Answer:
        return said({"company": "A", "items": items, "total": 99.0 if len(prompt.messages) == 1 else 10.0})

    reply = read(script, [page(1)], registry.kind("receipt"))
    assert reply.data["total"] == 10.0
    assert reply.notes == ("page 1: corrected in a second turn after a check",)
