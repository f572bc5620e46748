"""A job: one source read as one kind by one engine, and the states it may pass through."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from schemas.review import NOTHING_KNOWN, ReviewSummary


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"  # waits for a worker
    RUNNING = "running"  # a worker holds its lease
    DONE = "done"  # read, nothing needs a person
    REVIEW = "review"  # read, but a person should look
    FAILED = "failed"  # not read; the failure says why
    CANCELLED = "cancelled"  # given up because somebody asked


class EventCode(StrEnum):
    """What happened to a job."""

    SUBMITTED = "submitted"
    CLAIMED = "claimed"  # a worker begins an attempt
    GIVEN_BACK = "given_back"  # the worker stopped, or it will be tried again; the error says why
    LEASE_EXPIRED = "lease_expired"  # nothing was heard of the worker any more
    DONE = "done"
    REVIEW = "review"
    FAILED = "failed"
    CANCEL_REQUESTED = "cancel_requested"  # while it was read
    CANCELLED = "cancelled"
    RETRIED = "retried"  # somebody asked for it
    CHECKED = "checked"  # a person said something of the record, and something is still open
    CONFIRMED = "confirmed"  # a person said that it is right
    CORRECTED = "corrected"  # a person changed it, and nothing is left open
    POSTPONED = "postponed"  # a person put it behind the others that need one
    REJECTED = "rejected"  # a person said that the document is of no use


@dataclass(frozen=True, slots=True)
class Transition:
    """The states a job may be in for something to happen to it, and the one it is in afterwards."""

    since: frozenset[JobState]
    to: JobState


_RUNS = frozenset({JobState.RUNNING})
_READ_ONCE = frozenset({JobState.REVIEW, JobState.DONE, JobState.FAILED})  # of the failed: those rejected
TRANSITIONS: Mapping[EventCode, Transition] = MappingProxyType(
    {
        EventCode.CLAIMED: Transition(frozenset({JobState.QUEUED}), JobState.RUNNING),
        EventCode.GIVEN_BACK: Transition(_RUNS, JobState.QUEUED),
        EventCode.LEASE_EXPIRED: Transition(_RUNS, JobState.QUEUED),
        EventCode.DONE: Transition(_RUNS, JobState.DONE),
        EventCode.REVIEW: Transition(_RUNS, JobState.REVIEW),
        EventCode.FAILED: Transition(_RUNS, JobState.FAILED),
        EventCode.CANCEL_REQUESTED: Transition(_RUNS, JobState.RUNNING),
        EventCode.CANCELLED: Transition(_RUNS | {JobState.QUEUED}, JobState.CANCELLED),
        EventCode.RETRIED: Transition(frozenset({JobState.FAILED, JobState.CANCELLED}), JobState.QUEUED),
        EventCode.CHECKED: Transition(_READ_ONCE, JobState.REVIEW),
        EventCode.CONFIRMED: Transition(_READ_ONCE, JobState.DONE),
        EventCode.CORRECTED: Transition(_READ_ONCE, JobState.DONE),
        EventCode.POSTPONED: Transition(_READ_ONCE, JobState.REVIEW),
        EventCode.REJECTED: Transition(_READ_ONCE, JobState.FAILED),
    }
)
"""Every move there is; the ledger makes no other."""

FINISHED = frozenset({JobState.DONE, JobState.REVIEW, JobState.FAILED, JobState.CANCELLED})
READ = frozenset({JobState.DONE, JobState.REVIEW})
HIGHEST_PRIORITY = 9
DEFAULT_PRIORITY = 5


@dataclass(frozen=True, slots=True)
class KindRef:
    """A kind in one version: what a job needs to know of it."""

    name: str
    version: int
    schema_sha256: str


class JobSpec(BaseModel):
    """What was asked for; never changes. Stored beside the outcome as `job.json`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    spec_version: Literal[1] = 1
    job_id: str
    project: str
    kind: str
    kind_version: int
    schema_sha256: str
    source_sha256: str
    filename: str
    size: int = Field(ge=0, description="Bytes of the source.")
    engine: str
    model: str | None = Field(
        None,
        description="Model, revision and how it runs, as in the key; none where the worker's own may read.",
    )
    pipeline_version: str
    priority: int = Field(DEFAULT_PRIORITY, ge=0, le=HIGHEST_PRIORITY)
    batch: str | None = None
    created_at: FiniteFloat = Field(description="Seconds since 1970.")
    incarnation: int = Field(0, ge=0, description="How often the job was erased before.")
    source_incarnation: int = Field(0, ge=0, description="How often its source was.")


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the ledger knows it; times are seconds since 1970.

    `worker` is the one that has it, or had it last; `setbacks` counts attempts that were not its fault.
    """

    spec: JobSpec
    state: JobState
    attempts: int
    pages: int
    pages_done: int
    error_code: str | None
    error_message: str | None
    cancel_requested: bool
    created_at: float
    updated_at: float
    started_at: float | None
    finished_at: float | None
    lease_token: str | None = None
    worker: str | None = None
    setbacks: int = 0
    review: ReviewSummary = NOTHING_KNOWN

    @property
    def id(self) -> str:
        """The job's key."""
        return self.spec.job_id


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One thing that happened to a job: when (seconds since 1970), in which attempt, by which worker, why."""

    at: float
    code: EventCode
    attempt: int
    worker: str | None = None
    error_code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """A batch: how many of its jobs are in each state, and when the first of them came.

    `pace` is how many of them ended in a second of late, 0 where none did.
    """

    name: str
    created_at: float
    states: Mapping[str, int]
    pace: float = 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long the others will take at this pace; None where nothing tells."""
        left = sum(count for state, count in self.states.items() if state not in FINISHED)
        return 0.0 if not left else left / self.pace if self.pace else None


def job_key(
    *, project: str, source_sha256: str, schema_sha256: str, engine: str, model: str, pipeline_version: str
) -> str:
    """The same question has the same key: 32 hexadecimal digits.

    The project is part of it, so that no project can learn what another one has. `model` says how it is run
    and in which revision, as far as that is known.
    """
    parts = (project, source_sha256, schema_sha256, engine, model, pipeline_version)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]
