"""Parties of a schema, in whatever shape: `seller_name` beside `buyer_address`, `{"shipper": {"name": …}}`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from schemas import languages
from schemas.json_schema.fields import Field
from worker.reading.engines.matcher.candidates import Filling
from worker.reading.engines.matcher.concepts import Concept, library, words
from worker.reading.engines.matcher.lexicon import Label
from worker.reading.engines.matcher.questions import PARTIES
from worker.reading.engines.matcher.readers import parties
from worker.reading.engines.matcher.sheet import Sheet
from worker.reading.engines.matcher.wordings import Wordings

_SHIPPED: Mapping[str, str] = {"seller": "party.seller", "customer": "party.buyer"}
_SIDES: Mapping[str, str] = {idea: _SHIPPED.get(idea, f"party.{idea}") for idea in PARTIES}
_PARTS = ("party.tax_ids", "party.address", "party.name")
_HEADING = 1.3  # weight of a party's name as the heading of its block


def labels(root: Field, wordings: Wordings) -> Iterator[Label]:
    """What the parties of a schema are called that shipped kinds do not know."""
    asked = {said[0] for target, within in _leaves(root) if (said := part_of(target, wordings, within))}
    for idea, side in _SIDES.items():
        if side in asked - set(_SHIPPED.values()):
            for meanings in languages.labels().values():
                yield from (Label(wording, side, _HEADING) for wording in meanings.get(idea, ()))


def read(root: Field, sheet: Sheet, wordings: Wordings) -> dict[str, Filling]:
    """What the blocks of the parties say, by the path of the field that asks for it."""
    asked: dict[str, list[Field]] = {}
    for target, within in _leaves(root):
        said = part_of(target, wordings, within)
        if said is not None:
            side, part = said
            hints = {**target.hints, "x-concept": part}
            asked.setdefault(side, []).append(replace(target, name=target.path, hints=hints))
    found: dict[str, Filling] = {}
    for side, parts in asked.items():
        party = Field(name=side, path="", types=("object",), properties=tuple(parts))
        found.update(parties.read(party, library().get(side, Concept(side, "party")), sheet).fields)
    return found


def part_of(target: Field, wordings: Wordings, within: str = "") -> tuple[str, str] | None:
    """The party and the part of it that a field asks for, by its name in the object `within`; None for others."""
    text = "string" in target.types or target.is_array
    if not text or target.enum is not None or target.format is not None or "x-concept" in target.hints:
        return None
    for name in filter(None, (words(target.name), target.title.lower())):
        sides = _sides(name, wordings) or _sides(within, wordings)
        if len(sides) != 1:
            continue
        (idea,) = sides
        for part in _PARTS:
            if any(re.search(pattern, name) for pattern in library()[part].names):
                return None if target.is_array and part != "party.tax_ids" else (_SIDES[idea], part)
        if not target.is_array and _names(name, idea, wordings):
            return _SIDES[idea], "party.name"
    return None


def _sides(name: str, wordings: Wordings) -> set[str]:
    return set(wordings.meaning(name).ideas) & PARTIES


def _names(name: str, idea: str, wordings: Wordings) -> bool:
    """Whether a name is that of the party and nothing more."""
    units = wordings.meaning(name).units
    return len(units) == 1 and frozenset({idea}) in units[0].meanings


def _leaves(target: Field, within: str = "") -> Iterator[tuple[Field, str]]:
    """Fields outside of lists that hold a value or plain values, with the name of their object."""
    for child in target.properties:
        if child.is_object:
            yield from _leaves(child, words(child.title or child.name))
        elif not child.is_array or (child.items is not None and "string" in child.items.types):
            yield child, within
