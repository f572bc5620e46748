"""What the texts of a column mean, where a field lists its values or asks yes or no: read together, they tell one another apart.

A tick, `Y`, `RN` or `conforme` says little alone. Under a field with the values `pass` and `fail` a column of ticks and
crosses says all; what the document itself says of a sign (`△ adjusted`, `RN = bare root`) counts before what it may mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from schemas import languages
from schemas.values.folding import fold
from worker.reading.engines.matcher import members, pairs
from worker.reading.engines.matcher.concepts import words
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.sense import Senses, likeness_of

MARKED, UNMARKED = "☒☐"
TICKS = frozenset("✓✔√●■◉⦿xXvV○◯〇☑☒")
CROSSES = frozenset("✗✘✕×╳")
EMPTY = frozenset("☐□▢")
_BOXES = EMPTY | {"☑", "☒"}
"""Signs that say that something was chosen or not, and not what."""
_SHORT = 4  # characters of a sign or an abbreviation
_LONGEST = 40  # characters of what may mean a value
_ALIKE = 0.3  # nearness of a text to a value from which it may mean it
_LEGEND = re.compile(r"[^,;，；、。|.]{2,40}")
_SEPARATING = frozenset("=:：-–—")
_EXPLAINS = re.compile(r"[=:：–]|[^\w\s.,;()/'’&%-]")
_WORD = re.compile(r"[^\W_]+")
_SPELT, _BY_LETTERS, _BY_LEGEND = 1.0, 0.8, 0.9
_MEANT = 0.7  # of what a sentence encoder says
_DIFFERENT = 2  # signs of a column that tell one another apart
_NEGATED = 6  # letters by which a word is made its opposite: `unsold`
_MOST = 2  # texts a value, at most, in a column that says them
_MANY = 30  # listed values from which a text is one only as it stands
_OPPOSITE = 0.6  # that of two texts one says yes where the other says no


def is_sign(text: str) -> bool:
    """Whether a text is the mark in a box, or an empty box."""
    return len(text) == 1 and text in TICKS | CROSSES | EMPTY


def read(texts: Sequence[str], asked: FieldQuery, graph: Graph) -> Mapping[str, tuple[Any, float]]:
    """By text the value that it means, and how surely, 0 to 1; those that mean none are missing."""
    values = _values(asked)
    said = [text for text in dict.fromkeys(texts) if 0 < len(text) <= _LONGEST]
    if not values or len(said) > _MOST * len(values) + _MOST:
        return {}
    found = {text: (value, _SPELT) for text in said if (value := _spelt(text, asked)) is not None}
    if len(values) > _MANY:
        return found
    told = legend(said, graph)
    near = {
        (text, at): _nearness(text, told.get(text, ""), value, asked, said, graph)
        for text, (at, value) in product(said, enumerate(values))
        if text not in found
    }
    taken = {
        at
        for at, value in enumerate(values)
        if asked.kind == "enum" and any(value == one for one, _ in found.values())
    }
    for (text, at), sure in sorted(near.items(), key=lambda one: -one[1]):
        if sure < _ALIKE:
            break
        if text not in found and at not in taken:
            found[text] = values[at], sure
            taken.add(at)
    return found if asked.kind == "enum" else dict([*_opposite(said, found), *found.items()])


def _spelt(text: str, asked: FieldQuery) -> Any:
    """The value that a text is as it stands; None where it is none."""
    return pairs.yes_or_no(text) if asked.kind == "boolean" else members.printed(text, asked.field)


def _values(asked: FieldQuery) -> Sequence[Any]:
    if asked.kind == "boolean":
        return (True, False)
    return [one for one in asked.field.enum or () if one is not None] if asked.kind == "enum" else ()


def _opposite(
    texts: Sequence[str], found: Mapping[str, tuple[Any, float]]
) -> Iterator[tuple[str, tuple[Any, float]]]:
    """Of two texts the one that says nothing by itself, where the other does."""
    if len(texts) == 2 and len(found) == 1:
        ((known, (value, _)),) = found.items()
        other = next(text for text in texts if text != known)
        if " " not in other:
            yield other, (not value, _OPPOSITE)


def _nearness(
    text: str, told: str, value: Any, asked: FieldQuery, texts: Sequence[str], graph: Graph
) -> float:
    """How near a text, or what is `told` of it, is to a value."""
    if isinstance(value, bool):
        return _yes_or_no(text, told, value, asked, texts, graph.senses)
    member = str(value)
    by_legend = _BY_LEGEND * graph.senses.likeness(words(member), told) if told else 0.0
    if is_sign(text):
        if sum(map(is_sign, texts)) < _DIFFERENT or text in _BOXES:
            return by_legend
        good = _is_good(text, texts)
        return max(by_legend, _MEANT * _leaning(words(member), graph.senses) * (1 if good else -1))
    by_letters = _BY_LETTERS if _abbreviates(text, member) else 0.0
    return max(by_legend, by_letters, _MEANT * graph.senses.likeness(words(member), text))


def _yes_or_no(
    text: str, told: str, value: bool, asked: FieldQuery, texts: Sequence[str], senses: Senses
) -> float:
    if is_sign(text):
        return _BY_LEGEND if (text not in EMPTY and _is_good(text, texts)) == value else 0.0
    own, read = fold(words(asked.field.title or asked.field.name)), fold(text)
    if read.endswith(own) and len(read) - len(own) <= _NEGATED:
        return _BY_LETTERS if (own == read) == value else 0.0
    leaning = max((_leaning(one, senses) for one in (text, told) if one), key=abs)
    return _MEANT * leaning * (1 if value else -1)


def _is_good(sign: str, texts: Sequence[str]) -> bool:
    """Whether a sign says yes: a cross does where there are no ticks."""
    return sign in TICKS or (sign in CROSSES and TICKS.isdisjoint(texts))


def _leaning(text: str, senses: Senses) -> float:
    """From -1 to 1, how much rather a text says that all is well than that it is not."""
    good, bad = (languages.marks(name) for name in ("in_order", "not_in_order"))
    if fold(text) in map(fold, bad):
        return -1.0
    if fold(text) in map(fold, good):
        return 1.0
    return _likest(text, good, senses) - _likest(text, bad, senses)


def _likest(text: str, listed: Sequence[str], senses: Senses) -> float:
    one, *others = senses.vectors([text, *listed])
    return float(likeness_of(np.array(others) @ one).max())


def _abbreviates(text: str, member: str) -> bool:
    """Whether a short text is the beginning of a value, or of its words: `DEF` of `deficient`, `N/A` of `not_applicable`."""
    letters = "".join(_WORD.findall(fold(text)))
    parts = _WORD.findall(fold(words(member)))
    initials = "".join(part[0] for part in parts)
    return 0 < len(letters) <= _SHORT and (
        "".join(parts).startswith(letters) or (len(letters) > 1 and letters == initials)
    )


def legend(texts: Sequence[str], graph: Graph) -> Mapping[str, str]:
    """What the document says that its signs and abbreviations mean, where it explains several in one line or with a sign."""
    short = sorted(
        (text for text in texts if len(text) <= _SHORT and text not in _SEPARATING),
        key=lambda text: -len(text),
    )
    if len(short) < _DIFFERENT:
        return {}
    found: dict[str, str] = {}
    for line in _explaining(graph):
        told = dict(_told(line, short))
        if len(told) >= _DIFFERENT:
            found = {**told, **found}
    return found


def _explaining(graph: Graph) -> Sequence[str]:
    """The lines of a document that may explain signs: those with a sign that is set before what it means."""
    memo = graph.sheet.memo
    if "explaining" not in memo:
        cells = graph.sheet.layout.cells
        memo["explaining"] = [cell.text for cell in cells if _EXPLAINS.search(cell.text)]
    kept: Sequence[str] = memo["explaining"]
    return kept


def _told(line: str, short: Sequence[str]) -> Iterator[tuple[str, str]]:
    for sign in short:
        border = r"(?<!\w)" if sign[0].isalnum() else ""
        after = r"\s*[=:：–-]\s*" if sign[0].isalnum() else r"\s*[=:：–-]?\s*"
        match = re.search(border + re.escape(sign) + after + f"({_LEGEND.pattern})", line)
        if match and any(map(str.isalpha, match[1])):
            yield sign, match[1].strip()
