"""A real llama-server with real weights behind the engine `openai`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from schemas import registry
from schemas.json_schema.answer import answer_schema
from schemas.page import Box, Line, even_edges
from tests import smollm2
from worker.errors import ModelUnusable
from worker.reading.engines.base import Request
from worker.reading.engines.openai_http.generator import OpenAiGenerator, OpenAiTextGenerator
from worker.reading.engines.openai_http.ladder import Mode
from worker.reading.engines.vision.base import Answer, Finish, Message, Prompt
from worker.reading.engines.vision.engine import GenerationLimits
from worker.reading.engines.vision.filling import ModelFiller
from worker.reading.engines.vision.packing import BatchLimits
from worker.reading.engines.vision.scripted import ScriptedGenerator
from worker.reading.engines.vision.transcribing import TranscribingEngine
from worker.reading.pages.base import Page
from worker.reading.text.page_lines import PageLines

BILL = registry.from_json_schema(
    {
        "type": "object",
        "required": ["city", "year", "paid"],
        "properties": {
            "city": {"enum": ["Oslo", "Paris", "Rome"]},
            "year": {"type": "integer", "minimum": 1900, "maximum": 2099},
            "paid": {"type": "boolean"},
        },
    },
    name="bill",
)


def of(address: str) -> OpenAiGenerator:
    return OpenAiGenerator(f"{address}/v1", "", api_key=None, seconds=60.0, concurrency=4)


def prompt(text: str) -> Prompt:
    white = np.full((80, 60, 3), 255, np.uint8)
    return Prompt(white, (Message("user", text),), answer_schema(BILL.root), max_tokens=200)


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAiGenerator]:
    folder = tmp_path_factory.mktemp("llama")
    with smollm2.server("--mmproj", str(smollm2.eye(folder / "eye.gguf")), folder=folder) as address:
        generator = of(address)
        generator.load()
        generator.warm_up()
        yield generator


def line(text: str, top: float) -> Line:
    box = Box(0.1, top, 0.1 + 0.012 * len(text), top + 0.02)
    return Line(text, box, 0.9, even_edges(box, len(text)))


def validates(answer: Answer) -> dict[str, Any]:
    assert answer.finish is Finish.STOP
    data: dict[str, Any] = json.loads(answer.text)
    jsonschema.validate(data, answer_schema(BILL.root))
    return data


def test_it_is_held_to_the_schema_and_tells_probabilities_in_spite_of_a_fence(
    seeing: OpenAiGenerator,
) -> None:
    assert (seeing.model, seeing._ladder.start, seeing.caveats) == ("smollm2", Mode.JSON_SCHEMA, ())
    [answer] = seeing.generate(
        [prompt("The bill was written in Paris in 1998. It is paid.")], lambda _row: False
    )
    assert validates(answer)["city"] == "Paris"
    assert answer.notes == ()
    spelt = "".join(answer.text[token.start : token.end] for token in answer.tokens)
    assert spelt == answer.text
    assert len({token.logprob for token in answer.tokens}) > 3
    assert answer.prompt_tokens > 20
    assert answer.completion_tokens > len(answer.tokens)  # what the server takes off was said, too


def test_four_slots_answer_at_once_and_each_its_own_question(seeing: OpenAiGenerator) -> None:
    cities = ("Oslo", "Paris", "Rome", "Oslo", "Rome", "Paris", "Rome", "Oslo")
    asked = [prompt(f"The bill was written in {city} in 19{number}5.") for number, city in enumerate(cities)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: seeing.generate([one], lambda _row: False)[0], asked))
    assert [validates(answer)["city"] for answer in found] == list(cities)
    assert all(answer.tokens for answer in found)


def test_an_answer_nobody_wants_any_more_frees_its_slot(seeing: OpenAiGenerator) -> None:
    started = time.monotonic()
    [answer] = seeing.generate([prompt("Paris.")], lambda _row: time.monotonic() > started + 0.05)
    assert answer.finish is Finish.CANCELLED


def test_a_text_model_fills_the_schema_from_what_a_first_model_read(tmp_path: Path) -> None:
    said = Answer("City: Paris\nYear: 1998", Finish.STOP)
    eyes = ScriptedGenerator(lambda _prompt: said)
    lines = (line("C1ty: Par1s", 0.1), line("Year: l998", 0.3))
    raw = {"type": "object", "properties": {"city": {"type": "string"}, "year": {"type": "integer"}}}
    schema = registry.from_json_schema(raw, name="bill")
    request = Request(schema, [Page(1, np.full((600, 400, 3), 255, np.uint8))])
    with smollm2.server(folder=tmp_path) as address:
        text = OpenAiTextGenerator(f"{address}/v1", "", api_key=None, seconds=60.0, concurrency=2)
        engine = TranscribingEngine(
            eyes,
            generation=GenerationLimits(BatchLimits(wait=0), dialect="transcript"),
            line_source=lambda page: replace(PageLines(page.number, page.width, page.height), lines=lines),
            filler=ModelFiller(text, BatchLimits(wait=0), max_tokens=200, thinking=0),
        )
        try:
            reading = engine.read(request)
        finally:
            engine.close()
    assert reading.data == {"city": "Paris", "year": 1998}
    city = reading.evidence["/city"]
    assert (city.citations[0].text, round(city.citations[0].box[1], 1)) == ("Paris", 0.1)
    assert 0 < city.confidence < 0.97  # the text model told its tokens' probabilities
    assert reading.tokens["prompt"] > 100
    assert "values by smollm2, from what was read" in reading.notes


def test_a_server_that_lists_no_picture_input_is_refused_when_it_is_loaded(tmp_path: Path) -> None:
    with smollm2.server(folder=tmp_path) as address, pytest.raises(ModelUnusable, match="takes no pictures"):
        of(address).load()
