"""From candidates to values: which one is taken, in the type the schema asks for, how surely.

Candidates compete between fields too: a place on the page gives its value to the field for which
it scores highest, and the others take their next best.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schemas import languages, pointer
from schemas.json_schema.fields import Field
from schemas.record import Alternative, Citation, Evidence
from schemas.values import amounts
from schemas.values.folding import fold, squeeze
from worker.checks import patterns
from worker.reading.engines.matcher import confidence
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.misread import surely_read
from worker.reading.engines.matcher.sheet import Candidate
from worker.reading.engines.matcher.word_marks import mark

_MAX_ALTERNATIVES = 3
_MOST_OTHERS = 50  # candidates looked at for alternatives
_WEAK = 0.3  # strength below which a candidate is taken only when it was the first choice
_PARTS = re.compile(r"[,.;:()，。；：（）]")
_SHARED = frozenset({"currency", "text", "language"})
"""Fields that repeat what others hold by their nature."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The candidate a field takes, its value in the field's type, and the best one of every other value."""

    value: Any
    candidate: Candidate
    others: Sequence[tuple[Any, Candidate]]


@dataclass(frozen=True, slots=True)
class _Claim:
    """A scalar of the schema and its candidates, as values of its type."""

    at: str
    field: Field
    candidates: tuple[tuple[Any, Candidate], ...]


def filled(root: Field, filling: Group) -> tuple[dict[str, Any], dict[str, Evidence]]:
    """Data in the shape of the schema, and the evidence by JSON Pointer."""
    chosen = choices(root, filling)
    evidence = {at: _evidence(choice) for at, choice in chosen.items()}
    return _data(root, filling, chosen, at=""), evidence


def choices(root: Field, filling: Group) -> dict[str, Choice]:
    """What each scalar field takes, by JSON Pointer; fields without a value are missing."""
    return dict(_assign(list(_claims(root, filling, at=""))))


def _claims(field: Field, filling: Filling | None, *, at: str) -> Iterator[_Claim]:
    if isinstance(filling, Group):
        for child in field.properties:
            yield from _claims(child, filling.fields.get(child.name), at=at + pointer.join(child.name))
    elif isinstance(filling, Listing) and field.items is not None:
        for index, item in enumerate(filling.items):
            yield from _claims(field.items, item, at=at + pointer.join(index))
    elif isinstance(filling, Scalar):
        typed = ((as_type(c.value, field), c) for c in filling.candidates)
        candidates = tuple((value, c) for value, c in typed if value is not None and allows(field, value))
        if candidates:
            yield _Claim(at, field, candidates)


def _assign(claims: Sequence[_Claim]) -> Iterator[tuple[str, Choice]]:
    """Give each place to the claim that wants it most, the surest claims first."""
    taken: set[tuple[int, int, int]] = set()
    for claim in sorted(claims, key=lambda claim: -claim.candidates[0][1].score):
        for index, (value, candidate) in enumerate(claim.candidates):
            places = {(id(s.cell), s.start, s.end) for s in candidate.spans}
            if places & taken and not (candidate.for_several or _may_share(claim)):
                continue
            if index and candidate.strength < _WEAK:
                break  # a weak second choice is worse than none
            taken |= places
            yield claim.at, Choice(value, candidate, _others(claim, index, value))
            break


def _may_share(claim: _Claim) -> bool:
    """Whether a field may show a value that another one shows too.

    Amounts may: a receipt without tax prints its subtotal and total once. So may the items of a
    plain list, such as all lines of a page.
    """
    numeric = bool({"number", "integer"} & set(claim.field.types))
    *_, last = pointer.split(claim.at)
    return numeric or last.isdigit() or last in _SHARED


def _data(field: Field, filling: Filling | None, chosen: Mapping[str, Choice], *, at: str) -> Any:
    if field.is_object and (isinstance(filling, Group) or not field.nullable):
        if field.nullable and not any(place.startswith(at + "/") for place in chosen):
            return None  # an optional part of which nothing was found
        fields = filling.fields if isinstance(filling, Group) else {}
        return {
            child.name: _data(child, fields.get(child.name), chosen, at=at + pointer.join(child.name))
            for child in field.properties
        }
    if field.is_array and (isinstance(filling, Listing) or not field.nullable):
        items = filling.items if isinstance(filling, Listing) else ()
        return [
            _data(field.items, item, chosen, at=at + pointer.join(index))
            for index, item in enumerate(items)
            if field.items is not None
        ]
    return chosen[at].value if at in chosen else None


def _evidence(choice: Choice) -> Evidence:
    others = choice.others[:_MAX_ALTERNATIVES]
    probability = confidence.of(choice.candidate, [c for _, c in choice.others])
    probability = max(0.01, probability * surely_read(choice.candidate.spans))
    shares = confidence.shares(1 - probability, [c for _, c in others])
    return Evidence(
        confidence=round(probability, 4),
        citations=tuple(_citations(choice.candidate)),
        alternatives=tuple(
            Alternative(value=other, confidence=round(share, 4))
            for (other, _), share in zip(others, shares, strict=True)
        ),
    )


def _others(claim: _Claim, index: int, value: Any) -> list[tuple[Any, Candidate]]:
    """The best candidate of every other value, of the first few that could matter."""
    seen = {str(value)}
    others = []
    for number, (other, candidate) in enumerate(claim.candidates[:_MOST_OTHERS]):
        if number != index and str(other) not in seen:
            seen.add(str(other))
            others.append((other, candidate))
    return others


def _citations(candidate: Candidate) -> Iterator[Citation]:
    for span in candidate.spans:
        cell = span.cell
        box = cell.page.on_page(span.box, vertical=cell.line.vertical)
        yield Citation(page=cell.page.number, box=box.rounded(), text=span.text)


def _matches(pattern: str, value: str) -> bool:
    try:
        return patterns.found(pattern, value)
    except TimeoutError:
        return False


def allows(field: Field, value: Any) -> bool:
    """Whether a value keeps to the field's bounds and pattern; one that does not cannot be meant."""
    bounds = field.bounds
    if isinstance(value, str):
        fits = _bound(bounds, "minLength", 0) <= len(value) <= _bound(bounds, "maxLength", math.inf)
        return fits and (field.pattern is None or _matches(field.pattern, value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    at_least, at_most = _bound(bounds, "minimum", -math.inf), _bound(bounds, "maximum", math.inf)
    above, below = _bound(bounds, "exclusiveMinimum", -math.inf), _bound(bounds, "exclusiveMaximum", math.inf)
    return at_least <= value <= at_most and above < value < below


def _bound(bounds: Mapping[str, Any], name: str, otherwise: float) -> float:
    """A bound as a number; draft 4 says `true` for an exclusive one, which the final check knows."""
    bound = bounds.get(name, otherwise)
    return otherwise if isinstance(bound, bool) else float(bound)


def as_type(value: Any, field: Field) -> Any:
    """A candidate's value in the field's JSON type; None when it cannot be that."""
    if field.enum is not None:
        return _member(value, field.enum)
    if isinstance(value, bool):
        return value if "boolean" in field.types else str(value).lower() if "string" in field.types else None
    wordy = "string" in field.types and any(char.isalpha() for char in str(value))
    if {"number", "integer"} & set(field.types) and not wordy:
        number = value if isinstance(value, Decimal) else amounts.number(str(value))
        found = None if number is None else _json_number(number, field)
        if found is not None or "string" not in field.types:
            return found
    return str(value) if "string" in field.types else None


def _member(value: Any, enum: Sequence[Any]) -> Any:
    """The listed value that is meant; None when it is none of them."""
    said = squeeze(str(value))
    return next((member for member in enum if squeeze(str(member)) == said), None)


def _json_number(number: Decimal, field: Field) -> int | float | None:
    sign = sign_asked(field.description)
    number = sign * abs(number) if sign else number
    if "number" in field.types:
        return float(number)
    return int(number) if number == int(number) else None


def sign_asked(told: str) -> int:
    """1 or -1 where a description asks for a positive or a negative number, else 0: a discount is printed either way.

    It says so of a number (`as a positive amount`), or in a part of its own (`rebate, negative`): `tested negative` is no sign.
    """
    if mark("conditional").search(told):
        return 0
    parts = {fold(part) for part in _PARTS.split(told)}
    for name, sign in (("positive", 1), ("negative", -1)):
        if mark(f"as_{name}").search(told) or parts & set(map(fold, languages.marks(name))):
            return sign
    return 0
