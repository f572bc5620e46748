"""Folding: the form in which two printings of the same text are equal."""

from __future__ import annotations

import re
import unicodedata

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－"), "-")
_QUOTES = {ord("‘"): "'", ord("’"): "'", ord("“"): '"', ord("”"): '"', ord("`"): "'"}


def fold(text: str) -> str:
    """NFKC, one kind of dash and quote, case folded, runs of white space one blank."""
    return unicodedata.normalize("NFKC", " ".join(plain(text).casefold().split()))


def squeeze(text: str) -> str:
    """Folded and without any white space: OCR keeps and drops blanks at will."""
    return unicodedata.normalize("NFKC", "".join(fold(text).split()))


def letters_and_digits(text: str) -> str:
    """Folded, and of that only letters and digits of any script."""
    return unicodedata.normalize("NFKC", re.sub(r"[\W_]+", "", fold(text)))


def plain(text: str) -> str:
    """NFKC with one kind of dash and quote; case and spacing kept."""
    return unicodedata.normalize("NFKC", text).translate(_DASHES).translate(_QUOTES)


def has_cjk(text: str) -> bool:
    """Whether any Chinese character (or Japanese kanji) is in the text."""
    return any("㐀" <= char <= "鿿" or "豈" <= char <= "﫿" for char in text)
