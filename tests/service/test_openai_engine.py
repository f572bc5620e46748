"""The model of an OpenAI-compatible server, against a real server process: honest, failing and lying."""

from __future__ import annotations

import base64
import io
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from schemas import registry
from tests.service.openai_calls import DATA, KEY, SCHEMA, ask, forget, log, of, prompt, reading, server
from worker.errors import ModelUnavailable
from worker.reading.engines.base import Request
from worker.reading.engines.openai_http import wire
from worker.reading.engines.openai_http.generator import OpenAiGenerator
from worker.reading.engines.openai_http.ladder import Ladder, Mode
from worker.reading.engines.vision.base import Finish, Generator, Message, Prompt
from worker.reading.engines.vision.engine import GenerationLimits, VisionEngine
from worker.reading.engines.vision.packing import BatchLimits
from worker.reading.pages.base import Page
from worker.reading.text.page_lines import LineSource, PageLines


def test_tokens_are_estimated() -> None:
    generator = OpenAiGenerator(None, "m", api_key=None, seconds=1, concurrency=1)
    given = replace(prompt(np.zeros((280, 281, 3), np.uint8)), messages=(Message("user", "x" * 300),))
    assert generator.count_tokens(given) == 10 * 11 + 100


__all__ = ["forget", "reading", "server"]


def test_it_is_a_generator_and_answers_data_of_the_schema(server: str) -> None:
    generator: Generator = of(server, "ok")
    generator.load()
    generator.warm_up()
    (answer,) = generator.generate([prompt()], lambda _row: False)
    assert json.loads(answer.text) == DATA
    assert (answer.finish, answer.prompt_tokens, answer.completion_tokens) == (Finish.STOP, 11, 7)
    assert (answer.notes, answer.thinking, generator.thinks) == ((), "", False)
    assert (generator.name, generator.model, generator.revision) == ("openai", "ok", "r7")
    assert (generator.concurrency, generator.max_rows) == (4, 1)
    generator.close()


def test_request_holds_the_picture_as_data_and_the_schema(server: str) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (30, 50, 3), np.uint8)
    turns = (Message("user", "Read."), Message("assistant", "{}"), Message("user", "Title is missing."))
    given = Prompt(picture, turns, SCHEMA, max_tokens=100, thinking=50, temperature=0.5)
    ask(of(server, "ok"), given)
    entry = log(server)[0]
    body = entry["body"]
    image, text = body["messages"][0]["content"]
    assert text == {"type": "text", "text": "Read."}
    kind, data = image["image_url"]["url"].split(",")
    assert kind == "data:image/png;base64"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))), picture)
    assert body["messages"][1:] == [
        {"role": "assistant", "content": "{}"},
        {"role": "user", "content": "Title is missing."},
    ]
    assert (body["max_tokens"], body["temperature"], body["model"]) == (150, 0.5, "ok")
    assert body["response_format"]["json_schema"] == {"name": "answer", "schema": SCHEMA, "strict": True}
    assert entry["headers"]["Authorization"] == f"Bearer {KEY}"


def test_control_tokens_of_any_server_are_plain_text() -> None:
    words = [
        "<|im_end|>",
        "<|im_start|>",
        "<｜end▁of▁sentence｜>",
        "</s>",
        "<image>",
        "[/INST]",
        "<start_of_turn>",
    ]
    said = (Message("user", f"Total {' '.join(words)} < 5 | 6 > 4"), Message("assistant", words[0]))
    asked = Prompt(np.zeros((2, 2, 3), np.uint8), said, None, max_tokens=5)
    body = json.loads(wire.request(asked, "data:x", model="m", more={}))
    sent = json.dumps(body["messages"], ensure_ascii=False)
    assert not [word for word in words if word in sent]
    assert "< 5 | 6 > 4" in sent


def test_large_picture_goes_as_jpeg(server: str) -> None:
    noise = np.random.default_rng(2).integers(0, 255, (1500, 1500, 3), np.uint8)
    ask(of(server, "ok"), prompt(noise))
    url = log(server)[0]["body"]["messages"][0]["content"][0]["image_url"]["url"]
    assert url.startswith("data:image/jpeg;base64,")
    assert Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).size == (1500, 1500)


def test_free_text_is_asked_without_a_schema(server: str) -> None:
    answer = ask(of(server, "no_schema"), prompt(schema=None))
    assert (answer.text, answer.notes) == ("Yes", ())
    assert "response_format" not in log(server)[0]["body"]


def test_more_prompts_than_one_are_answered_in_their_order(server: str) -> None:
    batch = [prompt(), prompt(schema=None), prompt()]
    answers = of(server, "ok").generate(batch, lambda _row: False)
    assert [answer.text[:1] for answer in answers] == ["{", "Y", "{"]


def test_several_threads_ask_at_the_same_time(server: str) -> None:
    generator = of(server, "slow")
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(generator), range(8)))
    assert all(json.loads(answer.text) == DATA for answer in answers)
    assert time.monotonic() - started < 4


def test_only_model_is_taken_when_none_is_set(server: str) -> None:
    generator = of(server, "", folder="/one")
    generator.load()
    assert generator.model == "ok"


@pytest.mark.parametrize(
    ("model", "folder", "words"),
    [
        ("", "", ["PAGEMILL_MODEL is not set", "no_schema"]),
        ("other", "/one", ["'other'", "lists: ok"]),
        ("ok", "/none", ["lists: none"]),
        ("ok", "/html", ["/models", "/v1"]),
        ("ok", "/moved", ["another address (302)", "OPENAI_BASE_URL"]),
    ],
)
def test_models_that_are_not_there_are_told(server: str, model: str, folder: str, words: list[str]) -> None:
    with pytest.raises(ModelUnavailable) as raised:
        of(server, model, folder=folder).load()
    assert all(word in str(raised.value) for word in words)


@pytest.mark.parametrize(
    ("model", "mode"),
    [
        ("ok", Mode.JSON_SCHEMA),
        ("structured_outputs_only", Mode.STRUCTURED_OUTPUTS),
        ("no_schema", Mode.JSON_OBJECT),
        ("ignores_schema", Mode.JSON_OBJECT),
        ("prompt_only", Mode.PROMPT),
        ("stumbles", Mode.PROMPT),  # with a 500 over what it does not know, as llama.cpp's server in Python
        ("ignores_all", Mode.JSON_OBJECT),  # it reads the schema in the prompt; nobody could tell
        ("lying_json", Mode.PROMPT),
    ],
)
def test_warm_up_finds_the_strictest_way_that_holds(server: str, model: str, mode: Mode) -> None:
    generator = of(server, model)
    generator.warm_up()
    assert generator._ladder.start is mode
    before = len(log(server))
    answer = ask(generator)
    assert len(log(server)) == before + 1
    assert answer.notes == (() if mode is Mode.JSON_SCHEMA else (f"constraint: {mode.value}",))
    if model != "lying_json":
        assert json.loads(answer.text) == DATA
    told = json.dumps(SCHEMA) in log(server)[-1]["body"]["messages"][0]["content"][1]["text"]
    assert told is (mode is not Mode.JSON_SCHEMA)


@pytest.mark.parametrize("model", ["no_schema", "prompt_only"])
def test_without_warm_up_the_way_is_found_with_the_first_page(server: str, model: str) -> None:
    generator = of(server, model)
    assert json.loads(ask(generator).text) == DATA
    tries = len(log(server))
    assert tries > 1
    assert json.loads(ask(generator).text) == DATA
    assert len(log(server)) == tries + 1


def test_schema_that_the_server_cannot_compile_is_put_in_another_way(server: str) -> None:
    generator = of(server, "no_pattern")
    generator.warm_up()
    assert generator._ladder.start is Mode.JSON_SCHEMA
    hard = {**SCHEMA, "properties": {**SCHEMA["properties"], "code": {"type": "string", "pattern": "^A"}}}  # type: ignore[dict-item]
    assert ask(generator, prompt(schema=hard)).notes == ("constraint: json_object",)
    assert ask(generator).notes == ()


def test_the_ladder_forgets_when_it_knows_too_much() -> None:
    ladder = Ladder()
    for number in range(300):
        ladder.remember({"const": number}, Mode.PROMPT)
    assert ladder.rungs({"const": 299}) == [Mode.PROMPT]
    assert ladder.rungs({"const": 0}) == list(Mode)
    assert len(ladder._known) < 256


def test_a_wide_schema_costs_a_request_for_each_group_of_its_fields(server: str) -> None:
    properties = {f"field_{number}": {"type": ["string", "null"]} for number in range(369)}
    wide = registry.from_json_schema({"type": "object", "properties": properties}, name="wide")
    line_source: LineSource = lambda page: PageLines(page.number, page.width, page.height)  # noqa: E731
    engine = VisionEngine(
        of(server, "ok"), generation=GenerationLimits(BatchLimits()), line_source=line_source
    )
    engine.warm_up()
    before = len(log(server))
    pages = [Page(number, np.full((300, 200, 3), 255, np.uint8)) for number in (1, 2)]
    reading = engine.read(Request(wide, pages, len(pages)))
    engine.close()
    assert list(reading.data) == list(properties)
    asked = [
        len(entry["body"]["response_format"]["json_schema"]["schema"]["properties"])
        for entry in log(server)[before:]
    ]
    assert sorted(asked) == [9, 9, *[60] * 12]
