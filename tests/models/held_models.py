"""A tiny model, held to schemas."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas import registry
from tests import tiny as made
from worker.checks import validate
from worker.reading.engines.transformers.generator import TransformersGenerator
from worker.reading.engines.vision.base import Answer, Finish

CHINESE = registry.from_json_schema(
    {
        "type": "object",
        "properties": {
            "发票号码": {"type": "string", "pattern": "^[0-9]{8}$"},
            "名称": {"enum": ["上海某某有限公司", "苹果"]},
            "金额": {"type": "number", "minimum": 0, "maximum": 100, "multipleOf": 0.01},
        },
    },
    name="票",
)
COUNT = registry.from_json_schema({"type": "object", "properties": {"n": {"type": "integer"}}}, name="count")


@pytest.fixture
def model(loaded: TransformersGenerator) -> TransformersGenerator:
    """The model, without rows kept from other tests: their prompts would be gone on with."""
    loaded._kept.clear()
    return loaded


@pytest.fixture(scope="module")
def loaded(tiny: Callable[[str], Path]) -> Iterator[TransformersGenerator]:
    loaded = made.generator("idefics3", tiny("idefics3"))
    yield loaded
    loaded.close()


def validates(answer: Answer, schema: dict[str, Any]) -> None:
    """By the same check as records; jsonschema alone divides in binary numbers."""
    assert answer.finish is Finish.STOP
    keeper = validate._validator(registry.from_json_schema(schema, name="answer"))
    assert list(keeper.iter_errors(json.loads(answer.text))) == []
