"""The model of an OpenAI-compatible server, against a real server process: honest, failing and lying."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import math
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from pydantic import SecretStr

from api.cli.main import main
from schemas import registry
from schemas.page import Box, Line, even_edges
from schemas.record import Record
from tests.service.conftest import until
from worker.errors import EngineError, ModelUnavailable, OutOfMemory, OutputInvalid, UnsupportedByEngine
from worker.reading.engines.base import Request
from worker.reading.engines.openai_http import wire
from worker.reading.engines.openai_http.faults import ServerReply
from worker.reading.engines.openai_http.generator import OpenAiGenerator
from worker.reading.engines.openai_http.ladder import Ladder, Mode
from worker.reading.engines.openai_http.retry import Broken, Pace, pause, persistently
from worker.reading.engines.openai_http.spelling import Piece, clipped, spelled
from worker.reading.engines.vision.base import Answer, Finish, Generator, Message, Prompt, Token
from worker.reading.engines.vision.engine import GenerationLimits, VisionEngine
from worker.reading.engines.vision.packing import BatchLimits
from worker.reading.pages.base import Page
from worker.reading.text.page_lines import LineSource, PageLines

ROOT = Path(__file__).parent.parent.parent
KEY = "sk-of-tests-0123456789"
SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "total": {"type": ["number", "null"]}},
    "required": ["title", "total"],
    "additionalProperties": False,
}
DATA = {"title": "发票 Nr. 1", "total": None}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port_file = tmp_path_factory.mktemp("openai") / "port"
    command = [sys.executable, "-m", "tests.openai_server", str(port_file), "--key", KEY]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        until(port_file.exists)
        yield f"http://127.0.0.1:{port_file.read_text(encoding='utf-8')}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(autouse=True)
def forget(server: str) -> None:
    httpx.post(f"{server}/__reset").raise_for_status()


def of(
    server: str, model: str, *, folder: str = "", key: str = KEY, seconds: float = 20.0, **more: Any
) -> OpenAiGenerator:
    secret = SecretStr(key) if key else None
    return OpenAiGenerator(
        f"{server}{folder}/v1", model, api_key=secret, seconds=seconds, concurrency=4, **more
    )


def prompt(picture: Any = None, text: str = "Read this.", schema: Any = SCHEMA) -> Prompt:
    white = np.full((40, 60, 3), 255, np.uint8)
    return Prompt(white if picture is None else picture, (Message("user", text),), schema, max_tokens=200)


def ask(generator: OpenAiGenerator, given: Prompt | None = None) -> Answer:
    (answer,) = generator.generate([given or prompt()], lambda _row: False)
    return answer


def log(server: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{server}/__log").json()
    return found


# A server as it should be


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


# Which model


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


@pytest.mark.parametrize("key", ["", "sk-wrong-but-secret"])
def test_wrong_key_is_told_without_the_key(server: str, key: str) -> None:
    with pytest.raises(ModelUnavailable, match="check OPENAI_API_KEY") as raised:
        of(server, "ok", key=key).load()
    assert "sk-" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (None, "set OPENAI_BASE_URL"),
        ("", "set OPENAI_BASE_URL"),
        ("ftp://127.0.0.1/v1", "not an address"),
        ("http://user:hidden@[::1/v1", "not an address"),
        ("http://user:hidden@127.0.0.1:99999/v1", "not an address"),
        ("http://user:hidden@127.0.0.1:9/v1", "no connection"),
    ],
)
def test_server_that_is_not_there_is_told(url: str | None, words: str) -> None:
    generator = OpenAiGenerator(url, "m", api_key=SecretStr(KEY), seconds=0.5, concurrency=1)
    with pytest.raises(ModelUnavailable, match=words) as raised:
        generator.load()
    assert "hidden" not in str(raised.value)
    assert generator._server._base_url == url


def test_key_that_cannot_be_a_header_is_not_quoted(server: str) -> None:
    with pytest.raises(ModelUnavailable, match="OPENAI_API_KEY") as raised:
        of(server, "ok", key="sk-\u4e2d\u6587\nx").load()
    assert "sk-" not in str(raised.value)


def test_password_of_the_address_is_used_but_never_told(
    server: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="httpx")
    address = server.replace("http://", "http://us%20er:hidden@")
    with pytest.raises(ModelUnavailable, match="check OPENAI_API_KEY"):
        of(address, "ok", key="").load()
    assert "hidden" not in caplog.text


# The ladder


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


def test_server_that_refuses_everything_is_told(server: str) -> None:
    with pytest.raises(UnsupportedByEngine, match="400: no"):
        of(server, "refuses_all").warm_up()
    with pytest.raises(UnsupportedByEngine, match="400: no"):
        ask(of(server, "refuses_all"))


def test_model_that_is_gone_is_told(server: str) -> None:
    for step in (OpenAiGenerator.warm_up, ask):
        with pytest.raises(ModelUnavailable, match="no such model"):
            step(of(server, "vanished"))


@pytest.mark.parametrize("model", ["no_images", "no_mmproj", "odd_images"])
def test_server_that_takes_no_pictures_is_told_at_once(server: str, model: str) -> None:
    with pytest.raises(UnsupportedByEngine, match="pictures"):
        of(server, model).warm_up()
    assert len(log(server)) == 1
    if model != "odd_images":  # a schema may speak of images, the one of the probe does not
        with pytest.raises(UnsupportedByEngine, match="pictures"):
            ask(of(server, model))


# Probabilities


def test_tokens_span_the_text_even_where_they_split_characters(server: str) -> None:
    generator = of(server, "ok")
    generator.warm_up()
    answer = ask(generator)
    assert log(server)[-1]["body"]["logprobs"] is True
    assert all(token.logprob == -0.25 and token.allowed is None for token in answer.tokens)
    assert {index for token in answer.tokens for index in range(token.start, token.end)} == set(
        range(len(answer.text))
    )
    place = answer.text.index("发")
    split = [
        answer.text[token.start : token.end] for token in answer.tokens if token.start <= place < token.end
    ]
    assert len(split) == 2
    assert all("发" in text for text in split)


@pytest.mark.parametrize(
    ("model", "extras"),
    [
        ("bad_logprobs", {}),
        ("no_logprobs", {}),
        ("needs_top_logprobs", {"logprobs": True, "top_logprobs": 1}),
    ],
)
def test_probabilities_are_asked_for_only_as_they_come(
    server: str, model: str, extras: dict[str, Any]
) -> None:
    generator = of(server, model)
    generator.warm_up()
    assert json.loads(ask(generator).text) == DATA
    body = log(server)[-1]["body"]
    assert {name: body[name] for name in ("logprobs", "top_logprobs") if name in body} == extras


def test_pieces_that_do_not_spell_the_text_are_dropped() -> None:
    def pieces(*raw: bytes) -> list[Piece]:
        return [Piece(part, -1.0) for part in raw]

    assert spelled("ab", pieces(b"a", b"b"), preceded=False) == (Token(0, 1, -1), Token(1, 2, -1))
    assert spelled("ab", pieces(b"a", b"b", b"<end>"), preceded=False) == (Token(0, 1, -1), Token(1, 2, -1))
    assert spelled("ab", pieces(b"no", b"ab"), preceded=True) == (Token(0, 2, -1),)
    assert spelled("ab", pieces(b"no", b"ab"), preceded=False) == ()
    assert spelled("ab", pieces(b"a"), preceded=False) == ()
    assert spelled("ab", pieces(b"ab", b"c", b"d"), preceded=True) == ()
    assert spelled("", pieces(b"a"), preceded=True) == ()
    assert spelled("ab", [], preceded=False) == ()
    assert spelled("ab", pieces(b"a ", b"ab"), preceded=False) == ()
    assert spelled("ab", pieces(b"```", b"ab"), preceded=False) == ()  # the word behind a fence


@pytest.mark.parametrize("before", [(), (b"\n",), (b"```", b"json", b"\n\n"), (b" ```\n",)])
@pytest.mark.parametrize("behind", [(), (b"\n\n",), (b"\n", b"```"), (b"\n```\n",), (b"\n\n", b"```", b"")])
@pytest.mark.parametrize("ending", [(), (b"<end>",)])
def test_blanks_and_a_fence_that_the_server_took_off_are_looked_over(
    before: tuple[bytes, ...], behind: tuple[bytes, ...], ending: tuple[bytes, ...]
) -> None:
    raw = [*before, b"{", b'"a": 1', b"}", *behind, *ending]
    found = spelled('{"a": 1}', [Piece(part, -1.0) for part in raw], preceded=False)
    assert found == (Token(0, 1, -1), Token(1, 7, -1), Token(7, 8, -1))


@pytest.mark.parametrize(
    ("listed", "takes"),
    [
        ({}, None),
        ({"architecture": {"input_modalities": ["text"]}}, False),
        ({"architecture": {"input_modalities": ["text", "image"]}}, True),
        ({"input_modalities": ["text"]}, False),
        ({"architecture": "llama", "input_modalities": []}, None),
    ],
)
def test_what_a_model_takes_in_is_read_from_the_list(listed: dict[str, Any], takes: bool | None) -> None:
    [model] = wire.models(json.dumps({"data": [{"id": "m", **listed}]}).encode())
    assert model.pictures is takes
    assert wire.chosen([model], "m").pictures is takes


def test_clipped_tokens_are_counted_from_the_cut() -> None:
    assert clipped((Token(0, 3, -1), Token(3, 9, -1), Token(9, 12, -1)), 2, 9) == (
        Token(0, 1, -1),
        Token(1, 7, -1),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"logprob": math.nan},
        {"logprob": 0.5},
        {"logprob": None},
        {"bytes": [300]},
        {"bytes": ["a"]},
        {"logprob": -(10**400)},
        {"token": None, "bytes": None},
    ],
)
def test_one_token_that_lies_discredits_all(wrong: dict[str, Any]) -> None:
    entries = [{"token": "{", "logprob": -0.1}, {"token": "}", "logprob": -0.1, "bytes": [125], **wrong}]
    answer = wire.answer(_body("{}", logprobs={"content": entries}), structured=True)
    assert (answer.text, answer.tokens, len(answer.notes)) == ("{}", (), 1)


# Thinking, fences, ends


def test_thinking_apart_is_kept_apart(server: str) -> None:
    generator = of(server, "thinking")
    generator.warm_up()
    assert generator.thinks
    assert generator._ladder.start is Mode.JSON_SCHEMA
    answer = ask(generator)
    assert json.loads(answer.text) == DATA
    assert answer.thinking == "Let me see. It is."
    assert answer.tokens[0].start == 0
    assert answer.tokens[-1].end == len(answer.text)


def test_thinking_in_the_text_is_split_off(server: str) -> None:
    generator = of(server, "think_tags")
    generator.warm_up()
    assert generator.thinks
    answer = ask(generator)
    assert json.loads(answer.text) == DATA
    assert answer.thinking == "It is white."
    assert (answer.tokens[0].start, answer.tokens[-1].end) == (0, len(answer.text))


@pytest.mark.parametrize(
    ("content", "text", "thinking"),
    [
        ('```json\n{"a": 1}\n```', '{"a": 1}', ""),
        ("```\n{}```", "{}", ""),
        ("Here:\n```json\r\n{}\n```\nBye ``` all", "{}", ""),
        ('```json\n{"a": "x', '{"a": "x', ""),
        ('{"a": "```json\\n{}"}', '{"a": "```json\\n{}"}', ""),
        ('{"a": "</think>"}', '{"a": "</think>"}', ""),
        ("well</think>\n{}", "{}", "well"),
        ("<think>never ending", "", "never ending"),
        ("<think>a</think>```json\n[]\n```", "[]", "a"),
        ("```json\n", "", ""),
        ("\ud83d", "?", ""),
    ],
)
def test_what_stands_around_data_is_taken_off(content: str, text: str, thinking: str) -> None:
    answer = wire.answer(_body(content), structured=True)
    assert (answer.text, answer.thinking) == (text, thinking)


def test_fences_of_free_text_stay() -> None:
    assert wire.answer(_body("```\nx\n```"), structured=False).text == "```\nx\n```"


def test_text_in_parts_is_put_together() -> None:
    parts = [{"type": "text", "text": "{"}, {"type": "text", "text": "}"}, {"type": "image"}]
    assert wire.answer(_body(parts), structured=True).text == "{}"
    assert wire.answer(_body(None), structured=True).text == ""


def test_truncated_answer_says_so(server: str) -> None:
    answer = ask(of(server, "truncated"))
    assert (answer.text, answer.finish) == ('{"total": "12', Finish.LENGTH)


# Lies


def test_usage_is_not_trusted(server: str) -> None:
    answer = ask(of(server, "lying_usage"))
    assert (answer.prompt_tokens, answer.completion_tokens) == (0, 0)


def test_prose_around_data_is_taken_off(server: str) -> None:
    assert ask(of(server, "lying_json")).text == "{}"
    assert ask(of(server, "broken_json")).text == "{'total': "


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("html", "no JSON"),
        ("gzip", "no JSON"),
        ("huge", "more than 16 MiB"),
        ("no_choices", "no choices"),
        ("no_message", "no message"),
        ("a_list", "not an answer"),
        ("odd_content", "not a text"),
        ("filtered", "content_filter"),
        ("unended", "unknown"),
    ],
)
def test_answers_that_are_none_are_told(server: str, model: str, words: str) -> None:
    with pytest.raises(OutputInvalid, match=words):
        ask(of(server, model))


@pytest.mark.parametrize("model", ["html", "filtered"])
def test_warm_up_tells_what_was_wrong_with_the_answers(server: str, model: str) -> None:
    with pytest.raises(ModelUnavailable, match="no usable answer to a first small question"):
        of(server, model).warm_up()


def test_deep_body_is_an_error() -> None:
    with pytest.raises(OutputInvalid):
        wire.answer(b"[" * 200_000, structured=True)


def test_redirects_are_not_followed(server: str) -> None:
    with pytest.raises(ModelUnavailable, match="302"):
        ask(of(server, "moved"))
    assert len(log(server)) == 1


def test_key_that_the_server_repeats_is_masked(server: str) -> None:
    with pytest.raises(UnsupportedByEngine, match=r"\*\*\*") as raised:
        ask(of(server, "echoes_key"))
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    ("model", "codes", "told"),
    [
        ("runs_on", ["output_truncated"] * 3, "cut off"),
        ("leaves", ["model_unavailable"] * 2, "1 of 3 documents were not"),
    ],
)
def test_extract_writes_a_record_of_what_a_server_fails_at(
    samples: Path,
    capsys: pytest.CaptureFixture[str],
    reading: list[str],
    model: str,
    codes: list[str],
    told: str,
) -> None:
    names = ("receipt_0_clean.jpg", "invoice_0_text.pdf", "plan_0.jpg")
    files = [str(samples / name) for name in names]
    assert main(["extract", *files, "--kind", "description", *reading, "--model", model]) == 1
    written = capsys.readouterr()
    records = [Record.model_validate_json(line) for line in written.out.splitlines()]
    assert [(record.state, record.issues[0].code) for record in records] == [
        ("failed", code) for code in codes
    ]
    assert told in written.err


def test_extract_begins_nothing_with_a_server_that_cannot_be_used(
    samples: Path, capsys: pytest.CaptureFixture[str], reading: list[str]
) -> None:
    document = str(samples / "receipt_0_clean.jpg")
    assert main(["extract", document, "--kind", "description", *reading, "--model", "filtered"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "first small question" in told.err
    assert "1 of 1 documents were not read" in told.err


@pytest.fixture
def reading(server: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How the command line is told to read with the server."""
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("PAGEMILL_OPENAI_SECONDS", "1.5")
    monkeypatch.setenv("PAGEMILL_GROUNDING", "text_layer")
    return ["--engine", "openai", "--quiet"]


# Trying again


@pytest.mark.parametrize(
    ("model", "tries"), [("rate_limited", 2), ("rate_limited_date", 2), ("flaky", 3), ("drops", 3)]
)
def test_what_fails_early_is_tried_again(server: str, model: str, tries: int) -> None:
    started = time.time()
    assert json.loads(ask(of(server, model)).text) == DATA
    entries = log(server)
    assert len(entries) == tries
    if model == "rate_limited":
        assert entries[1]["at"] - started >= 1


@pytest.mark.parametrize(
    ("model", "words"), [("dead", r"503 \(no worker is left\)"), ("rate_limited_long", "429")]
)
def test_budget_is_kept(server: str, model: str, words: str) -> None:
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match=words):
        ask(of(server, model, seconds=1.5))
    assert time.monotonic() - started < 2.5


def test_server_that_hangs_costs_the_budget_only(server: str) -> None:
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match="no answer in time"):
        ask(of(server, "hangs", seconds=1.0))
    assert time.monotonic() - started < 2.0


class _Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.pace = Pace(
            clock=lambda: self.now, today=lambda: self.now, sleep=self._sleep, chance=lambda: 1.0
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_pauses_grow_to_half_a_minute_and_end_before_the_budget() -> None:
    clock = _Clock()
    left: list[float] = []

    async def send(seconds: float) -> ServerReply:
        left.append(seconds)
        return ServerReply(503, b"")

    reply = asyncio.run(persistently(send, seconds=100, pace=clock.pace))
    assert reply.status == 503
    assert clock.slept == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert left[0] == 100
    assert clock.now < 100


def test_last_broken_connection_is_what_is_raised() -> None:
    async def send(_left: float) -> ServerReply:
        raise Broken("no connection")

    with pytest.raises(Broken):
        asyncio.run(persistently(send, seconds=3, pace=_Clock().pace))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("-3", 0),
        ("1.5", 1.5),
        ("nan", 0.5),
        ("soon", 0.5),
        (None, 0.5),
        ("inf", math.inf),
        ("Thu, 01 Jan 1970 00:00:09 GMT", 9),
        ("Thu, 01 Jan 1970 00:00:09 -0000", 9),
        ("Fri, 99 Foo 9999", 0.5),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float) -> None:
    assert pause(0, header, pace=_Clock().pace) == seconds


# Giving up, and pages that are too large


def test_cancelled_request_is_let_go_of_at_once(server: str) -> None:
    generator = of(server, "hangs", seconds=60)
    unwanted = threading.Event()
    threading.Timer(0.5, unwanted.set).start()
    started = time.monotonic()
    answers = generator.generate([prompt(), prompt()], lambda _row: unwanted.is_set())
    assert answers == [Answer("", Finish.CANCELLED)] * 2
    assert time.monotonic() - started < 2
    until(lambda: [entry["left"] for entry in log(server)] == [True])


def test_only_the_cancelled_row_is_let_go_of(server: str) -> None:
    answers = of(server, "ok").generate([prompt(), prompt()], lambda row: row == 0)
    assert [answer.finish for answer in answers] == [Finish.CANCELLED, Finish.STOP]


@pytest.mark.parametrize("model", ["too_long", "too_large"])
def test_page_that_does_not_fit_asks_for_less(server: str, model: str) -> None:
    generator = of(server, model)
    given: Prompt | None = prompt(np.zeros((1200, 900, 3), np.uint8))
    sizes = []
    for _ in range(9):
        assert given is not None
        sizes.append(given.picture.shape)
        try:
            ask(generator, given)
        except OutOfMemory:
            given = generator.smaller(given)
        else:
            break
        if given is None:
            break
    long_sides = [shape[0] for shape in sizes]
    assert long_sides == ([1200, 849, 600] if model == "too_long" else [1200, 849, 600, 512])
    assert all(shape[1] == pytest.approx(shape[0] * 0.75, abs=1) for shape in sizes)


def test_thin_picture_keeps_a_pixel() -> None:
    generator = OpenAiGenerator("http://127.0.0.1:9/v1", "m", api_key=None, seconds=1, concurrency=1)
    made = generator.smaller(prompt(np.zeros((4000, 1, 3), np.uint8)))
    assert made is not None
    assert made.picture.shape == (2828, 1, 3)
    assert made.picture.dtype == np.uint8


def test_tokens_are_estimated() -> None:
    generator = OpenAiGenerator(None, "m", api_key=None, seconds=1, concurrency=1)
    given = replace(prompt(np.zeros((280, 281, 3), np.uint8)), messages=(Message("user", "x" * 300),))
    assert generator.count_tokens(given) == 10 * 11 + 100


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ('{"error": {"message": "the request exceeds the available context size"}}', OutOfMemory),
        ('{"message": "The input (9 tokens) is longer than the model\'s context length"}', OutOfMemory),
        (
            '{"detail": [{"msg": "bad", "input": {"messages": "image_url is not supported"}}]}',
            UnsupportedByEngine,
        ),
        ('{"error": "unknown variant `image_url`, expected `text`"}', UnsupportedByEngine),
        ("<html>image is not supported</html>", UnsupportedByEngine),
    ],
)
def test_words_of_refusals(said: str, error: type[EngineError]) -> None:
    from worker.reading.engines.openai_http import faults

    plain = "expected" in said or error is OutOfMemory
    with pytest.raises(error if plain else faults.ServerRefusal):
        faults.require_success(ServerReply(400, said.encode()))


def _body(content: Any, **choice: Any) -> bytes:
    message = {"role": "assistant", "content": content}
    return json.dumps({"choices": [{"message": message, "finish_reason": "stop", **choice}]}).encode()


# Documents of many fields and pages


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


def pages_of(*first_rows: int, most: int) -> list[Page]:
    """Pages that say in their first pixels which rows of a list they hold, as many as up to the next page's."""
    pages = []
    for number, (first, after) in enumerate(zip(first_rows, [*first_rows[1:], most], strict=True), 1):
        picture = np.full((300, 200, 3), 255, np.uint8)
        picture[0, 0], picture[0, 1] = (*divmod(first, 256), 0), (*divmod(after - first, 256), 0)
        pages.append(Page(number, picture))
    return pages


@pytest.mark.parametrize(("rows", "requests"), [(27, 1), (120, 3), (500, 13)])
def test_a_list_over_pages_costs_a_request_a_page_and_loses_no_row(
    rows: int, requests: int, server: str
) -> None:
    item = {"type": "object", "properties": {"name": {"type": "string"}}}
    schema = registry.from_json_schema(
        {"type": "object", "properties": {"rows": {"type": "array", "items": item}}}, name="list"
    )
    line_source: LineSource = lambda page: PageLines(page.number, page.width, page.height)  # noqa: E731
    engine = VisionEngine(
        of(server, "rows"), generation=GenerationLimits(BatchLimits()), line_source=line_source
    )
    engine.warm_up()
    before = len(log(server))
    pages = pages_of(*range(0, rows, 40), most=rows)
    reading = engine.read(Request(schema, pages, len(pages)))
    engine.close()
    assert [row["name"] for row in reading.data["rows"]] == [f"row {number}" for number in range(rows)]
    assert len(log(server)) - before == requests


def test_values_in_doubt_cost_a_request_each_with_their_field_alone(server: str) -> None:
    properties = {f"field_{number}": {"enum": [f"value {number}"]} for number in range(5)}
    schema = registry.from_json_schema({"type": "object", "properties": properties}, name="doubtful")
    tops = [0.1 + 0.15 * number for number in range(5)]
    boxes = [Box(0.1, top, 0.4, top + 0.04) for top in tops]
    lines = tuple(Line(f"value {at}", box, 0.9, even_edges(box, 7)) for at, box in enumerate(boxes))
    engine = VisionEngine(
        of(server, "unsure"),
        generation=GenerationLimits(BatchLimits(), look_below=0.5, looks=3),
        line_source=lambda page: replace(PageLines(page.number, page.width, page.height), lines=lines),
    )
    engine.warm_up()
    before = len(log(server))
    reading = engine.read(Request(schema, [Page(1, np.full((600, 400, 3), 255, np.uint8))], 1))
    engine.close()
    asked = [
        list(entry["body"]["response_format"]["json_schema"]["schema"]["properties"])
        for entry in log(server)[before:]
    ]
    assert [len(names) for names in asked] == [5, 1, 1, 1]
    assert "3 values were looked at again; 3 of them were read the same" in " ".join(reading.notes)
    surer = [name for [name] in asked[1:]]
    left = set(properties) - set(surer)
    assert min(reading.evidence[f"/{name}"].confidence for name in surer) > max(
        reading.evidence[f"/{name}"].confidence for name in left
    )
