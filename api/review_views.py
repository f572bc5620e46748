"""What the API says and takes about the review of records."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from api.views import JobView, moment
from schemas.record import Issue, Record
from schemas.review import Change, Decision, FieldState, ReviewReason, Revision
from worker.checks.field_states import field_states, reasons

_MOST_CHANGES = 1000


class RecordView(Record):
    """A record as it stands."""

    revision: int = Field(description="How often people have changed it; 0 is as it was read.")
    field_states: dict[str, FieldState] = Field(description="By JSON Pointer; the empty one is the document.")
    review_reasons: tuple[ReviewReason, ...] = Field(description="Why each open place is open.")
    rows: dict[str, str | None] = Field(
        description="Items of lists that are not where they were read: by JSON Pointer the one read, "
        "null for new ones."
    )

    @classmethod
    def of(cls, revision: Revision) -> RecordView:
        """A record as the API shows it."""
        record, states = revision.record, field_states(revision)
        return RecordView.model_construct(
            **{name: getattr(record, name) for name in Record.model_fields},
            revision=revision.revision,
            field_states=dict(states),
            review_reasons=tuple(reasons(record, states)),
            rows=revision.rows,
        )


class ReviewRequest(BaseModel):
    """What a person says of a record."""

    model_config = ConfigDict(extra="forbid")

    revision: int = Field(ge=0, description="The one they saw; another one now is 409 stale_revision.")
    changes: list[Change] = Field(default_factory=list, max_length=_MOST_CHANGES)
    decision: Decision | None = None
    reason: str | None = Field(None, max_length=2000, description="Of a rejection.")
    sign_off: bool = Field(default=False, description="Accept what is still open, too.")


class CheckRequest(BaseModel):
    """Data to be checked."""

    model_config = ConfigDict(extra="forbid")

    data: dict[str, Any]


class IssuesView(BaseModel):
    """What is wrong with data."""

    issues: list[Issue]


class RevisionView(BaseModel):
    """What a person did to a record, and when."""

    revision: int
    at: datetime | None = Field(description="Null for corrections from before this was noted.")
    actor: str | None = Field(examples=["key:9f86d081884c"])
    changes: tuple[Change, ...]
    decision: Decision | None
    reason: str | None
    signed_off: tuple[str, ...] = Field(description="Places that were open, and accepted all the same.")

    @classmethod
    def of(cls, revision: Revision) -> Self:
        """A revision as the API shows it, without the record."""
        return cls(
            revision=revision.revision,
            at=moment(revision.at),
            actor=revision.actor,
            changes=revision.changes,
            decision=revision.decision,
            reason=revision.reason,
            signed_off=revision.signed_off,
        )


class HistoryView(BaseModel):
    """What people did to a record."""

    revisions: list[RevisionView]


class NextRequest(BaseModel):
    """Which documents somebody wants to review."""

    model_config = ConfigDict(extra="forbid")

    kind: str | None = Field(None, max_length=64)
    batch: str | None = Field(None, max_length=128)
    after: str | None = Field(None, max_length=32, description="The job they have left; what follows on it.")


class LeaseView(BaseModel):
    """For how long a document is kept for somebody."""

    token: str
    until: datetime


class LeaseRequest(BaseModel):
    """A lease that one has."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(max_length=64)]


class LoanView(BaseModel):
    """A document to review, and its place among those that wait."""

    job: JobView
    lease: LeaseView
    position: int = Field(description="From 1: the one that needs a person most.")
    waiting: int
