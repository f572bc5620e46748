"""Parts of Chinese characters that a PDF names where it shows the characters themselves.

Many fonts draw a radical and the character that it is with one glyph, and programs that print PDFs take the
radical's code for it (U+2ED3 for U+957F). Kangxi radicals have their characters in Unicode's compatibility
mappings; those of the block CJK Radicals Supplement are in its EquivalentUnifiedIdeograph.txt, from which
`radicals.toml` is taken.
"""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache
from importlib.resources import files


def as_characters(text: str) -> str:
    """The text with characters in the place of radicals; its length stays."""
    return text.translate(_table())


@cache
def _table() -> dict[int, str]:
    told = tomllib.loads((files(__package__) / "radicals.toml").read_text(encoding="utf-8"))
    kangxi = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
    return dict(zip(map(ord, told["radicals"]), told["characters"], strict=True)) | kangxi
