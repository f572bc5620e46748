"""What readers return: candidates in the shape of the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from worker.reading.engines.matcher.sheet import Candidate


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value: its candidates, best first; none means null."""

    candidates: Sequence[Candidate] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """An array, item by item."""

    items: Sequence[Filling] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """An object, by the names of its fields; a field that is missing is null."""

    fields: Mapping[str, Filling] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A field this engine cannot read, and why."""

    reason: str


Filling = Scalar | Listing | Group | Unsupported
