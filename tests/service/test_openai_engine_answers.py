"""What a server answers, looked over: tokens, thinking, what stands around data, what is none."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from tests.service.openai_calls import DATA, ask, forget, log, of, server
from worker.errors import ModelUnavailable, OutputInvalid
from worker.reading.engines.openai_http import wire
from worker.reading.engines.openai_http.ladder import Mode
from worker.reading.engines.openai_http.spelling import Piece, clipped, spelled
from worker.reading.engines.vision.base import Finish, Token

__all__ = ["forget", "server"]


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


def _body(content: Any, **choice: Any) -> bytes:
    message = {"role": "assistant", "content": content}
    return json.dumps({"choices": [{"message": message, "finish_reason": "stop", **choice}]}).encode()
