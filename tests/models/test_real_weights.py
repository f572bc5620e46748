"""The loop on the weights and the tokenizer of a real language model, whose tower is tiny and random."""

from __future__ import annotations

import json
from collections.abc import Iterator

import jsonschema
import pytest

from schemas import registry
from schemas.json_schema.answer import answer_schema
from tests import smollm2
from tests import tiny as made
from tests.models.test_running_batch import agree, alone, forwards
from worker.reading.engines.transformers.generator import TransformersGenerator
from worker.reading.engines.vision.base import Finish

BILL = registry.from_json_schema(
    {
        "type": "object",
        "required": ["city", "year", "paid"],
        "properties": {
            "city": {"type": "string", "maxLength": 12},
            "year": {"type": "integer", "minimum": 1900, "maximum": 2099},
            "paid": {"type": "boolean"},
        },
    },
    name="bill",
)
CITIES = ("Oslo", "Paris", "Rome")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TransformersGenerator]:
    folder = smollm2.checkpoint(tmp_path_factory.mktemp("smollm2") / "smollm2")
    loaded = made.generator("idefics3", folder, rows=2)
    yield loaded
    loaded.close()


def test_a_real_model_answers_in_the_schema_what_it_was_told(model: TransformersGenerator) -> None:
    asked = [
        made.prompt(
            BILL,
            f"The bill was written in {city} in 19{number}5. City, year, paid?",
            size=(60, 90),
            max_tokens=80,
        )
        for number, city in enumerate(CITIES)
    ]
    wanted = alone(model, asked)
    for answer, city in zip(wanted, CITIES, strict=True):
        assert answer.finish is Finish.STOP
        data = json.loads(answer.text)
        jsonschema.validate(data, answer_schema(BILL.root))
        assert data["city"] == city
        told = [token.logprob for token in answer.tokens if token.logprob is not None]
        assert 3 < len(told) < len(answer.tokens)
        assert all(token.allowed is None or 0 < token.allowed <= 1 for token in answer.tokens)
    agree(model.generate(asked, lambda _row: False), wanted)
    assert (
        forwards(model, lambda: model.generate(asked[:1], lambda _row: False))
        < 0.8 * wanted[0].completion_tokens
    )
