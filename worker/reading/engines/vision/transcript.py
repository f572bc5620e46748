"""A model's transcript of a page laid on the lines of a text recogniser: its words, their places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from schemas.page import Line, even_edges
from schemas.values.folding import squeeze

_ALIKE = 60.0  # of 100: the same line, a third of its letters read otherwise
_COVERED = 0.5  # of a transcribed line, from which it is found on the page
_LEAST = 2  # letters from which a likeness says something
_IN_A_WORD = re.compile(r"[\w.,/:-]", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Match:
    """A part of a transcribed line that stands where a recognised line does, and how alike they are."""

    number: int
    start: int
    end: int
    score: float


def laid_on(text: str, lines: Sequence[Line]) -> tuple[tuple[Line, ...], int]:
    """The lines in the transcript's words, and how many of its lines have no place among them.

    A line that the transcript does not have is kept as it was recognised. Where the two differ, neither is
    certain: the line is believed as much as they are alike.
    """
    written = [whole for raw in text.splitlines() if (whole := " ".join(raw.split()))]
    covered = [0] * len(written)
    laid: list[Line] = []
    for line in lines:
        match = _match(line.text, written)
        if match is None:
            laid.append(line)
            continue
        covered[match.number] += match.end - match.start
        laid.append(_said(line, written[match.number][match.start : match.end], match.score))
    left = sum(part < _COVERED * len(whole) for part, whole in zip(covered, written, strict=True))
    return tuple(laid), left


def _match(recognised: str, written: Sequence[str]) -> _Match | None:
    """Where a recognised line, which may be a cell of a row, stands in the transcript."""
    if len(squeeze(recognised)) < _LEAST or not written:
        return None
    scores = [_likeness(recognised, whole) for whole in written]
    best = max(range(len(written)), key=scores.__getitem__)
    whole, score = written[best], scores[best]
    found = fuzz.partial_ratio_alignment(recognised, whole)
    if score < _ALIKE or found is None:
        return None
    if len(recognised) >= len(whole):
        return _Match(best, 0, len(whole), score)
    start, end = _to_words(whole, found.dest_start, found.dest_end)
    return _Match(best, start, end, fuzz.ratio(recognised, whole[start:end]))


def _likeness(recognised: str, whole: str) -> float:
    """Of 100: of the whole line, or of the part that is as long as the recognised one."""
    alike = fuzz.ratio if len(recognised) >= len(whole) else fuzz.partial_ratio
    return float(alike(recognised, whole))


def _to_words(text: str, start: int, end: int) -> tuple[int, int]:
    """A part of a text with the whole of the words and numbers that it begins and ends in."""
    while start > 0 and _IN_A_WORD.match(text[start]) and _IN_A_WORD.match(text[start - 1]):
        start -= 1
    while end < len(text) and _IN_A_WORD.match(text[end - 1]) and _IN_A_WORD.match(text[end]):
        end += 1
    return start, end


def _said(line: Line, text: str, score: float) -> Line:
    """The line in other words, at the same place."""
    text = text.strip()
    if squeeze(text) == squeeze(line.text) or not text or score < _ALIKE:
        return line
    edges = even_edges(line.box, len(text), vertical=line.vertical)
    believed = min(line.confidence, score / 100)
    return replace(line, text=text, edges=edges, confidence=believed, rivals=())
