"""What depends on the language of a document, one folder per language: `words.toml`.

A new language is a new folder; nothing in the code names one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def labels() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Printed wordings by language and meaning; a meaning is one or more ideas joined by blanks."""
    return {language: _texts(raw["labels"]) for language, raw in _files().items()}


@cache
def marks(name: str) -> tuple[str, ...]:
    """Words by which a text shows what it is (`legal_form`, `street`), of all languages."""
    return tuple(word for raw in _files().values() for word in raw.get("marks", {}).get(name, ()))


@cache
def _files() -> Mapping[str, Mapping[str, Mapping[str, list[str]]]]:
    folders = sorted(files(__package__).iterdir(), key=lambda entry: entry.name)
    tables = {folder.name: folder / "words.toml" for folder in folders if (folder / "words.toml").is_file()}
    return {language: tomllib.loads(table.read_text(encoding="utf-8")) for language, table in tables.items()}


def _texts(table: Mapping[str, list[str]]) -> Mapping[str, tuple[str, ...]]:
    return {name: tuple(texts) for name, texts in table.items()}
