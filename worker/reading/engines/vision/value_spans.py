"""Which characters of a JSON text are which value: for probabilities told by token."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence

from schemas import pointer
from worker.reading.engines.vision.base import Token
from worker.reading.engines.vision.token_evidence import TokenEvidence

_DECODER = json.JSONDecoder(strict=False)
_BLANKS = " \t\r\n"


def token_evidence(text: str, tokens: Sequence[Token], *, page: int) -> dict[str, TokenEvidence]:
    """What the tokens tell of every scalar in a JSON text, by JSON Pointer."""
    return {at: _told(tokens, start, end, page) for at, start, end in scalars(text)}


def scalars(text: str) -> Iterator[tuple[str, int, int]]:
    """Every scalar of a valid JSON text: its pointer and its place `text[start:end]`.

    Of a string, the place is what stands between the quotation marks.
    """
    yield from _value(text, _skip(text, 0), at="")[1]


def _value(text: str, index: int, *, at: str) -> tuple[int, list[tuple[str, int, int]]]:
    """Where a value ends, and the scalars in it."""
    if text[index] == "{":
        return _members(text, index, at=at)
    if text[index] == "[":
        return _items(text, index, at=at)
    _, end = _DECODER.raw_decode(text, index)
    quoted = int(text[index] == '"')
    return end, [(at, index + quoted, end - quoted)]


def _members(text: str, index: int, *, at: str) -> tuple[int, list[tuple[str, int, int]]]:
    found: list[tuple[str, int, int]] = []
    index = _skip(text, index + 1)
    while text[index] != "}":
        key, index = _DECODER.raw_decode(text, index)
        index = _skip(text, _skip(text, index) + 1)  # over the colon
        index, inner = _value(text, index, at=at + pointer.join(key))
        found.extend(inner)
        index = _next(text, index)
    return index + 1, found


def _items(text: str, index: int, *, at: str) -> tuple[int, list[tuple[str, int, int]]]:
    found: list[tuple[str, int, int]] = []
    index, number = _skip(text, index + 1), 0
    while text[index] != "]":
        index, inner = _value(text, index, at=at + pointer.join(number))
        found.extend(inner)
        index, number = _next(text, index), number + 1
    return index + 1, found


def _next(text: str, index: int) -> int:
    """Past the comma, where there is one."""
    index = _skip(text, index)
    return _skip(text, index + 1) if text[index] == "," else index


def _skip(text: str, index: int) -> int:
    while index < len(text) and text[index] in _BLANKS:
        index += 1
    return index


def _told(tokens: Sequence[Token], start: int, end: int, page: int) -> TokenEvidence:
    """The geometric mean of the probabilities of those tokens about which there was a choice."""
    mine = [token for token in tokens if token.start < end and token.end > start]
    logprobs = [token.logprob for token in mine if token.logprob is not None]
    if not logprobs:
        return TokenEvidence(page)
    mean = math.exp(sum(logprobs) / len(logprobs))
    allowed = [token.allowed for token in mine if token.allowed is not None]
    return TokenEvidence(page, probability=min(1.0, mean), allowed=min(allowed) if allowed else None)
