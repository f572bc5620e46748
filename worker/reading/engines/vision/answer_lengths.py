"""How long the answers to a question are: guessed from its fields, then learned from what came.

Rows of a batch wait for the longest of them, so pages are read together with pages whose answers
are about as long.
"""

from __future__ import annotations

import threading

from schemas.json_schema.fields import Field

_PER_FIELD = 16  # tokens of a name, a value and the marks around them
_ITEMS = 8  # entries a list is guessed to have
_SPARE = 1.25
_LEAST = 128


class Lengths:
    """Learns by the key of a question; shared by threads."""

    def __init__(self) -> None:
        self._longest: dict[str, float] = {}
        self._lock = threading.Lock()

    def expected(self, key: str, root: Field, *, most: int) -> int:
        """Tokens of an answer, rounded up to a power of two, at most `most`."""
        with self._lock:
            known = self._longest.get(key)
        length = int(known * _SPARE) if known is not None else _guess(root)
        return min(most, 1 << (max(length, _LEAST) - 1).bit_length())

    def learn(self, key: str, tokens: int) -> None:
        """An answer had so many tokens; what was longest once is slowly forgotten."""
        with self._lock:
            self._longest[key] = max(tokens, 0.95 * self._longest.get(key, 0.0))


def _guess(root: Field) -> int:
    fields = [field for field in root.walk() if field.path and not field.properties]
    return sum(_PER_FIELD * _ITEMS ** min(2, field.path.count("/*")) for field in fields)
