"""Parties whose parts are fields of their own: `seller_name` beside `buyer_address`, where others have objects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from schemas.json_schema.fields import Field
from worker.reading.engines.matcher.candidates import Filling
from worker.reading.engines.matcher.concepts import library, words
from worker.reading.engines.matcher.readers import parties
from worker.reading.engines.matcher.sheet import Sheet
from worker.reading.engines.matcher.wordings import Wordings

_SIDES: Mapping[str, str] = {"seller": "party.seller", "customer": "party.buyer"}
_PARTS = ("party.tax_ids", "party.address", "party.name")


def read(root: Field, sheet: Sheet, wordings: Wordings) -> dict[str, Filling]:
    """What the blocks of seller and buyer say, by the path of the field that asks for it."""
    asked: dict[str, list[Field]] = {}
    for target in _leaves(root):
        said = part_of(target, wordings)
        if said is not None:
            side, part = said
            hints = {**target.hints, "x-concept": part}
            asked.setdefault(side, []).append(replace(target, name=target.path, hints=hints))
    found: dict[str, Filling] = {}
    for side, parts in asked.items():
        party = Field(name=side, path="", types=("object",), properties=tuple(parts))
        found.update(parties.read(party, library()[side], sheet).fields)
    return found


def part_of(target: Field, wordings: Wordings) -> tuple[str, str] | None:
    """The party and the part of it that a field asks for; None for anything else."""
    text = "string" in target.types or target.is_array
    if not text or target.enum is not None or target.format is not None or "x-concept" in target.hints:
        return None
    for name in filter(None, (words(target.name), target.title.lower())):
        meaning = wordings.meaning(name)
        sides = {_SIDES[idea] for idea in meaning.ideas if idea in _SIDES}
        if len(sides) != 1:
            continue
        (side,) = sides
        for part in _PARTS:
            if any(re.search(pattern, name) for pattern in library()[part].names):
                return None if target.is_array and part != "party.tax_ids" else (side, part)
        if (
            not target.is_array
            and len(meaning.units) == 1
            and frozenset({_idea(side)}) in meaning.units[0].meanings
        ):
            return side, "party.name"
    return None


def _idea(side: str) -> str:
    return next(idea for idea, name in _SIDES.items() if name == side)


def _leaves(target: Field) -> Iterator[Field]:
    """Fields outside of lists that hold a value or plain values."""
    for child in target.properties:
        if child.is_object:
            yield from _leaves(child)
        elif not child.is_array or (child.items is not None and "string" in child.items.types):
            yield child
