"""What the API says about jobs, kinds and batches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from schemas.job import FINISHED, BatchSummary, EventCode, Job, JobEvent, JobState
from schemas.review import ReviewSummary

_EXAMPLE_ID = "3f2b8c1d9e4a5f60718293a4b5c6d7e8"


class ErrorView(BaseModel):
    """Why a job failed."""

    code: str = Field(examples=["password_required"])
    message: str | None


class ProgressView(BaseModel):
    """How far a job is."""

    pages: int = Field(description="Pages of the document, 0 while that is not known.")
    pages_done: int


class WeakestView(BaseModel):
    """The value that is least sure."""

    path: str = Field(description="A JSON Pointer into the data; the empty one is the document.")
    confidence: float


class ReviewView(BaseModel):
    """How much of a record needs a person."""

    open: int = Field(description="Places that do.")
    weakest: WeakestView | None = Field(description="Among those, or if there are none, among all.")
    reasons: list[str] = Field(description="Why, as codes.", examples=[["low_confidence"]])
    revision: int = Field(description="How often people have changed it.")

    @classmethod
    def of(cls, summary: ReviewSummary) -> Self:
        """A summary as the API shows it."""
        path = summary.weakest_path
        weakest = None if path is None else WeakestView(path=path, confidence=summary.weakest)
        reasons = list(summary.reasons)
        return cls(open=summary.open, weakest=weakest, reasons=reasons, revision=summary.revision)


class JobView(BaseModel):
    """A job."""

    id: str = Field(examples=[_EXAMPLE_ID])
    state: JobState
    kind: str = Field(examples=["receipt"])
    kind_version: int
    filename: str = Field(examples=["bill.pdf"])
    size: int = Field(description="Bytes.")
    source_sha256: str
    engine: str = Field(examples=["embedded"])
    model: str | None = Field(description="The model it waits for, or was read with, as far as it is named.")
    priority: int
    batch: str | None
    attempts: int
    progress: ProgressView
    ahead: int | None = Field(
        None, description="Of one job that waits: how many of the project come before it."
    )
    error: ErrorView | None
    review: ReviewView
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    links: Mapping[str, str]

    @classmethod
    def of(cls, job: Job, *, ahead: int | None = None) -> Self:
        """A job as the API shows it."""
        spec = job.spec
        error = ErrorView(code=job.error_code, message=job.error_message) if job.error_code else None
        return cls(
            id=spec.job_id,
            state=job.state,
            kind=spec.kind,
            kind_version=spec.kind_version,
            filename=spec.filename,
            size=spec.size,
            source_sha256=spec.source_sha256,
            engine=spec.engine,
            model=spec.model,
            priority=spec.priority,
            batch=spec.batch,
            attempts=job.attempts,
            progress=ProgressView(pages=job.pages, pages_done=job.pages_done),
            ahead=ahead,
            error=error,
            review=ReviewView.of(job.review),
            created_at=moment(job.created_at),
            updated_at=moment(job.updated_at),
            started_at=moment(job.started_at),
            finished_at=moment(job.finished_at),
            links={
                "self": f"/v1/jobs/{spec.job_id}",
                "record": f"/v1/jobs/{spec.job_id}/record",
                "events": f"/v1/jobs/{spec.job_id}/events",
                "source": f"/v1/jobs/{spec.job_id}/source",
            },
        )


class EventView(BaseModel):
    """One thing that happened to a job."""

    at: datetime
    code: EventCode = Field(description="What happened.")
    attempt: int = Field(description="The attempt it belongs to; 0 before the first.")
    worker: str | None = Field(description="The worker that had the job.", examples=["host-4711"])
    error: str | None = Field(description="The code of the error, where there was one.")
    reason: str | None = Field(description="Its message, or who asked for it.")

    @classmethod
    def of(cls, event: JobEvent) -> Self:
        """An event as the API shows it."""
        return cls(
            at=moment(event.at),
            code=event.code,
            attempt=event.attempt,
            worker=event.worker,
            error=event.error_code,
            reason=event.reason,
        )


class RejectedFile(BaseModel):
    """A file that was not taken."""

    filename: str
    code: str
    detail: str


class Submitted(BaseModel):
    """What became of the files of a request."""

    jobs: list[JobView]
    rejected: list[RejectedFile] = Field(description="Files that were not taken; the others were.")


class JobPage(BaseModel):
    """A page of a list."""

    jobs: list[JobView]
    next: str | None = Field(description="The `cursor` of the next page; null on the last one.")


class BatchView(BaseModel):
    """How a batch stands."""

    name: str
    total: int
    finished: bool
    states: Mapping[str, int] = Field(examples=[{"done": 41, "failed": 1}])
    created_at: datetime = Field(description="When the first of its jobs came.")
    seconds_left: float | None = Field(description="At the pace of late; null if there is none.")

    @classmethod
    def of(cls, batch: BatchSummary) -> Self:
        """A batch as the API shows it."""
        states = batch.states
        finished = all(state in FINISHED for state in states)
        total, at = sum(states.values()), moment(batch.created_at)
        return cls(
            name=batch.name,
            total=total,
            finished=finished,
            states=states,
            created_at=at,
            seconds_left=batch.seconds_left,
        )


class BatchPage(BaseModel):
    """A page of the list of batches."""

    batches: list[BatchView]
    next: str | None = Field(description="The `cursor` of the next page; null on the last one.")


class CountsView(BaseModel):
    """How many jobs are in each state."""

    states: Mapping[JobState, int]
    at: datetime = Field(
        description="When they were counted: of a project with a great many jobs, some seconds ago."
    )


class LineView(BaseModel):
    """A printed line."""

    text: str
    box: tuple[float, float, float, float]
    edges: list[float] = Field(description="Between characters, along x, or along y if vertical.")
    vertical: bool


class LinesView(BaseModel):
    """The lines of a page; places are fractions of the upright page, its size is in pixels."""

    width: int
    height: int
    lines: list[LineView]


class KindView(BaseModel):
    """A kind that documents can be read as."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    name: str = Field(examples=["receipt"])
    version: int
    schema_sha256: str
    titles: Mapping[str, str] = Field(
        default_factory=dict, description="By language, as far as the schema says.", examples=[{"en": "Slip"}]
    )
    json_schema: Mapping[str, Any] | None = Field(None, alias="schema", description="Left out of lists.")


class KindVersionView(BaseModel):
    """A version of a kind."""

    version: int
    schema_sha256: str
    created_at: datetime | None = Field(description="null for the one that is shipped.")


class UploadTicket(BaseModel):
    """Where a large file may be sent, straight to the store."""

    source: str = Field(description="Submit this with POST /v1/jobs once the file is there.")
    url: str = Field(description="POST the file here, as multipart/form-data.")
    fields: Mapping[str, str] = Field(description="Send these before the file, which comes last as `file`.")
    max_bytes: int = Field(description="A larger file is refused by the store.")
    expires_at: datetime


class AuditView(BaseModel):
    """One line of the audit log."""

    id: int
    at: datetime
    actor: str = Field(examples=["key:9f86d081884c"])
    action: str = Field(examples=["submit"])
    subject: str


def seconds_of(when: datetime | None) -> float | None:
    """A time as seconds since 1970; one without a zone is UTC."""
    if when is None:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def attachment(name: str) -> str:
    """The header Content-Disposition of a file that is to be saved under a name of any script (RFC 6266)."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def moment(seconds: float | None) -> Any:
    """Seconds since 1970 as a time; None stays None."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
