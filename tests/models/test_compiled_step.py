"""The decode step compiled by torch is taken where it answers the same, and dropped where not."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from api.cli import doctor
from tests import tiny as made
from tests.models.test_running_batch import agree, alone, prompts

Tiny = Callable[[str], Path]


def test_a_step_that_holds_is_taken_and_answers_the_same(tiny: Tiny) -> None:
    model = made.generator("sail_vl2", tiny("sail_vl2"), rows=2, compile_with="eager")
    try:
        model.warm_up()
        assert model.not_compiled == ""
        assert model._loaded().step is not None
        asked = prompts(2, most=40)
        agree(model.generate(asked, lambda _row: False), alone(model, asked))
    finally:
        torch.compiler.reset()


def test_a_step_that_answers_otherwise_is_dropped(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def miscompiled(model: Any, **_: Any) -> Callable[..., Any]:
        def step(**given: Any) -> Any:
            told = model(**given)
            told.logits = -told.logits
            return told

        return step

    monkeypatch.setattr(torch, "compile", miscompiled)
    model = made.generator("sail_vl2", tiny("sail_vl2"), rows=2, compile_with="inductor")
    model.warm_up()
    assert re.fullmatch("answer . of 3 differs", model.not_compiled)
    assert model._loaded().step is None
    asked = prompts(2, most=40)
    agree(model.generate(asked, lambda _row: False), alone(model, asked))


def test_doctor_says_why_a_step_is_not_compiled(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any, **__: Any) -> Callable[..., Any]:
        def step(**_: Any) -> Any:
            message = "no C++ compiler\nwas found"
            raise torch._dynamo.exc.TorchDynamoException(message)

        return step

    monkeypatch.setattr(torch, "compile", failing)
    told = io.StringIO()
    settings = made.settings("sail_vl2", tiny("sail_vl2"), compile_step="inductor")
    assert not doctor._print_compiling(settings, told)
    reason = "it threw TorchDynamoException: no C++ compiler was found"
    assert told.getvalue() == f"decode steps: not compiled with inductor: {reason}\n"
    assert not doctor._print_compiling(made.settings("sail_vl2", tiny("sail_vl2")), told)
    assert told.getvalue().count("decode steps") == 1  # nothing is tried that nobody wishes
