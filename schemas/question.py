"""Questions about a document, as schemas: what is asked stands in the schema itself, under `x-question`.

So a question is read like a kind is: by the same jobs, engines and records. What somebody wants is told
apart by how they begin: to have the text written down, a picture described, values extracted, or a
question answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from schemas import languages, registry
from schemas.json_schema.fields import Field
from schemas.values.folding import fold, has_cjk

HINT = "x-question"
ANSWER, QUOTES = "answer", "quotes"
"""The fields of an answer in words, and the kind that its records name."""
MOST_SIGNS = 2000
"""Of a question."""
_MOST_FIELDS = 40
_MOST_WORDS = 8  # of what may be a label
_MOST_BARE = 4  # where no question word says that it is one
_MOST_QUOTES = 8


class Intent(StrEnum):
    """What somebody wants of a document."""

    EXTRACT = "extract"
    DESCRIBE = "describe"
    TRANSCRIBE = "transcribe"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was asked before, and what was answered."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class DocumentQuestion:
    """What is asked of a document, after what was asked before.

    `after` is the job of the question before, where a service keeps the answers; `history` are the turns
    themselves.
    """

    text: str
    intent: Intent
    history: tuple[Turn, ...] = ()
    after: str | None = None

    @property
    def label(self) -> str:
        """What it asks for, as it may be printed beside the value; empty where it is no such thing."""
        return _label(self.text)


@dataclass(frozen=True, slots=True)
class QuestionSchema:
    """A question as a kind: its name and its JSON Schema."""

    name: str
    json_schema: Mapping[str, Any]


def schema_for(
    text: str,
    *,
    history: Sequence[Turn] = (),
    after: str | None = None,
    schema: Mapping[str, Any] | None = None,
) -> QuestionSchema:
    """What to read by for a question; with a `schema` its answer has that form.

    It carries the turns before, or the name of the job of the last of them.
    """
    text = text.strip()[:MOST_SIGNS]
    intent = Intent.EXTRACT if schema is not None else intent_of(text)
    if schema is not None:
        name, form = str(schema.get("title") or ANSWER), schema
    elif intent is Intent.TRANSCRIBE:
        name, form = "text", registry.kind("text").json_schema
    elif intent is Intent.DESCRIBE:
        name = "chart" if _names(text, "chart") else "description"
        form = registry.kind(name).json_schema
    elif intent is Intent.EXTRACT:
        name, form = ANSWER, _object(_asked_fields(text))
    else:
        name, form = ANSWER, _in_words()
    told: dict[str, Any] = {"text": text, "intent": intent.value}
    told |= {"after": after} if after is not None else {"history": [asdict(turn) for turn in history]}
    return QuestionSchema(name, {**form, HINT: told})


def of_schema(root: Field) -> DocumentQuestion | None:
    """The question that a schema carries; None where it carries none, or not in the form made here."""
    told: Any = root.hints.get(HINT)
    try:
        turns = told.get("history", ())
        history = tuple(Turn(str(turn["question"]), str(turn["answer"])) for turn in turns)
        after = str(told["after"]) if "after" in told else None
        return DocumentQuestion(str(told["text"]), Intent(told["intent"]), history, after)
    except (AttributeError, TypeError, KeyError, ValueError):
        return None


def following(schema: registry.Schema, turns: Sequence[Turn]) -> registry.Schema:
    """A schema whose question follows these turns."""
    told = {**schema.root.hints[HINT], "history": [asdict(turn) for turn in turns]}
    return replace(schema, root=replace(schema.root, hints={**schema.root.hints, HINT: told}))


def intent_of(text: str) -> Intent:
    """What is wanted, by how the question begins."""
    said = _begun(text)
    for intent in (Intent.TRANSCRIBE, Intent.DESCRIBE, Intent.EXTRACT):
        if _after(said, languages.asking(intent.value)) is not None:
            return intent if intent is not Intent.EXTRACT or _asked_fields(text) else Intent.ANSWER
    return Intent.ANSWER


def answer_of(data: Mapping[str, Any] | None) -> str:
    """What was answered, as the next question is told it."""
    return str((data or {}).get(ANSWER) or "")


def _begun(text: str) -> str:
    """The question without what is only polite."""
    said = fold(text)
    while (rest := _after(said, languages.asking("polite"))) is not None:
        said = rest
    return said


def _after(said: str, phrases: Sequence[str]) -> str | None:
    """What follows the first phrase that a text begins with, as a word; None where it begins with none."""
    for phrase in phrases:
        if said.startswith(phrase):
            rest = said[len(phrase) :]
            if not rest or has_cjk(phrase) or not rest[0].isalnum():
                return rest.strip(" ,:：，")
    return None


def _names(text: str, words: str) -> bool:
    said = fold(text)
    return any(
        word in said if has_cjk(word) else re.search(rf"\b{re.escape(word)}s?\b", said) is not None
        for word in languages.asking(words)
    )


def _asked_fields(text: str) -> dict[str, Any]:
    """The fields that somebody names one after the other: "extract the date, the total and all names"."""
    rest = _after(_begun(text), languages.asking("extract")) or ""
    marks = "|".join(
        re.escape(word) if has_cjk(word) else rf"\b{re.escape(word)}\b" for word in languages.asking("and")
    )
    named = re.split(rf"[,;，；、]|{marks}", rest.rstrip(".。!！?？"))
    fields: dict[str, Any] = {}
    for part in named[:_MOST_FIELDS]:
        several = _after(part.strip(), languages.asking("several"))
        name = _without_article(part if several is None else several)
        if name and len(name.split()) <= _MOST_WORDS:
            scalar = {"type": ["string", "null"], "title": name}
            fields[name] = scalar if several is None else {"type": "array", "items": {"type": "string"}}
    return fields


def _label(text: str) -> str:
    said = _begun(text).rstrip("?？.。!！ ")
    for phrase in languages.asking("question"):
        if has_cjk(phrase):
            said = said.replace(phrase, "")
    rest = _after(said, languages.asking("question"))
    label = _without_article(said if rest is None else rest)
    most = _MOST_WORDS if rest is not None else _MOST_BARE
    return label if len(label.split()) <= most else ""


def _without_article(text: str) -> str:
    """A noun without the words around it that are printed nowhere."""
    said = text.strip()
    while (rest := _after(said, languages.asking("article"))) is not None:
        said = rest
    for word in languages.asking("article"):
        said = said.removesuffix(f" {word}") if not has_cjk(word) else said
    return said.strip()


def _in_words() -> Mapping[str, Any]:
    quoted = "The passages of the page that the answer rests on, each copied as printed"
    return _object(
        {
            ANSWER: {
                "type": ["string", "null"],
                "description": "The answer in the language of the question; null if the page does not say it",
            },
            QUOTES: {
                "type": "array",
                "items": {"type": "string"},
                "maxItems": _MOST_QUOTES,
                "description": quoted,
            },
        }
    )


def _object(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"title": ANSWER, "type": "object", "properties": properties}
