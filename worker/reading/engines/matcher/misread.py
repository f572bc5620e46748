"""How surely the digits of a value were read, by the letters that the recogniser held for possible, too.

A line's confidence is the mean of its letters, which hides a single unsure digit. On receipts with labelled
lines about as many digits are wrong as their rivals say; letters are lost more often (`bench.letters`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from schemas.page import Line, Rival
from worker.reading.engines.matcher.typed_spans import Span

_LOST = 5.0  # times that letters are lost more often than their odds say
_MOST = 0.5  # doubt about one letter
_LONG = 7  # digits that hardly any amount has
_SIGNS = frozenset(".,- /:")
_BEFORE = frozenset(".,-")


def surely_read(spans: Iterable[Span]) -> float:
    """Probability that no digit of a value was misread or lost, 0 to 1."""
    return math.prod(digits_sure(span.cell.line, span.start, span.end) for span in spans)


def digits_sure(line: Line, start: int, end: int) -> float:
    """Probability that no digit of `line.text[start:end]` was misread or lost, 0 to 1."""
    doubts: defaultdict[int, float] = defaultdict(float)
    for rival in line.rivals:
        if start <= rival.index < end:
            doubts[rival.index] += _doubt(rival, line.text[start:end], rival.index - start)
    return math.prod(1 - min(_MOST, doubt) for doubt in doubts.values())


def _doubt(rival: Rival, text: str, at: int) -> float:
    """How probable a rival of the letter at a place makes another number."""
    told = text[at]
    if len(rival.text) == 1:
        return rival.odds if told.isdigit() or rival.text.isdigit() else 0.0
    before = at == 0 and rival.text[0] != told
    lost = rival.text[0] if before else rival.text[1]
    if lost == " " and sum(map(str.isdigit, text)) >= _LONG:
        return 0.0  # numbers of telephones and accounts are set in groups, which say nothing
    if lost.isdigit():
        matters = told.isdigit() or told in _SIGNS
    elif before:
        matters = told.isdigit() and lost in _BEFORE
    else:
        matters = lost in _SIGNS and told.isdigit() and text[at + 1 : at + 2].isdigit()
    return _LOST * rival.odds if matters else 0.0
