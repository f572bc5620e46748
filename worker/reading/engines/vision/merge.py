"""The answers about single pages made one document.

A value is that of the first page that has it, of the last if it closes a bill, unless the model was clearly
surer of another page's; the others are kept beside it. Lists are the pages' lists in order. Long lists are
the reason for reading page by page: models that are given a whole document answer with its first few items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from schemas import pointer
from schemas.json_schema.fields import Field
from worker.reading.engines.vision.closing import closes
from worker.reading.engines.vision.token_evidence import Other, TokenEvidence

_CLEARLY = 0.15
"""By so much more probable another page's value must be to be taken for the usual one."""


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """What was read on one page, or a part of it: data of the schema, and by pointer what was told of it.

    `overlaps` says that the part begins with lines that the part before it ends with.
    """

    page: int
    data: Mapping[str, Any]
    token_evidence: Mapping[str, TokenEvidence] = field(default_factory=dict)
    overlaps: bool = False


@dataclass(frozen=True, slots=True)
class Merged:
    """A document's data, and what was told of each value."""

    data: dict[str, Any]
    token_evidence: dict[str, TokenEvidence]


@dataclass(frozen=True, slots=True)
class _Part:
    """A value of one page, and where in that page's data it stands."""

    answer: PageAnswer
    value: Any
    at: str


def merge(answers: Sequence[PageAnswer], root: Field) -> Merged:
    """All pages' answers as one; the order of the pages counts."""
    token_evidence: dict[str, TokenEvidence] = {}
    data = _merged(
        [_Part(answer, answer.data, "") for answer in answers], root, to="", token_evidence=token_evidence
    )
    return Merged(data if isinstance(data, dict) else {}, token_evidence)


def _merged(
    parts: Sequence[_Part], field_: Field, *, to: str, token_evidence: dict[str, TokenEvidence]
) -> Any:
    if field_.is_object and any(isinstance(part.value, Mapping) for part in parts):
        return {
            child.name: _merged(
                _inside(parts, child.name),
                child,
                to=to + pointer.join(child.name),
                token_evidence=token_evidence,
            )
            for child in field_.properties
        }
    if field_.is_array and any(isinstance(part.value, list) for part in parts):
        return _listed(parts, field_, to=to, token_evidence=token_evidence)
    return _chosen(parts, field_, to=to, token_evidence=token_evidence)


def _inside(parts: Sequence[_Part], name: str) -> list[_Part]:
    return [
        _Part(part.answer, part.value.get(name), part.at + pointer.join(name))
        for part in parts
        if isinstance(part.value, Mapping)
    ]


def _listed(
    parts: Sequence[_Part], field_: Field, *, to: str, token_evidence: dict[str, TokenEvidence]
) -> list[Any]:
    """All items in order; those in which nothing was found are none, but for cells that may be null."""
    assert field_.items is not None
    kept = field_.items.nullable and not field_.items.is_object
    items: list[_Part] = []
    for part in parts:
        found = [
            _Part(part.answer, value, part.at + pointer.join(index))
            for index, value in enumerate(part.value if isinstance(part.value, list) else ())
            if kept or any(leaf is not None for _, leaf in pointer.leaves(value))
        ]
        items.extend(found[_shared(items, found) :] if part.answer.overlaps else found)
    return [
        _merged([item], field_.items, to=to + pointer.join(index), token_evidence=token_evidence)
        for index, item in enumerate(items)
    ]


def _shared(before: Sequence[_Part], after: Sequence[_Part]) -> int:
    """How many items the second list begins with that the first ends with."""
    for count in range(min(len(before), len(after)), 0, -1):
        ending = [part.value for part in before[len(before) - count :]]
        if ending == [part.value for part in after[:count]]:
            return count
    return 0


def _chosen(
    parts: Sequence[_Part], field_: Field, *, to: str, token_evidence: dict[str, TokenEvidence]
) -> Any:
    """The value of one page, with those of the others beside it."""
    found = [part for part in parts if part.value is not None]
    if not found:
        return None
    chosen = _likeliest(found, found[-1] if len(found) > 1 and closes(field_) else found[0])
    others: dict[str, Other] = {}
    for part in found:
        if part.value != chosen.value:
            others.setdefault(repr(part.value), Other(part.value, part.answer.page, _of(part).probability))
    token_evidence[to] = replace(_of(chosen), others=tuple(others.values()))
    return chosen.value


def _likeliest(found: Sequence[_Part], usual: _Part) -> _Part:
    """The usual choice, unless the model says of all how probable they are and another is clearly more so."""
    told = [_of(part).probability for part in found]
    if any(probability is None for probability in told):
        return usual
    best = max(found, key=_probability)
    return best if _probability(best) > _probability(usual) + _CLEARLY else usual


def _probability(part: _Part) -> float:
    return _of(part).probability or 0.0


def _of(part: _Part) -> TokenEvidence:
    return part.answer.token_evidence.get(part.at, TokenEvidence(part.answer.page))
