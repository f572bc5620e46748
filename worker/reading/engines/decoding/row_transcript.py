"""Which token wrote which characters.

Byte-level tokens may hold a part of a character: the text of the tokens so far then ends in a
replacement character. Such tokens wait for those that complete it, and share its place. Each piece
is decoded together with the piece before it, because some tokenizers drop a blank at the beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

_BROKEN = "�"


def spans(tokens: Sequence[int], decode: Callable[[Sequence[int]], str]) -> tuple[str, list[tuple[int, int]]]:
    """The text of the tokens, and the characters `text[start:end]` that each brought."""
    text = ""
    places: list[tuple[int, int]] = []
    before = read = 0  # tokens[before:read] are the last piece, tokens[read:] wait
    for index in range(len(tokens)):
        known = decode(tokens[before:read])
        grown = decode(tokens[before : index + 1])
        if grown.endswith(_BROKEN) and index + 1 < len(tokens):
            continue
        piece = grown[len(known) :]
        places.extend([(len(text), len(text) + len(piece))] * (index + 1 - read))
        text += piece
        before, read = read, index + 1
    return text, places
