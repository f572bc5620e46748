"""From candidates to values: which one is taken, in the type the schema asks for, how surely.

Candidates compete between fields too: a place on the page gives its value to the field for which
it scores highest, and the others take their next best.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schemas import pointer
from schemas.json_schema.fields import Field
from schemas.record import Alternative, Citation, Evidence
from schemas.values import amounts
from worker.engines.embedded import confidence
from worker.engines.embedded.filling import Filling, Group, Listing, Scalar
from worker.engines.embedded.reading import box_on_page
from worker.engines.embedded.sheet import Candidate

_MAX_ALTERNATIVES = 3
_SHARED = frozenset({"currency", "text", "language"})
"""Fields that repeat what others hold by their nature."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """A scalar of the schema and its candidates, as values of its type."""

    at: str
    field: Field
    candidates: tuple[tuple[Any, Candidate], ...]


def settle(root: Field, filling: Group) -> tuple[dict[str, Any], dict[str, Evidence]]:
    """Data in the shape of the schema, and the evidence by JSON Pointer."""
    claims = list(_claims(root, filling, at=""))
    chosen = {claim.at: choice for claim, choice in _assign(claims)}
    evidence = {at: _evidence(claim, index) for at, (claim, index) in chosen.items()}
    values = {at: claim.candidates[index][0] for at, (claim, index) in chosen.items()}
    return _data(root, filling, values, at=""), evidence


def _claims(field: Field, filling: Filling | None, *, at: str) -> Iterator[_Claim]:
    if isinstance(filling, Group):
        for child in field.properties:
            yield from _claims(child, filling.fields.get(child.name), at=at + pointer.join(child.name))
    elif isinstance(filling, Listing) and field.items is not None:
        for index, item in enumerate(filling.items):
            yield from _claims(field.items, item, at=at + pointer.join(index))
    elif isinstance(filling, Scalar):
        typed = ((as_type(c.value, field), c) for c in filling.candidates)
        candidates = tuple((value, c) for value, c in typed if value is not None)
        if candidates:
            yield _Claim(at, field, candidates)


def _assign(claims: Sequence[_Claim]) -> Iterator[tuple[_Claim, tuple[_Claim, int]]]:
    """Give each place to the claim that wants it most, the surest claims first."""
    taken: dict[tuple[int, int, int], str] = {}
    for claim in sorted(claims, key=lambda claim: -claim.candidates[0][1].score):
        for index, (_, candidate) in enumerate(claim.candidates):
            places = {(id(s.cell), s.start, s.end) for s in candidate.spans}
            rivals = {taken[place] for place in places if place in taken}
            if rivals and not _may_share(claim):
                continue
            if index and candidate.strength < 0.3:
                break  # a weak second choice is worse than none
            for place in places:
                taken.setdefault(place, claim.at)
            yield claim, (claim, index)
            break


def _may_share(claim: _Claim) -> bool:
    """Whether a field may show a value that another one shows too.

    Amounts may: a receipt without tax prints its subtotal and total once. So may the items of a
    plain list, such as all lines of a page.
    """
    numeric = bool({"number", "integer"} & set(claim.field.types))
    *_, last = pointer.split(claim.at)
    return numeric or last.isdigit() or last in _SHARED


def _data(field: Field, filling: Filling | None, values: Mapping[str, Any], *, at: str) -> Any:
    if field.is_object and (isinstance(filling, Group) or not field.nullable):
        fields = filling.fields if isinstance(filling, Group) else {}
        return {
            child.name: _data(child, fields.get(child.name), values, at=at + pointer.join(child.name))
            for child in field.properties
        }
    if field.is_array and (isinstance(filling, Listing) or not field.nullable):
        items = filling.items if isinstance(filling, Listing) else ()
        assert field.items is not None or not items
        return [
            _data(field.items, item, values, at=at + pointer.join(index))
            for index, item in enumerate(items)
            if field.items is not None
        ]
    return values.get(at)


def _evidence(claim: _Claim, index: int) -> Evidence:
    value, candidate = claim.candidates[index]
    others = _others(claim, index, value)
    probability = confidence.of(candidate, [c for _, c in others])
    rest = confidence.shares(1 - probability, [c for _, c in others[:_MAX_ALTERNATIVES]])
    return Evidence(
        confidence=round(probability, 4),
        citations=tuple(_citations(candidate)),
        alternatives=tuple(
            Alternative(value=other, confidence=round(share, 4))
            for (other, _), share in zip(others[:_MAX_ALTERNATIVES], rest, strict=True)
        ),
    )


def _others(claim: _Claim, index: int, value: Any) -> list[tuple[Any, Candidate]]:
    """The best candidate of every other value."""
    seen = [value]
    others = []
    for number, (other, candidate) in enumerate(claim.candidates):
        if number != index and other not in seen:
            seen.append(other)
            others.append((other, candidate))
    return others


def _citations(candidate: Candidate) -> Iterator[Citation]:
    for span in candidate.spans:
        box = box_on_page(span.box, span.cell.page)
        yield Citation(page=span.cell.page.number, box=box.rounded(), text=span.text)


def as_type(value: Any, field: Field) -> Any:
    """A candidate's value in the field's JSON type; None when it cannot be that."""
    if isinstance(value, bool):
        return value if "boolean" in field.types else str(value).lower() if "string" in field.types else None
    if "string" in field.types and not {"number", "integer"} & set(field.types):
        return str(value)
    if {"number", "integer"} & set(field.types):
        number = value if isinstance(value, Decimal) else amounts.number(str(value))
        return None if number is None else _json_number(number, field)
    return value if field.enum is not None else None


def _json_number(number: Decimal, field: Field) -> int | float | None:
    if "number" in field.types:
        return float(number)
    return int(number) if number == int(number) else None
