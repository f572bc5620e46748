"""Labels and values within a line: where one ends and the other begins."""

from __future__ import annotations

import re
from collections.abc import Iterator

from worker.reading.engines.matcher.typed_spans import Span

_SENTENCE = 70  # characters from which a text without a colon is prose
_BEGINS_VALUE = re.compile(r"[\s.:#№=*-]*[^\W_a-zà-ÿ]")
"""What may follow a label without a colon: digits, capitals, signs of scripts without them; else the label goes on."""
LEAD = " \t:：.·-–—=>#*|，,。"
_BEFORE_VALUE = " \t:："  # what may stand before a value in a cell of its own
_PARTED = re.compile(r"\s*[/／|]\s*")
_PIECES = re.compile(r"\s[·•|–—-]\s|\s?[|·;；]\s?|,\s|，|\s/\s|\s?[(（)）]\s?")
_MOST_PIECES = 4
_LONGEST = 120  # characters of a text that is looked at in parts
_QUOTED = re.compile(r"[\"“„«『「][^\"“”„«»『』「」]+[\"“”»』」]")
_ORNAMENT = re.compile(r"[\u2600-\u260f\u2613-\u2712\u2719-\u27bf\U0001f300-\U0001faff]")
"""Pictures in front of a text, but for boxes, ticks and crosses."""
TAIL = " \t:：|;,，"


def may_follow(text: str, end: int) -> bool:
    """Whether a value may follow a label that ends there without a colon: not in a sentence, nor as the label's rest."""
    return len(text) < _SENTENCE and _BEGINS_VALUE.match(text[end:]) is not None


def skip_lead(text: str, at: int) -> int:
    """Where a value begins behind the signs that follow its label."""
    while at < len(text) and text[at] in LEAD and not (text[at] == "-" and text[at + 1 : at + 2].isdigit()):
        at += 1
    return at


def parts(label: str, span: Span) -> Iterator[tuple[str, Span]]:
    """The parts of a label with those of its value, where both have as many: `Age / Sex: 27 / F`."""
    names = [name for name in _PARTED.split(label.strip(LEAD)) if name]
    cuts = list(_PARTED.finditer(span.text))
    if not 1 < len(names) == len(cuts) + 1:
        return
    starts = [0, *(cut.end() for cut in cuts)]
    ends = [*(cut.start() for cut in cuts), span.end - span.start]
    for name, start, end in zip(names, starts, ends, strict=True):
        if start < end:
            yield name, Span(span.cell, span.start + start, span.start + end)


def pieces(span: Span) -> Iterator[Span]:
    """The parts of a text that has several by its signs: `14 May · Room 3`, `Ada Wren, Engineer (B 12)`.

    None of a text that is prose, or has more parts than a value would.
    """
    cuts = list(_PIECES.finditer(span.text))
    if not 0 < len(cuts) <= _MOST_PIECES or len(span.text) > _LONGEST:
        return
    starts = [0, *(cut.end() for cut in cuts)]
    ends = [*(cut.start() for cut in cuts), span.end - span.start]
    for start, end in zip(starts, ends, strict=True):
        if any(map(str.isalnum, span.text[start:end])):
            yield trimmed(Span(span.cell, span.start + start, span.start + end))


def names_within(label: Span) -> Iterator[Span]:
    """The names of a label that has several: `Age / Sex`."""
    start = label.start
    for cut in [*_PARTED.finditer(label.text), None]:
        end = label.end if cut is None else label.start + cut.start()
        if label.cell.text[start:end].strip(LEAD):
            yield Span(label.cell, start, end)
        start = end if cut is None else label.start + cut.end()


def trimmed(span: Span) -> Span:
    """A value without the signs around it, and without the quotes that it is set in."""
    text = span.cell.text
    start, end = span.start, span.end
    while end > start + 1 and text[end - 1] in TAIL:
        end -= 1
    while start < end - 1 and (text[start] in _BEFORE_VALUE or _ORNAMENT.match(text[start])):
        start += 1
    if end - start > 2 and _QUOTED.fullmatch(text, start, end):
        start, end = start + 1, end - 1
    return Span(span.cell, start, end)
