"""How much the words of a page speak for a kind: by signs for the shipped kinds, by labels for others."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from schemas import languages
from schemas.json_schema.fields import Field
from schemas.registry import Schema

_ENOUGH = 8  # weight of signs from which more of them add nothing
_MOST_OF_SIGNS = 0.8  # signs are common words: the labels of a schema of one's own can say more
_OF_TITLE, _OF_LABELS = 0.4, 0.8
_FEWEST_LABELS = 2
_GLUED = 8  # letters from which a wording is also found where OCR has left the blanks out
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # scripts that part no words


@dataclass(frozen=True, slots=True)
class Words:
    """The text of a page: its words, and the same without blanks."""

    spaced: str
    glued: str

    @classmethod
    def of(cls, lines: Iterable[str]) -> Words:
        """Of lines as they are printed."""
        spaced = f" {' '.join(_plain(line) for line in lines)} "
        return cls(spaced, spaced.replace(" ", ""))

    def has(self, wording: str) -> bool:
        """Whether a wording is printed, without regard to case."""
        plain = _plain(wording)
        glued = plain.replace(" ", "")
        if _WIDE.search(plain) or len(glued) >= _GLUED:
            return bool(glued) and glued in self.glued
        return bool(plain) and f" {plain} " in self.spaced


def told_by_signs() -> tuple[str, ...]:
    """The shipped kinds that have signs."""
    return tuple(languages.of_kinds())


def score(words: Words, name: str, schema: Schema) -> float:
    """From 0 to 1, how much speaks for a kind of that name."""
    signs = languages.of_kinds().get(name)
    return _by_signs(words, signs) if signs is not None else _by_labels(words, schema)


def _by_signs(words: Words, signs: Mapping[str, int]) -> float:
    weight = sum(value for sign, value in signs.items() if words.has(sign))
    return _MOST_OF_SIGNS * min(1.0, weight / _ENOUGH)


def _by_labels(words: Words, schema: Schema) -> float:
    """By what a schema calls itself and its fields."""
    title = any(words.has(text) for text in _texts(schema.json_schema, "title", "x-title-zh"))
    named = (field for field in schema.root.walk() if field.name and not field.path.endswith("/*"))
    fields = [field for field in named if not field.is_object]
    found = sum(any(words.has(text) for text in _labels(field)) for field in fields)
    if found < _FEWEST_LABELS:
        return 0.0
    return min(1.0, _OF_TITLE * title + _OF_LABELS * found / len(fields))


def _labels(field: Field) -> Iterable[str]:
    yield from (field.name.replace("_", " "), field.title)
    yield from _texts(field.hints, "x-title-zh")
    yield from (text for text in field.hints.get("x-labels") or () if isinstance(text, str))


def _texts(found: Mapping[str, Any], *keys: str) -> Iterable[str]:
    return (text for key in keys if isinstance(text := found.get(key), str) and text)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", folded).split())
