"""What words mean: texts as ideas, in whatever language they are, and how near two texts are.

The wordings of `schemas/languages` name meanings made of ideas (`date due`). A text is cut at the longest
wordings; words that none of them knows stand for themselves and are compared letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from rapidfuzz import fuzz

from schemas import languages
from worker.reading.engines.matcher.lexicon import fold_letters

_GENERAL = frozenset(
    {"number", "name", "date", "total", "amount", "code", "id", "type", "unit", "reference", "title"}
)
"""Ideas that many meanings share, and that tell little alone."""
_CONTEXT = frozenset(
    {"invoice", "receipt", "order", "company", "seller", "line", "page", "transaction", "payment", "result"}
)
"""Ideas that a document leaves out where they go without saying."""
UNSPECIFIC = _GENERAL | _CONTEXT | {"issue", "print", "statement", "day"}
"""Ideas that do not tell one date of a document from another."""
_WEIGHTS: Mapping[str, float] = dict.fromkeys(_GENERAL, 0.6) | dict.fromkeys(_CONTEXT, 0.5)
_ALIKE = 82.0  # percent: a word with a letter read wrong, or another ending
SAME_LETTERS = 0.85
"""Share of the letters from which two texts are the same words."""
RELATED = 0.65
"""What an idea counts that is used for another one in some context, where other things speak for it, too."""
_STOP = frozenset(languages.marks("stop_words"))
_LEAST_PART = 4  # letters of a part of a compound
_LINK = re.compile(r"e?s|e?n|er|-")
"""What stands between the parts of a compound."""
_TOKEN = re.compile(r"[^\W_]+")
_END = ""
_MOST_KEPT = 20_000  # texts whose meaning is kept from document to document

Ideas = frozenset[str]


@dataclass(frozen=True, slots=True)
class Unit:
    """A wording of a text: what it may mean, or the word itself where nobody knows it."""

    meanings: tuple[Ideas, ...]
    word: str
    weight: float
    is_label: bool = False
    """Whether it is printed beside values as it stands, and no single word that occurs in sentences as well."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A text as units; `letters` are its folded letters without blanks.

    `ideas` is every idea that it may have to do with; `unknown` says that it has words nobody listed.
    """

    units: tuple[Unit, ...]
    letters: str
    ideas: Ideas
    unknown: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How near a label is to what is looked for, each 0 to 1.

    `recall` is how much of what is looked for the label says, `precision` how much of the label is about it,
    `letters` how alike they are letter by letter.
    """

    recall: float = 0.0
    precision: float = 0.0
    letters: float = 0.0

    @property
    def both(self) -> float:
        """One number: the letters, or recall and precision together."""
        total = self.recall + self.precision
        return max(
            2 * self.recall * self.precision / total if total else 0.0,
            self.letters if self.letters > SAME_LETTERS else 0.0,
        )


class Wordings:
    """The wordings of labels, of all languages or of a schema, and single words by their ideas."""

    def __init__(
        self, table: Mapping[str, Iterable[str]], terms: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        self._labels = _trie(table)
        self._terms = _trie(terms or {})
        self._memo: dict[str, Meaning] = {}

    def meaning(self, text: str) -> Meaning:
        """A text as units, left to right."""
        found = self._memo.get(text)
        if found is None:
            found = self._memo[text] = self._read(text)
        return found

    def begin_document(self) -> None:
        """Forget what other documents said, where that is much: a worker reads them without end."""
        if len(self._memo) > _MOST_KEPT:
            self._memo.clear()

    def prefix(self, folded: str, start: int = 0) -> int:
        """Where the longest wording that begins at `start` ends; `start` when none does."""
        return _longest(self._labels, folded, start)[0]

    def _read(self, text: str) -> Meaning:
        folded = fold_letters(text)
        units: list[Unit] = []
        at = 0
        while at < len(folded):
            if folded[at] == " ":
                at += 1
                continue
            end, unit = self._known(folded, at)
            if unit is not None:
                units.append(unit)
            else:
                match = _TOKEN.match(folded, at)
                end = match.end() if match else at + 1
                word = folded[at:end]
                if word not in _STOP:
                    units += self._parts(word) or [
                        Unit((), word, 0.3 if len(word) < 3 or word.isdigit() else 0.8)
                    ]
            at = end
        ideas = frozenset(idea for unit in units for meaning in unit.meanings for idea in meaning)
        unknown = any(not unit.meanings for unit in units)
        return Meaning(tuple(units), folded.replace(" ", ""), ideas, unknown, text)

    def _known(self, folded: str, at: int) -> tuple[int, Unit | None]:
        """The longest label that begins there, else the longest term, as a unit, and where it ends."""
        end, meanings = _longest(self._labels, folded, at)
        last, more = _longest(self._terms, folded, at)
        if last > end:
            return last, _unit(more, folded[at:last])
        return end, replace(_unit(meanings, folded[at:end]), is_label=True) if end > at else None

    def _parts(self, word: str) -> list[Unit]:
        """The known words that one word is made of, as in German and Dutch; none where any part is unknown."""
        parts: list[Unit] = []
        at = 0
        while at < len(word):
            end, meanings = self._inside(word, at)
            if not meanings:
                return []
            parts.append(_unit(meanings, word[at:end]))
            link = _LINK.match(word, end)
            at = link.end() if link and link.end() < len(word) and not self._inside(word, end)[1] else end
        return parts

    def _inside(self, word: str, start: int) -> tuple[int, Collection[Ideas]]:
        """The longest wording of some letters that begins at `start` of a word, wherever it ends."""
        found = (_within(trie, word, start) for trie in (self._labels, self._terms))
        return max(found, key=lambda part: part[0])


def _trie(table: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    """Wordings letter by letter, each with its meanings where it ends."""
    trie: dict[str, Any] = {}
    for meaning, wordings in table.items():
        ideas = frozenset(meaning.split())
        for wording in wordings:
            node = trie
            for char in fold_letters(wording).replace(" ", ""):
                node = node.setdefault(char, {})
            node.setdefault(_END, {})[ideas] = None
    return trie


def _unit(meanings: Collection[Ideas], word: str) -> Unit:
    weight = max(sum(_WEIGHTS.get(idea, 1.0) for idea in meaning) for meaning in meanings)
    return Unit(tuple(meanings), word, weight)


def _within(trie: dict[str, Any], word: str, start: int) -> tuple[int, Collection[Ideas]]:
    """The longest wording that begins at `start` of a word, of so many letters as a part has."""
    node, best = trie, (start, ())
    for at in range(start, len(word)):
        if word[at] not in node:
            break
        node = node[word[at]]
        if _END in node and at + 1 - start >= _LEAST_PART:
            best = (at + 1, tuple(node[_END]))
    return best


def _longest(trie: dict[str, Any], folded: str, start: int) -> tuple[int, Collection[Ideas]]:
    """The longest wording that begins at `start` and ends with a word."""
    node, best = trie, (start, ())
    if start and _latin(folded[start]) and _latin(folded[start - 1]):
        return best
    for at in range(start, len(folded)):
        char = folded[at]
        if char == " ":
            continue
        if char not in node:
            break
        node = node[char]
        if _END in node and not (at + 1 < len(folded) and _latin(char) and _latin(folded[at + 1])):
            best = (at + 1, tuple(node[_END]))
    return best


def _latin(char: str) -> bool:
    return char.isalpha() and char < "⺀"


@cache
def shipped(*without: str) -> Wordings:
    """The wordings of every language; meanings in `without` are left out."""
    return Wordings(_of_all(languages.labels(), without), _of_all(languages.terms(), without))


def _of_all(
    told: Mapping[str, Mapping[str, Sequence[str]]], without: Collection[str]
) -> dict[str, list[str]]:
    """The wordings of all languages by meaning."""
    table: dict[str, list[str]] = {}
    for meanings in told.values():
        for meaning, wordings in meanings.items():
            if meaning not in without:
                table.setdefault(meaning, []).extend(wordings)
    return table


def likeness(wanted: Meaning, label: Meaning, *, related: float = 0.0) -> Likeness:
    """How near a label is to what is looked for; an idea that is only `related` to one counts that much of it."""
    if not wanted.units or not label.units:
        return Likeness()
    letters = fuzz.ratio(wanted.letters, label.letters) / 100
    ideas = with_related(wanted.ideas) if related else wanted.ideas
    if not (wanted.unknown and label.unknown) and ideas.isdisjoint(label.ideas):
        return Likeness(letters=letters)  # the usual case, told without looking at every unit
    recall = _covered(wanted.units, label.units, related)
    return Likeness(recall, _covered(label.units, wanted.units, related), letters)


def _covered(units: Sequence[Unit], others: Sequence[Unit], related: float) -> float:
    """The share of some units, by weight, that is found in others."""
    found = sum(unit.weight * max(_shared(unit, other, related) for other in others) for unit in units)
    return found / sum(unit.weight for unit in units)


def _shared(unit: Unit, other: Unit, related: float) -> float:
    if unit.meanings and other.meanings:
        return max(_overlap(one, two, related) for one in unit.meanings for two in other.meanings)
    if unit.meanings or other.meanings:
        return 0.7 if unit.word == other.word else 0.0
    alike = fuzz.ratio(unit.word, other.word)
    return alike / 100 if alike >= _ALIKE else 0.0


@cache
def _overlap(one: Ideas, two: Ideas, related: float) -> float:
    """How much of two meanings is the same, by the weights of their ideas; of related ideas some."""
    same = _weight(one & two)
    kin = {idea for idea in one - two if languages.related().get(idea, frozenset()) & (two - one)}
    nearly = _weight(kin) if related else 0.0
    if not same + nearly:
        return 0.0
    everything = max(_weight(one | two) - nearly, same + nearly)
    return (same + related * nearly) / everything


def _weight(ideas: Collection[str]) -> float:
    return sum(_WEIGHTS.get(idea, 1.0) for idea in ideas)


@lru_cache(4096)
def with_related(ideas: Ideas) -> Ideas:
    """Ideas with those that are used for them in some context."""
    return ideas.union(*(languages.related().get(idea, frozenset()) for idea in ideas))
