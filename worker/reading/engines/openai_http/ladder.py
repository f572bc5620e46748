"""How the schema is put to a server: the strictest way that it takes, found by going down a ladder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

import numpy as np

from worker.reading.engines.vision.base import NO_PICTURE, Answer, Message, Prompt

_PROBE_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"white": {"type": "boolean"}},
    "required": ["white"],
    "additionalProperties": False,
}
_PROBE_TOKENS = 48  # of small vocabularies, a fence with the answer on lines of its own takes over 16
_MOST_KNOWN = 256  # schemas whose rung is remembered


class Mode(StrEnum):
    """The rungs, the strictest first."""

    JSON_SCHEMA = "json_schema"  # the OpenAI way, which most servers know
    STRUCTURED_OUTPUTS = "structured_outputs"  # vLLM's own
    JSON_OBJECT = "json_object"  # some JSON, with the schema in the prompt
    PROMPT = "prompt"  # nothing but the schema in the prompt


class Ladder:
    """The rung to begin with, for the server and for each schema. Used from several threads."""

    def __init__(self) -> None:
        self.start = Mode.JSON_SCHEMA
        self._known: dict[str, Mode] = {}

    def rungs(self, schema: Mapping[str, Any] | None) -> Sequence[Mode]:
        """The ways to try in their order. Without a schema they are all the same."""
        if schema is None:
            return (Mode.JSON_SCHEMA,)
        modes = list(Mode)
        return modes[modes.index(self._known.get(_as_json(schema), self.start)) :]

    def remember(self, schema: Mapping[str, Any] | None, mode: Mode) -> None:
        """That a schema was taken in this way: servers refuse some that use keywords they do not know."""
        if schema is None or mode is self.start:
            return
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[_as_json(schema)] = mode


def fields(mode: Mode, schema: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a request has for it."""
    if schema is None or mode is Mode.PROMPT:
        return {}
    if mode is Mode.STRUCTURED_OUTPUTS:
        return {"structured_outputs": {"json": schema}}
    if mode is Mode.JSON_OBJECT:
        return {"response_format": {"type": "json_object"}}
    named = {"name": "answer", "schema": schema, "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def with_schema(prompt: Prompt) -> Prompt:
    """The prompt with the schema itself at its end, for servers that only half keep to it."""
    if prompt.schema is None:
        return prompt
    *before, last = prompt.messages
    text = f"{last.text}\n\nAnswer only with JSON that keeps to this JSON Schema:\n{_as_json(prompt.schema)}"
    return replace(prompt, messages=(*before, replace(last, text=text)))


def notes(mode: Mode, schema: Mapping[str, Any] | None) -> tuple[str, ...]:
    """What a reader of the record should know: an answer that the server did not hold to the schema."""
    return () if schema is None or mode is Mode.JSON_SCHEMA else (f"constraint: {mode.value}",)


def probe(mode: Mode, *, thinking: int, sees: bool) -> Prompt:
    """A small question whose natural answer is a word.

    Where the server is to enforce the schema the question does not name it: who answers with data
    of the schema all the same has been held to it. A model that does not see is asked about no picture.
    """
    prompt = Prompt(
        picture=np.full((56, 56, 3), 255, np.uint8) if sees else NO_PICTURE,
        messages=(Message("user", f"Is {'this picture' if sees else 'snow'} white? Answer with one word."),),
        schema=_PROBE_SCHEMA,
        max_tokens=_PROBE_TOKENS,
        thinking=thinking,
    )
    return with_schema(prompt) if mode in {Mode.JSON_OBJECT, Mode.PROMPT} else prompt


def keeps(answer: Answer) -> bool:
    """Whether an answer to the probe is data of its schema, or was cut off before it began."""
    if answer.thinking and not answer.text:
        return True
    try:
        data = json.loads(answer.text)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and data.keys() == {"white"} and isinstance(data["white"], bool)


def _as_json(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False)
