"""Finding values on the page for engines that cannot say where they read them.

The engine quotes, this module looks the quote up among the lines of the pages: first letter by
letter, then with a few letters wrong. A value that is nowhere stays without a citation.

Confidence joins two witnesses, of which neither is enough alone: whether the value stands on the
page, and how probable its tokens were to the model (token probabilities by themselves hardly tell
right from wrong: "Beyond Logprobs", arXiv 2606.24420). The shares were chosen, not fitted: that
needs documents read by a real model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from rapidfuzz import fuzz

from schemas import pointer
from schemas.page import Line
from schemas.record import Alternative, Citation, Evidence
from schemas.values import amounts, dates
from schemas.values.folding import squeeze
from worker.reading.engines.vision.token_evidence import TokenEvidence

_ALIKE = 85.0  # percent of a quote that must be found
_FOUND, _NEARLY, _NOWHERE = 0.6, 0.4, 0.2
"""Confidence of an engine that gives none itself, by whether its value is on the page."""
_SAID_FOUND, _SAID_NEARLY, _SAID_NOWHERE = 0.97, 0.85, 0.45
"""The most that an engine is believed which tells its tokens' probabilities. What is nowhere gets a look."""
_OTHERS = 3
_APART = r"(?<!\d)(?<!\d[.,'])(?<!\w[-−])(?!0\d)"  # no part of another number, nor of INV-2026-0042
_GROUPED = re.compile(_APART + r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?(?!\d)")
_PLAIN = re.compile(_APART + r"\d+(?:[.,']\d+)*(?!\d)")
_FRACTION = re.compile(r"[.,]\d{1,2}$")
_MINUS = re.compile(r"(?<!\w)[-−](?:[A-Z]{2,3} ?|[$€£¥] ?)?\Z")
_MINUS_BEHIND = re.compile(r"-(?=\s|$)")


@dataclass(frozen=True, slots=True)
class _Place:
    citation: Citation
    exact: bool


_Turns = Mapping[int, int]
_UPRIGHT: _Turns = MappingProxyType({})


def locate(
    data: Any,
    lines: Mapping[int, Sequence[Line]],
    *,
    turns: _Turns = _UPRIGHT,
    token_evidence: Mapping[str, TokenEvidence] = MappingProxyType({}),
) -> dict[str, Evidence]:
    """Evidence for every scalar that is not null, by JSON Pointer.

    `lines` of a page are in the frame of the page turned by `turns[page]` quarters counter-clockwise;
    a value of which it is `token_evidence` is looked up on the page it was read from.
    """
    return {
        at: _evidence(value, _on_its_page(lines, token_evidence.get(at)), turns, token_evidence.get(at))
        for at, value in pointer.leaves(data)
        if value is not None
    }


def _on_its_page(
    lines: Mapping[int, Sequence[Line]], token_evidence: TokenEvidence | None
) -> Mapping[int, Sequence[Line]]:
    return lines if token_evidence is None else {token_evidence.page: lines.get(token_evidence.page, ())}


def _evidence(
    value: Any, lines: Mapping[int, Sequence[Line]], turns: _Turns, token_evidence: TokenEvidence | None
) -> Evidence:
    place = next(_places(value, lines, turns), None)
    citations = (place.citation,) if place else ()
    others = _alternatives(token_evidence) if token_evidence else ()
    return Evidence(confidence=_confidence(place, token_evidence), citations=citations, alternatives=others)


def _confidence(place: _Place | None, token_evidence: TokenEvidence | None) -> float:
    if token_evidence is None or token_evidence.probability is None:
        return _NOWHERE if place is None else _FOUND if place.exact else _NEARLY
    most = _SAID_NOWHERE if place is None else _SAID_FOUND if place.exact else _SAID_NEARLY
    held = (
        1.0 if token_evidence.allowed is None else token_evidence.allowed
    )  # little: the model wanted to say something else
    return round(most * token_evidence.probability * held, 4)


def _alternatives(token_evidence: TokenEvidence) -> tuple[Alternative, ...]:
    """What other pages say of the same; as probable as it was to the model, and never more than likely."""
    return tuple(
        Alternative(value=other.value, confidence=round(0.5 * (other.probability or 0.0), 4))
        for other in token_evidence.others[:_OTHERS]
    )


def _places(value: Any, lines: Mapping[int, Sequence[Line]], turns: _Turns) -> Iterator[_Place]:
    every = [(page, line) for page, members in lines.items() for line in members]
    for page, line in every:
        span = _span(value, line.text)
        if span:
            yield _Place(_cite(page, line, *span, turns=turns), exact=True)
    if isinstance(value, str) and len(value) > 3:
        yield from _near_misses(value, every, turns)


def _span(value: Any, text: str) -> tuple[int, int] | None:
    """Where a text says the value: the same letters, the same number, the same day."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _number_span(value, text)
    for found in dates.find(text):
        if str(value).startswith(found.iso):
            return found.start, found.end
    return _text_span(str(value), text)


def _number_span(value: float, text: str) -> tuple[int, int] | None:
    for start, end in _numbers(text):
        for comma in (None, True):
            number = amounts.number(text[start:end], decimal_comma=comma)
            if number is not None and abs(float(number) - value) < 1e-9:
                return start, end
    return None


def _numbers(text: str) -> Iterator[tuple[int, int]]:
    """Where numbers stand, with their signs: those with blanks between thousands, then the others."""
    for pattern in (_GROUPED, _PLAIN):
        for found in pattern.finditer(text):
            start, end = found.span()
            before = _MINUS.search(text, 0, start)
            if before:
                yield before.start(), end
            elif _FRACTION.search(found[0]) and text[start - 1 : start] == "(" and text[end : end + 1] == ")":
                yield start - 1, end + 1  # as bookkeepers print what is negative
            elif _MINUS_BEHIND.match(text, end):
                yield start, end + 1
            else:
                yield start, end


def _text_span(value: str, text: str) -> tuple[int, int] | None:
    """The letters of the value in a text, blanks and case aside."""
    wanted = squeeze(value)
    kept = [(index, char) for index, raw in enumerate(text) for char in squeeze(raw)]
    at = "".join(char for _, char in kept).find(wanted) if wanted else -1
    if at < 0:
        return None
    return kept[at][0], kept[at + len(wanted) - 1][0] + 1


def _near_misses(value: str, every: Sequence[tuple[int, Line]], turns: _Turns) -> Iterator[_Place]:
    wanted = squeeze(value)
    scored = [
        (fuzz.partial_ratio(wanted, squeeze(line.text)), page, line)
        for page, line in every
        if len(squeeze(line.text)) >= 0.6 * len(wanted)
    ]
    for score, page, line in sorted(scored, key=lambda item: -item[0])[:1]:
        if score >= _ALIKE:
            yield _Place(_cite(page, line, 0, len(line.text), turns=turns), exact=False)


def _cite(page: int, line: Line, start: int, end: int, *, turns: _Turns) -> Citation:
    box = line.span_box(start, end).turned_back(turns.get(page, 0)).rounded()
    return Citation(page=page, box=box, text=line.text[start:end])
