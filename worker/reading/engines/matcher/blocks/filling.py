"""Blocks as values of a schema."""

from __future__ import annotations

from collections.abc import Iterable

from worker.reading.engines.matcher.blocks.base import Block, Phrase
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.sheet import Candidate
from worker.reading.engines.matcher.typed_spans import Span

_STRICT = 6  # a line read with confidence c has no wrong letter in about c^6 of cases
_TYPE_RIGHT = {"table": 0.6, "list": 0.9, "caption": 0.9}
"""The share of drawn blocks said to be of a type that are (`bench.blocks`)."""
_OTHERS_RIGHT = 0.98


def listing(blocks: Iterable[Block]) -> Listing:
    """The blocks of a page, for `schemas.documents.text.TextBlock`."""
    return Listing([_filling(block) for block in blocks])


def _filling(block: Block) -> Group:
    sure = _TYPE_RIGHT.get(block.type, _OTHERS_RIGHT)
    fields: dict[str, Filling] = {
        "type": Scalar([Candidate(block.type, 1.0, (), certainty=sure)]),
        "items": Listing([_scalar(item) for item in block.items]),
        "rows": Listing([Group({"cells": Listing([_scalar(cell) for cell in row])}) for row in block.rows]),
    }
    if block.level is not None:
        fields["level"] = Scalar([Candidate(block.level, 1.0, (), certainty=sure)])
    if block.text is not None:
        fields["text"] = _scalar(block.text)
    return Group(fields)


def _scalar(phrase: Phrase | None) -> Scalar:
    """A text as surely read as the least sure of its lines."""
    if phrase is None:
        return Scalar()
    spans = tuple(Span(cell, 0, len(cell.text)) for cell in phrase.cells)
    surely = min(cell.line.confidence for cell in phrase.cells) ** _STRICT
    return Scalar([Candidate(phrase.text, 1.0, spans, certainty=surely)])
