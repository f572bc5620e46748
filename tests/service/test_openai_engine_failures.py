"""Servers that fail, hang, refuse and lie about keys; when they are asked again."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from pydantic import SecretStr

from api.cli.main import main
from schemas.record import Record
from tests.service.conftest import until
from tests.service.openai_calls import DATA, KEY, ask, forget, log, of, prompt, reading, server
from worker.errors import EngineError, ModelUnavailable, OutOfMemory, UnsupportedByEngine
from worker.reading.engines.openai_http.faults import ServerReply
from worker.reading.engines.openai_http.generator import OpenAiGenerator
from worker.reading.engines.openai_http.retry import Broken, Pace, pause, persistently
from worker.reading.engines.vision.base import Answer, Finish, Prompt

__all__ = ["forget", "reading", "server"]


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
