"""Lines of a paragraph put together: words that were broken at the end of a line, scripts without blanks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from worker.reading.engines.matcher.blocks.base import Phrase, ReadLine

_BROKEN = re.compile(r"([^\W\d_]+)[-\u2010\u00ad]$")
_BEGINS = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"[^\W_]+(?:[-\u2010][^\W_]+)*")
_UNSPACED = (
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "IDEOGRAPHIC",
    "FULLWIDTH",
    "THAI",
    "LAO",
    "KHMER",
    "MYANMAR",
    "BOPOMOFO",
)
"""What the names of characters begin with (Unicode) in scripts that set no blanks between words."""


class Joiner:
    """Joins lines by what the document shows of its words: one that it hyphenates elsewhere keeps its hyphen."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._words = {word.casefold() for text in texts for word in _WORD.findall(text)}

    def joined(self, lines: Sequence[ReadLine], hard: Sequence[bool] = ()) -> Phrase:
        """One text of lines; where `hard` says so after which of them, the line break is kept."""
        text = lines[0].text
        for at, line in enumerate(lines[1:]):
            text = f"{text}\n{line.text}" if at < len(hard) and hard[at] else self._with(text, line.text)
        return Phrase(text, tuple(cell for line in lines for cell in line.cells))

    def together(self, phrases: Sequence[Phrase]) -> Phrase:
        """Phrases as one running text."""
        text = phrases[0].text
        for phrase in phrases[1:]:
            text = self._with(text, phrase.text)
        return Phrase(text, tuple(cell for phrase in phrases for cell in phrase.cells))

    def _with(self, before: str, after: str) -> str:
        broken, begun = _BROKEN.search(before), _BEGINS.match(after)
        if broken and begun:
            if begun[0][0].islower() and not self._keeps(broken[1], begun[0]):
                return before[:-1] + after
            return before + after
        return before + after if not _blank_between(before, after) else f"{before} {after}"

    def _keeps(self, first: str, second: str) -> bool:
        return f"{first}-{second}".casefold() in self._words


def broken_word(text: str) -> bool:
    """Whether a line ends within a word."""
    return _BROKEN.search(text) is not None


def _blank_between(before: str, after: str) -> bool:
    """Whether two lines are joined by a blank, which neither side of scripts without blanks wants."""
    return not (before and after and (_unspaced(before[-1]) or _unspaced(after[0])))


def _unspaced(char: str) -> bool:
    return not char.isascii() and unicodedata.name(char, "").startswith(_UNSPACED)
