"""Finding labels: every place where a page names one of the things the engine knows.

All concepts look together, the longest label wins its letters: `Total Excl. GST` is then no
`Total`, whichever of the two a schema asks for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any

from rapidfuzz import fuzz, process

from worker.reading.engines.matcher.rows import Cell, Layout

_FUZZY_LETTERS = 7
_FUZZY_CUTOFF = 85.0
_FUZZY_WEIGHT = 0.8
_PREFIX_LETTERS = 3  # of a number, such as the country of a tax number
_WORDING = re.compile(r"[^\W\d_](?:[^\W\d_]|\s|(?<=[^\W\d_])\d(?![\d.,]))*")
"""Letters and blanks, and a digit that sticks to a word: an O read as 0."""

_END = ""  # key of a trie node under which the labels that end there are kept


@dataclass(frozen=True, slots=True)
class Label:
    """A wording that names a concept; `weight` is how surely (strong ones 1.3, weak ones 0.55)."""

    wording: str
    concept: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Mention:
    """A label found on a page: `cell.text[start:end]`."""

    cell: Cell
    start: int
    end: int
    labels: tuple[Label, ...]

    def weight(self, concept: str) -> float:
        """How surely this names the concept, 0 when it does not."""
        return max((label.weight for label in self.labels if label.concept == concept), default=0.0)


@dataclass(frozen=True)
class Mentions:
    """All labels of a document, by the cell they stand in."""

    by_cell: Mapping[int, tuple[Mention, ...]] = field(default_factory=dict)

    def of(self, cell: Cell) -> tuple[Mention, ...]:
        """The labels in a cell, left to right."""
        return self.by_cell.get(id(cell), ())

    def naming(self, concept: str) -> list[Mention]:
        """Every mention of a concept, in reading order."""
        found = (mention for mentions in self.by_cell.values() for mention in mentions)
        return [mention for mention in found if mention.weight(concept)]


class _Layer:
    """Labels in a trie over their letters, blanks and punctuation left out."""

    def __init__(self, labels: Iterable[Label]) -> None:
        self.trie: dict[str, Any] = {}
        self.by_letters: dict[str, list[Label]] = {}
        for label in labels:
            folded = fold_letters(label.wording)
            letters = folded.replace(" ", "")
            if len(letters) >= _FUZZY_LETTERS:
                self.by_letters.setdefault(letters, []).append(label)
            node = self.trie
            for char in letters:
                node = node.setdefault(char, {})
            node.setdefault(_END, []).append(label)

    def longest(self, folded: str, start: int) -> tuple[int, Sequence[Label]]:
        """Where the longest label ends that begins there, and what it is a label of; `start` where none does."""
        node = self.trie
        best: tuple[int, Sequence[Label]] = (start, ())
        for at in range(start, len(folded)):
            if folded[at] == " ":
                continue
            if folded[at] not in node:
                break
            node = node[folded[at]]
            if _END in node and _may_end(folded, at + 1):
                best = (at + 1, node[_END])
        return best


class Lexicon:
    """Labels to be found in documents; those that are looked for in all of them are laid out once."""

    def __init__(self, labels: Iterable[Label], *, beside: Lexicon | None = None) -> None:
        self.layers: tuple[_Layer, ...] = (*(beside.layers if beside else ()), _Layer(labels))

    def search(self, layout: Layout) -> Mentions:
        """Every label of the document."""
        found = {id(cell): self._in_cell(cell) for cell in layout.cells}
        return Mentions({key: mentions for key, mentions in found.items() if mentions})

    def _in_cell(self, cell: Cell) -> tuple[Mention, ...]:
        folded = fold_letters(cell.text)
        mentions: list[Mention] = []
        at = 0
        while at < len(folded):
            end, labels = self._longest(folded, at) if _may_start(folded, at) else (at, ())
            if labels and not _is_code(cell.text, at, end) and not _is_aside(cell.text, at, end):
                mentions.append(Mention(cell, at, end, tuple(labels)))
            at = max(end, at + 1)
        return tuple(mentions) if _is_named(mentions) else (*mentions, *self._misread(cell, folded))

    def _misread(self, cell: Cell, folded: str) -> Iterator[Mention]:
        """A label with a letter or two read wrong, when it is all that stands before a value."""
        front = _WORDING.match(folded)
        if front is None:
            return
        letters = front.group(0).replace(" ", "")
        if len(letters) < _FUZZY_LETTERS or any(letters in layer.by_letters for layer in self.layers):
            return
        known = chain.from_iterable(layer.by_letters for layer in self.layers)
        match = process.extractOne(letters, known, scorer=fuzz.ratio, score_cutoff=_FUZZY_CUTOFF)
        if match:
            labels = tuple(
                Label(label.wording, label.concept, label.weight * _FUZZY_WEIGHT)
                for layer in self.layers
                for label in layer.by_letters.get(match[0], ())
            )
            yield Mention(cell, 0, len(front.group(0).rstrip()), labels)

    def _longest(self, folded: str, start: int) -> tuple[int, Sequence[Label]]:
        found = [layer.longest(folded, start) for layer in self.layers]
        end = max(last for last, _ in found)
        labels = [label for last, named in found if last == end for label in named]
        return (end + _plural(folded, end) if labels else start), labels


def _is_named(mentions: Sequence[Mention]) -> bool:
    """Whether a cell's label is found; weak words do not count."""
    return any(label.weight >= 1.0 for mention in mentions for label in mention.labels)


def fold_letters(text: str) -> str:
    """Lower case without accents, other signs as blanks; as long as the text, so places hold."""
    return "".join(map(_fold_char, text))


@cache
def _fold_char(char: str) -> str:
    plain = unicodedata.normalize("NFKD", char)[:1].casefold()[:1]
    return plain if plain.isalnum() else " "


def _is_aside(text: str, start: int, end: int) -> bool:
    """Whether a label stands in brackets together with its number, as in `18% $2.70 (Total $17.70)`."""
    inside, closed, _ = text[end:].partition(")")
    return bool(closed) and text[:start].rstrip().endswith("(") and any(map(str.isdigit, inside))


def _is_code(text: str, start: int, end: int) -> bool:
    """Whether letters that look like a label begin a number, as in INV/2023/07, RE-2017 or SR555."""
    short = end - start <= _PREFIX_LETTERS and text[end : end + 2].isdigit()
    return short or re.match(r"[-/_]\w*\d", text[end:]) is not None


def _may_start(folded: str, at: int) -> bool:
    """Latin words must begin where a word begins; Chinese has no such places."""
    char = folded[at]
    if char == " ":
        return False
    return at == 0 or not (_is_latin(char) and _is_latin(folded[at - 1]))


def _may_end(folded: str, end: int) -> bool:
    """Latin words must end where a word ends, but for a plural s."""
    if end >= len(folded) or not (_is_latin(folded[end - 1]) and _is_latin(folded[end])):
        return True
    return _plural(folded, end) == 1


def _plural(folded: str, end: int) -> int:
    """1 where a word goes on with a plural s and ends there, else 0."""
    ends = end + 1 >= len(folded) or not _is_latin(folded[end + 1])
    return int(folded[end : end + 1] == "s" and _is_latin(folded[end - 1]) and ends)


def _is_latin(char: str) -> bool:
    return "a" <= char <= "z"
