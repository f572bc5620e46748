"""A job: one source read as one kind by one engine, and the states it may pass through."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"  # waits for a worker
    RUNNING = "running"  # a worker holds its lease
    DONE = "done"  # read, nothing needs a person
    REVIEW = "review"  # read, but a person should look
    FAILED = "failed"  # not read; the failure says why
    CANCELLED = "cancelled"  # given up because somebody asked


TRANSITIONS: Mapping[JobState, frozenset[JobState]] = MappingProxyType(
    {
        JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED}),
        JobState.RUNNING: frozenset(
            {
                JobState.QUEUED,  # the worker stopped, its lease ran out, or it will be tried again
                JobState.DONE,
                JobState.REVIEW,
                JobState.FAILED,
                JobState.CANCELLED,
            }
        ),
        JobState.DONE: frozenset(),
        JobState.REVIEW: frozenset({JobState.DONE}),  # a person corrected or confirmed it
        JobState.FAILED: frozenset({JobState.QUEUED}),  # retried
        JobState.CANCELLED: frozenset({JobState.QUEUED}),  # retried
    }
)

FINISHED = frozenset({JobState.DONE, JobState.REVIEW, JobState.FAILED, JobState.CANCELLED})
READ = frozenset({JobState.DONE, JobState.REVIEW})
HIGHEST_PRIORITY = 9
DEFAULT_PRIORITY = 5


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
    pipeline_version: str
    priority: int = Field(DEFAULT_PRIORITY, ge=0, le=HIGHEST_PRIORITY)
    batch: str | None = None
    created_at: float = Field(description="Seconds since 1970.")


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the ledger knows it; times are seconds since 1970."""

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

    @property
    def id(self) -> str:
        """The job's key."""
        return self.spec.job_id


def job_key(
    *, project: str, source_sha256: str, schema_sha256: str, engine: str, model: str, pipeline_version: str
) -> str:
    """The same question has the same key: 32 hexadecimal digits.

    The project is part of it, so that no project can learn what another one has.
    """
    parts = (project, source_sha256, schema_sha256, engine, model, pipeline_version)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]
