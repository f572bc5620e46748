"""What a model that cannot point at the page tells of its values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Other:
    """Another value that was read for the same place in the data, on another page."""

    value: Any
    page: int
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class SecondLook:
    """What was read when a value was looked at again, alone; None: nothing. `agrees`: it is the same."""

    value: Any
    agrees: bool
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class TokenEvidence:
    """What a model that cannot point at the page tells of a value.

    `probability` is the geometric mean of those of its tokens, before anything constrained them;
    `allowed` the least probability that the schema left at one of them. None: not told.
    """

    page: int
    probability: float | None = None
    allowed: float | None = None
    others: tuple[Other, ...] = ()
    look: SecondLook | None = None
