"""How much a schema may hold, looked at before anything else is done with it.

What checks a schema, resolves its references or compares its alternatives may take time that grows
with the square of it. The limits are far above schemas that people read documents by.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from worker.checks import patterns
from worker.errors import SchemaInvalid, SchemaTooLarge

MOST_BYTES = 256 * 1024
"""Bytes of a schema as JSON."""

MOST_NODES = 4000
"""JSON objects in a schema, whatever they mean."""

MOST_LISTED = 5000
"""Entries of a list, such as the values of an enum."""

MOST_ALTERNATIVES = 200
"""Branches of one anyOf, oneOf or allOf."""

MOST_LEVELS = 100
"""Objects and lists within each other."""

LONGEST_PATTERN = 2000
"""Characters of a regular expression."""

_BRANCHING = frozenset({"anyOf", "oneOf", "allOf"})
_PATTERNS = frozenset({"pattern", "x-pattern"})


def require_small(raw: Any) -> None:
    """Raise SchemaTooLarge for a schema beyond any limit, SchemaInvalid for what is no JSON."""
    nodes = 0
    for key, part in _parts(raw):
        if isinstance(part, dict):
            nodes += 1
            _require(nodes, MOST_NODES, "objects")
            if key == "patternProperties":
                _require_light(*part)
        elif isinstance(part, list):
            alternatives = key in _BRANCHING
            _require(len(part), MOST_ALTERNATIVES if alternatives else MOST_LISTED, "entries in a list")
        elif key in _PATTERNS and isinstance(part, str):
            _require_light(part)
    try:
        size = len(json.dumps(raw, ensure_ascii=False).encode("utf-8", "replace"))
    except (TypeError, ValueError) as error:
        raise SchemaInvalid(detail=f"it is not JSON: {error}") from error
    _require(size, MOST_BYTES, "bytes")


def _parts(raw: Any) -> Iterator[tuple[str, Any]]:
    """Every value with the key it stands under, without recursion: depth is a limit, too."""
    waiting = [("", raw, 1)]
    while waiting:
        key, part, level = waiting.pop()
        _require(level, MOST_LEVELS, "levels")
        yield key, part
        if isinstance(part, dict):
            waiting.extend((str(name), value, level + 1) for name, value in part.items())
        elif isinstance(part, list):
            waiting.extend(("", value, level + 1) for value in part)


def _require_light(*expressions: str) -> None:
    for expression in expressions:
        _require(len(expression), LONGEST_PATTERN, "characters in a pattern")
        _require(patterns.steps(expression), patterns.MOST_STEPS, "steps in a pattern")


def _require(found: int, limit: int, what: str) -> None:
    if found > limit:
        raise SchemaTooLarge(found=found, limit=limit, what=what)
