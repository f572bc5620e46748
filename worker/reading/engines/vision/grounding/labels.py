"""Whether the words that stand about a place are those of a field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from schemas.json_schema.fields import Field
from schemas.page import Box
from schemas.values.folding import fold, has_cjk, squeeze
from worker.reading.engines.vision.grounding.printed import Occurrence, Printed, PrintedLine

Phrases = tuple[tuple[str, ...], ...]
"""Ways to say what a field is, each as its words."""

_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\W]+")
_BEFORE, _LEFT, _ABOVE, _AFTER = 1.0, 1.0, 0.75, 0.6
"""What a label counts by where it stands."""

_REACH = 48  # signs in front of a value in which its label may stand
_ROWS_ABOVE = 2
_STEM = 5  # signs by which words of one stem are equal
_LONG = 8  # a word so long is no part of another by chance
_EXTRA = 0.12  # what each word takes off that is not of the label


def phrases_of(field: Field) -> Phrases:
    """The field's own words: its name, its titles, and the labels its schema hints at."""
    hinted = field.hints.get("x-labels") or ()
    said = (field.name, field.title, str(field.hints.get("x-title-zh", "")), *map(str, hinted))
    return tuple(dict.fromkeys(words for text in said if (words := words_of(text))))


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in any spelling: `issueDate`, `issue_date`, `Issue date`."""
    return tuple(fold(word) for word in _HUMPS.split(name) if word)


def likeness(phrases: Phrases, said: str) -> float:
    """How much a text is a label that says one of the phrases, 0 to 1."""
    words = words_of(said)
    tight = squeeze(said)
    return max((_alike(phrase, words, tight) for phrase in phrases), default=0.0)


def _alike(phrase: Sequence[str], words: Sequence[str], tight: str) -> float:
    whole = "".join(phrase)
    if not words:
        return 0.0
    if (has_cjk(whole) or len(phrase) > 1 or len(whole) >= _LONG) and whole in tight:
        return 1.0
    met = {word for word in phrase if any(_same(word, other) for other in words)}
    share = sum(map(len, met)) / max(1, sum(map(len, phrase)))
    return share / (1 + _EXTRA * max(0, len(words) - len(met)))


def _same(word: str, other: str) -> bool:
    if min(len(word), len(other)) >= _STEM:
        return word[:_STEM] == other[:_STEM]
    return word.rstrip("s") == other.rstrip("s")


def support(printed: Printed, occurrence: Occurrence, phrases: Phrases) -> float:
    """How much the words about a place speak for a field, 0 to 1."""
    weighed = ((weight * likeness(phrases, said)) for weight, said in _about(printed, occurrence))
    return max(weighed, default=0.0)


def heading(printed: Printed, box: Box, rows: range, phrases: Phrases) -> float:
    """How much a header in some rows, above a box, speaks for a field, 0 to 1."""
    above = (line for row in rows for line in printed.rows[row] if _overlaps(line.line.box, box))
    return max((likeness(phrases, line.line.text) for line in above), default=0.0)


def _about(printed: Printed, occurrence: Occurrence) -> Iterator[tuple[float, str]]:
    """The texts in front of a place, left of it, above it and behind it, with what they count."""
    number, start, end = occurrence.spans[0]
    line = printed.lines[number]
    text = line.line.text
    yield _BEFORE, text[max(0, start - _REACH) : start]
    yield _AFTER, text[end : end + _REACH // 2]
    left = _left_of(printed, line)
    if left and not any(char.isalpha() for char in text[:start]):
        yield _LEFT, left.line.text[-_REACH:]
    box = line.line.span_box(start, end)
    for row in range(max(0, line.row - _ROWS_ABOVE), line.row):
        for other in printed.rows[row]:
            if other.page == line.page and _overlaps(other.line.box, box):
                yield _ABOVE, other.line.text[:_REACH]


def _left_of(printed: Printed, line: PrintedLine) -> PrintedLine | None:
    """The nearest line to the left in the same row that has letters."""
    before = [
        other
        for other in printed.rows[line.row]
        if other.line.box.x1 <= line.line.box.x0 + 0.01 and any(char.isalpha() for char in other.line.text)
    ]
    return before[-1] if before else None


def _overlaps(box: Box, other: Box) -> bool:
    return min(box.x1, other.x1) > max(box.x0, other.x0)
