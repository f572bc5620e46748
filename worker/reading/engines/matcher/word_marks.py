"""Words by which a text shows what it is, as patterns."""

from __future__ import annotations

import re
from functools import cache

from schemas import languages

_COMPOUND = 5  # letters from which a mark may be the end of a longer word


@cache
def mark(name: str) -> re.Pattern[str]:
    """Any of the words that mark a text; in scripts with blanks whole words, or long ends of words (`Hauptstraße`)."""
    return re.compile("|".join(map(_bordered, languages.marks(name))), re.IGNORECASE)


def _bordered(word: str) -> str:
    escaped = re.escape(word.lower())
    if not languages.has_blanks(word):
        return escaped
    return rf"{escaped}(?![^\W\d_])" if len(word) >= _COMPOUND else rf"(?<![^\W\d_]){escaped}(?![^\W\d_])"
