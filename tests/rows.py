"""Reading rows of text as if a page had them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas import registry
from schemas.registry import from_json_schema
from tests.build import page_of
from worker.reading.engines.matcher.engine import read_lines

Row = Sequence[tuple[float, str]] | str


def read(kind: registry.Schema, *rows: Row) -> dict[str, Any]:
    reading = read_lines([page_of(*rows)], kind.root)
    for found in reading.evidence.values():
        assert len(found.alternatives) <= 3
        assert 0 < found.confidence < 1
    return reading.data


def mine(**properties: Any) -> registry.Schema:
    return from_json_schema({"type": "object", "properties": properties}, name="mine")
