"""What a person says of a record: values confirmed and changed, a decision; and the record that follows.

Each time makes a revision, kept beside what was read and never over it. Revision 0 is what was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.record import Record, State

_Share = Annotated[float, Field(ge=0, le=1)]


class FieldState(StrEnum):
    """How sure a value is, after all that people said of it."""

    OPEN = "open"  # needs a person: less sure than the bar, an error at it, or required and missing
    SURE = "sure"  # read, and sure enough
    CONFIRMED = "confirmed"  # a person said that it is right
    CORRECTED = "corrected"  # a person gave it


class Operation(StrEnum):
    """What can be done to a place in the data."""

    CONFIRM = "confirm"  # it is right as it stands
    CORRECT = "correct"  # it is this value
    CLEAR = "clear"  # it is not on the page
    RESTORE = "restore"  # back to what was read
    INSERT_ROW = "insert_row"  # before the item at the path; `-` as its index is the end of the list
    REMOVE_ROW = "remove_row"
    MOVE_ROW = "move_row"  # to the index `to`


class Decision(StrEnum):
    """What is to become of the document."""

    ACCEPT = "accept"
    REJECT = "reject"
    POSTPONE = "postpone"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DrawnPlace(_Frozen):
    """Where a person says that a value stands: fractions of the upright page, `page` from 1."""

    page: int = Field(ge=1, le=100_000)
    box: tuple[_Share, _Share, _Share, _Share]
    text: str = Field("", max_length=10_000, description="As printed there, where it is known.")


class Change(_Frozen):
    """One thing done to one place in the data."""

    op: Operation
    path: str = Field(max_length=1000, description="A JSON Pointer into the data.", examples=["/total"])
    value: Any = Field(None, description="Of correct and insert_row.")
    citation: DrawnPlace | None = Field(None, description="Of correct: where the value stands.")
    to: int | None = Field(None, ge=0, description="Of move_row: the index it gets.")


class Revision(_Frozen):
    """A record as a person left it, and what they did; one object each, numbered from 1.

    `marks` are the states that people gave to places. `rows` says of items of lists which of the reading
    they were, None for new ones; items that are not named are where they were. Values less sure than
    `below` are open.
    """

    revision_version: Literal[1] = 1
    revision: int
    at: float | None = None
    actor: str | None = None
    changes: tuple[Change, ...] = ()
    decision: Decision | None = None
    reason: str | None = None
    signed_off: tuple[str, ...] = ()
    marks: dict[str, FieldState] = Field(default_factory=dict)
    rows: dict[str, str | None] = Field(default_factory=dict)
    below: float = 0.0
    record: Record


class ReviewReason(_Frozen):
    """Why a place in the data needs a person."""

    path: str
    code: str = Field(examples=["low_confidence"])
    message: str


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """What lists say of a record: open places, the least sure value (1 where none is), why, the revision."""

    open: int = 0
    weakest: float = 1.0
    weakest_path: str | None = None
    reasons: tuple[str, ...] = ()
    revision: int = 0


NOTHING_KNOWN = ReviewSummary()
REJECTED = "rejected"
"""The code of a document that a person did not want."""


def as_read(record: Record, *, below: float) -> Revision:
    """What was read, before anybody said anything of it; a record that was found done has nothing open."""
    return Revision(revision=0, below=0.0 if record.state is State.DONE else below, record=record)
