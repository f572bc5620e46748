"""Evidence for values that an engine gives without places.

All places where a value may be printed are candidates, and all values of a document get theirs in one
assignment. A value that is nowhere stays without a citation.

Confidence joins two witnesses, of which neither is enough alone: whether the value stands on the
page, and how probable its tokens were to the model (token probabilities by themselves hardly tell
right from wrong: "Beyond Logprobs", arXiv 2606.24420). The shares were chosen, not fitted: that
needs documents read by a real model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from schemas import pointer
from schemas.json_schema.fields import Field
from schemas.page import Line
from schemas.record import Alternative, Citation, Evidence
from worker.reading.engines.vision.grounding.claims import claims
from worker.reading.engines.vision.grounding.find import Finder
from worker.reading.engines.vision.grounding.offers import Offer, offers
from worker.reading.engines.vision.grounding.printed import Printed, index
from worker.reading.engines.vision.grounding.rows import Wanted
from worker.reading.engines.vision.grounding.settle import settle
from worker.reading.engines.vision.token_evidence import SecondLook, TokenEvidence
from worker.reading.text.frame import Frame

_FOUND, _NEARLY, _NOWHERE = 0.6, 0.4, 0.2
"""Confidence of an engine that gives none itself, by whether its value is on the page."""
_SAID_FOUND, _SAID_NEARLY, _SAID_NOWHERE = 0.97, 0.85, 0.45
"""The most that an engine is believed which tells its tokens' probabilities. What is nowhere gets a look."""
_OTHERS = 3
_UNTOLD = 0.5
"""How far a second look is believed whose tokens have no probabilities."""

Frames = Mapping[int, Frame]
_AS_THEY_CAME: Frames = MappingProxyType({})


def locate(
    data: Any,
    lines: Mapping[int, Sequence[Line]],
    *,
    frames: Frames = _AS_THEY_CAME,
    token_evidence: Mapping[str, TokenEvidence] = MappingProxyType({}),
    root: Field | None = None,
) -> dict[str, Evidence]:
    """Evidence for every scalar that is not null, by JSON Pointer.

    `lines` of a page are in `frames[page]`, without which they are on the page as it came; a value of
    which it is `token_evidence` is looked up on the page it was read from. `root` is the schema's, for
    the words by which fields are labelled; without it their names serve.
    """
    printed = index(lines)
    values = claims(data, root, {at: told.page for at, told in token_evidence.items()})
    finder = Finder(printed)
    wanted = [Wanted(claim, finder.occurrences(claim)) for claim in values]
    settled = settle(values, offers(printed, wanted))
    return {
        at: _evidence(printed, settled.get(at), frames, token_evidence.get(at))
        for at, value in pointer.leaves(data)
        if value is not None
    }


def _evidence(
    printed: Printed, offer: Offer | None, frames: Frames, token_evidence: TokenEvidence | None
) -> Evidence:
    citations = _citations(printed, offer, frames) if offer else ()
    others = _alternatives(token_evidence) if token_evidence else ()
    return Evidence(confidence=_confidence(offer, token_evidence), citations=citations, alternatives=others)


def _confidence(offer: Offer | None, told: TokenEvidence | None) -> float:
    if told is None or told.probability is None:
        most = _NOWHERE if offer is None else _FOUND if offer.sure else _NEARLY
        plain, ceiling = most, _SAID_NOWHERE if offer is None else _FOUND
    else:
        most = ceiling = _SAID_NOWHERE if offer is None else _SAID_FOUND if offer.sure else _SAID_NEARLY
        held = 1.0 if told.allowed is None else told.allowed  # little: it wanted to say something else
        plain = most * told.probability * held
    return round(plain if told is None else _after_look(plain, ceiling, told.look), 4)


def _after_look(confidence: float, ceiling: float, look: SecondLook | None) -> float:
    """The confidence after a second look, which is half a witness: it is the same model's."""
    if look is None:
        return confidence
    if not look.agrees:
        return confidence / 2
    witness = 0.5 * (_UNTOLD if look.probability is None else look.probability)
    return max(confidence, min(ceiling, 1 - (1 - confidence) * (1 - witness)))


def _alternatives(token_evidence: TokenEvidence) -> tuple[Alternative, ...]:
    """What a second look and other pages say of the same; never more than likely."""
    others = [(other.value, other.probability) for other in token_evidence.others]
    look = token_evidence.look
    if look is not None and not look.agrees and look.value is not None:
        others.insert(0, (look.value, look.probability))
    return tuple(
        Alternative(value=value, confidence=round(0.5 * (probability or 0.0), 4))
        for value, probability in others[:_OTHERS]
    )


def _citations(printed: Printed, offer: Offer, frames: Frames) -> tuple[Citation, ...]:
    cited = []
    for number, start, end in offer.occurrence.spans:
        entry = printed.lines[number]
        box = frames.get(entry.page, Frame()).on_page(entry.line.span_box(start, end)).rounded()
        cited.append(Citation(page=entry.page, box=box, text=entry.line.text[start:end]))
    return tuple(cited)
