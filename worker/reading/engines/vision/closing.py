"""Which fields close a bill: their value stands at its end; what earlier pages say is carried forward."""

from __future__ import annotations

from functools import cache

from schemas import languages
from schemas.json_schema.fields import Field
from schemas.values.folding import fold, has_cjk

_IDEAS = frozenset({"total", "closing"})
_NUMBERS = frozenset({"number", "integer"})


def closes(field: Field) -> bool:
    """Whether a field, by its name and title, is a total, a tax of all or a closing balance."""
    if not _NUMBERS & set(field.types):
        return False
    called = [fold(field.name.replace("_", " ")), fold(field.title)]
    return any(_says(text, wording) for text in called for wording in _wordings())


def _says(text: str, wording: str) -> bool:
    return wording in text if has_cjk(wording) else f" {wording} " in f" {text} "


@cache
def _wordings() -> tuple[str, ...]:
    """What totals are called in all languages: words, and signs of more than one letter."""
    said = {
        fold(wording)
        for by_meaning in languages.labels().values()
        for meaning, wordings in by_meaning.items()
        if _IDEAS & set(meaning.split()) and "line" not in meaning
        for wording in wordings
    }
    return tuple(sorted(wording for wording in said if len(wording) > 1))
