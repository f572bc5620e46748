"""Tick boxes in what an answer quotes: `☒ by post` is cited with its box, and doubted where that is empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from schemas import pointer
from schemas.page import Box, Mark
from schemas.question import QUOTES
from schemas.record import Citation, Evidence
from worker.reading.marks.lines import apart, same_row
from worker.reading.text.page_lines import PageLines

_CHOSEN, _EMPTY = frozenset("☒☑✓✔✗✘⊠●◉"), frozenset("☐□◻○◯")


def with_marks(
    evidence: Mapping[str, Evidence], quotes: Iterable[object], pages: Mapping[int, PageLines]
) -> dict[str, Evidence]:
    """The evidence, that of quotes with signs of marks together with the places of these.

    A quote whose signs say otherwise than the marks beside it is believed half as much.
    """
    found = dict(evidence)
    for number, said in enumerate(quotes):
        at = pointer.join(QUOTES, number)
        if at in found and found[at].citations:
            found[at] = _marked(found[at], str(said).strip(), pages)
    return found


def _marked(quote: Evidence, said: str, pages: Mapping[int, PageLines]) -> Evidence:
    states = [sign in _CHOSEN for sign in said if sign in _CHOSEN | _EMPTY]
    words = quote.citations[0 if _is_sign(said[0]) else -1]
    page = pages[words.page]
    beside = _beside(words, said, page)[: len(states)]
    if not beside:
        return quote
    beside.sort(key=lambda mark: mark.box.x0)
    agrees = [mark.chosen for mark in beside] == states
    places = tuple(
        Citation(page=page.number, box=page.frame.on_page(mark.box).rounded(), text=mark.sign)
        for mark in beside
    )
    confidence = quote.confidence if agrees else quote.confidence / 2
    return quote.model_copy(
        update={"citations": (*quote.citations, *places), "confidence": round(confidence, 4)}
    )


def _beside(words: Citation, said: str, page: PageLines) -> list[Mark]:
    """The marks in the row of some words, the nearest first; on the side alone on which one is quoted."""
    box = page.frame.from_page(Box(*words.box))
    row = [mark for mark in page.marks if same_row(box, mark)]
    if not _is_sign(said[0]):
        row = [mark for mark in row if mark.box.cx > box.x0]
    if not _is_sign(said[-1]):
        row = [mark for mark in row if mark.box.cx < box.x1]
    return sorted(row, key=lambda mark: apart(box, mark.box))


def _is_sign(sign: str) -> bool:
    return sign in _CHOSEN | _EMPTY
