"""Whether the documents of the corpus are whole: a page, a schema, and values of that schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.corpus.drawing import DOCUMENTS
from schemas import registry
from schemas.json_schema.fields import Field


@pytest.mark.parametrize("folder", sorted(DOCUMENTS.iterdir()), ids=lambda folder: folder.name)
def test_what_is_expected_is_of_the_schema(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {"page.html", "schema.json", "expected.json"}
    raw = json.loads((folder / "schema.json").read_text(encoding="utf-8"))
    known = "kind" in raw
    schema = registry.kind(raw["kind"]) if known else registry.from_json_schema(raw, name=folder.name)
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    assert not list(_strange(schema.root, expected, ""))
    assert "<script" not in (folder / "page.html").read_text(encoding="utf-8").lower()


def _strange(field: Field, value: Any, at: str) -> list[str]:
    """Where a value is not what its field says; null is always allowed, for the page may not say it."""
    if value is None:
        return []
    if field.is_object:
        children = {child.name: child for child in field.properties}
        return [f"{at}/{name}" for name in value.keys() - children.keys()] + [
            one
            for name, child in children.items()
            for one in _strange(child, value.get(name), f"{at}/{name}")
        ]
    if field.is_array:
        assert field.items is not None
        return [one for item in value for one in _strange(field.items, item, f"{at}/*")]
    types = {str: "string", bool: "boolean", int: "integer", float: "number"}
    fits = types[type(value)] in field.types or (isinstance(value, int) and "number" in field.types)
    listed = field.enum is None or value in field.enum
    return [] if fits and listed else [f"{at}={value!r}"]
