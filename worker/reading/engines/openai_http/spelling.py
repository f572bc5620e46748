"""Where the tokens of an answer stand in its text.

Tokens are pieces of bytes, and one may begin or end inside a character. Its span then has the whole
character, so that spans overlap but never shift.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from worker.reading.engines.vision.base import Token

_OPENING = re.compile(rb"\s*(```[A-Za-z]*\s*)?")
_CLOSING = re.compile(rb"\s*(```\s*)?")


class Piece(NamedTuple):
    """A token as the server told it."""

    raw: bytes
    logprob: float


def spelled(text: str, pieces: Sequence[Piece], *, preceded: bool) -> tuple[Token, ...]:
    """The pieces as spans of the text; nothing when they do not spell it.

    With `preceded`, pieces before the text may be those of what was thought. Some servers take blanks or
    a fence around the text off, llama.cpp among them, and tell their tokens all the same. The last piece
    may be the token that ends an answer.
    """
    raw = b"".join(piece.raw for piece in pieces)
    wanted = text.encode("utf-8")
    begin = raw.rfind(wanted) if preceded else _begin(raw, wanted)
    if not wanted or begin < 0 or not raw.startswith(wanted, begin):
        return ()
    ending = len(pieces[-1].raw)
    behind = raw[begin + len(wanted) :]
    if len(behind) != ending and not _closes(behind, ending):
        return ()
    return _spans(text, pieces, begin=begin)


def _begin(raw: bytes, wanted: bytes) -> int:
    """Where a text begins that nothing was thought before: at once, or behind blanks and a fence."""
    opening = None if raw.startswith(wanted) else _OPENING.match(raw)
    return opening.end() if opening else 0


def _closes(behind: bytes, ending: int) -> bool:
    """Whether that is blanks and a fence, perhaps with a last piece of `ending` bytes behind them."""
    return any(_CLOSING.fullmatch(one) for one in (behind, behind[: len(behind) - ending]))


def clipped(tokens: Sequence[Token], start: int, end: int) -> tuple[Token, ...]:
    """The tokens of `text[start:end]`, counted from there."""
    return tuple(
        Token(max(token.start, start) - start, min(token.end, end) - start, token.logprob, token.allowed)
        for token in tokens
        if token.start < end and token.end > start
    )


def _spans(text: str, pieces: Sequence[Piece], *, begin: int) -> tuple[Token, ...]:
    owner = [index for index, char in enumerate(text) for _ in char.encode("utf-8")]  # a character per byte
    tokens, at = [], -begin
    for piece in pieces:
        first, behind = max(at, 0), min(at + len(piece.raw), len(owner))
        at += len(piece.raw)
        if first < behind:
            tokens.append(Token(owner[first], owner[behind - 1] + 1, piece.logprob))
    return tuple(tokens)
