"""A JSON Schema as a grammar for llguidance, and what of it the grammar cannot hold.

Answers are compact JSON with one blank after `,` and `:`, which is what models write anyway; freely
chosen blanks are what they loop on. llguidance names what it does not know instead of leaving it
out in silence; such a keyword is taken out, said so, and left to the check of the finished data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from schemas import pointer
from worker.errors import MissingExtra, UnsupportedByEngine

_FORM = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
_DROPPED_FIRST = (
    "pattern",
    "format",
    "multipleOf",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
)
_NO_END = r"/([^<]|<+(\/<+)*([^<\/]|\/[^t<]))*/"  # anything in which no "</t" begins
THINK, END_THINK = "<think>", "</think>"


@dataclass(frozen=True, slots=True)
class Grammar:
    """What llguidance reads, and a sentence for every keyword that had to be left out."""

    text: str
    left_out: tuple[str, ...] = ()


def of_schema(schema: Mapping[str, Any], *, thinking: str = "") -> Grammar:
    """The grammar of a schema; raises UnsupportedByEngine, MissingExtra.

    `thinking` is a rule in Lark for what comes before the answer (see `thought`).
    """
    return _of_text(json.dumps(schema, ensure_ascii=False), thinking)


def thought(budget: int, *, opened: bool, special: bool) -> str:
    """The rule of a thinking section of at most `budget` tokens.

    `opened` says that the prompt ends inside it already, `special` that its marks are tokens of their
    own, as in Qwen3: then the model may end it when it likes. Where they are plain text, a grammar cannot
    tell the end from what is thought, and the section takes its whole budget.
    """
    begin, end = (THINK, END_THINK) if special else (f'"{THINK}"', f'"{END_THINK}"')
    start = "" if opened else f"{begin} "
    inside = "/(.|\\n)*/" if special else _NO_END
    return f"start: {start}think {end} /[ \\n]{{0,2}}/ answer\nthink[max_tokens={budget}]: {inside}\n"


@lru_cache(maxsize=256)
def _of_text(schema: str, thinking: str) -> Grammar:
    usable, left_out = _usable(json.loads(schema))
    body = json.dumps({**usable, "x-guidance": _FORM}, ensure_ascii=False)
    matcher = _matcher()
    lark = (thinking or "start: answer\n") + f"answer: %json {body}"
    text = matcher.grammar_from_lark(lark)
    wrong = matcher.validate_grammar(text)
    if wrong:
        raise UnsupportedByEngine(detail=f"the schema cannot be made a grammar: {wrong}")
    return Grammar(text, tuple(left_out))


def _usable(schema: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The schema without what no grammar can hold."""
    left_out: list[str] = []

    def walk(node: Any, at: str) -> Any:
        if "properties" in node:
            parts = {key: walk(child, at + pointer.join(key)) for key, child in node["properties"].items()}
            return {**node, "properties": parts}
        if "items" in node:
            return {**node, "items": walk(node["items"], at + "/*")}
        held, dropped = _holdable(node)
        left_out.extend(f"{keyword!r} at {at} does not guide the model: {why}" for keyword, why in dropped)
        return held

    return walk(schema, ""), left_out


def _holdable(leaf: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """A leaf that compiles, and the keywords it lost on the way."""
    dropped = []
    why = _refusal(leaf)
    for keyword in _candidates(leaf):
        if not why:
            break
        leaf = {key: value for key, value in leaf.items() if key != keyword}
        dropped.append((keyword, why))
        why = _refusal(leaf)
    return leaf, dropped


def _candidates(leaf: Mapping[str, Any]) -> Iterator[str]:
    yield from (keyword for keyword in _DROPPED_FIRST if keyword in leaf)


def _refusal(leaf: Mapping[str, Any]) -> str:
    """Why a leaf cannot be a grammar, in one line; empty when it can."""
    return _refusal_of(json.dumps(leaf, ensure_ascii=False))


@lru_cache(maxsize=4096)
def _refusal_of(leaf: str) -> str:
    matcher = _matcher()
    wrong: str = matcher.validate_grammar(matcher.grammar_from_json_schema(leaf, defaults=_FORM))
    return wrong.strip().rsplit("\n", 1)[-1].removeprefix("error: ")


def _matcher() -> Any:
    try:
        from llguidance import LLMatcher
    except ImportError as error:
        raise MissingExtra(feature="Reading with a vision-language model", extra="vlm") from error
    return LLMatcher
