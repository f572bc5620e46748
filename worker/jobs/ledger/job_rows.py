"""Rows of the table of jobs: what is written at each move, and a row as a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from schemas.job import Job, JobSpec, JobState, KindRef
from schemas.review import NOTHING_KNOWN, ReviewSummary

OUTSIDE_SPEC = {"spec_version", "job_id"}


@dataclass(frozen=True, slots=True)
class End:
    """How a job ended: its last state, the pages that were read, and why it failed if it did.

    `told` is the kind that the document was told to be, where nobody had named one.
    `review` is what lists say of its record, `found` the text by which a search finds it.
    """

    state: JobState
    pages: int = 0
    error_code: str | None = None
    error_message: str | None = None
    told: KindRef | None = None
    review: ReviewSummary = NOTHING_KNOWN
    found: str = ""


def job_of(row: Row[Any]) -> Job:
    """A row as a job."""
    found = row._mapping  # noqa: SLF001 (SQLAlchemy's documented name for the row as a mapping)
    fields = {name: found[name] for name in JobSpec.model_fields if name not in OUTSIDE_SPEC}
    spec = JobSpec.model_construct(spec_version=1, job_id=found["id"], **fields)
    return Job(
        spec=spec,
        state=JobState(found["state"]),
        attempts=found["attempts"],
        pages=found["pages"],
        pages_done=found["pages_done"],
        error_code=found["error_code"],
        error_message=found["error_message"],
        cancel_requested=found["cancel_requested"],
        created_at=found["created_at"],
        updated_at=found["updated_at"],
        started_at=found["started_at"],
        finished_at=found["finished_at"],
        lease_token=found["lease_token"],
        worker=found["worker"],
        setbacks=found["setbacks"],
        review=ReviewSummary(
            open=found["open_values"],
            weakest=found["weakest"],
            weakest_path=found["weakest_path"],
            reasons=tuple((found["review_reasons"] or "").split()),
            revision=found["revision"],
        ),
    )


def opened(spec: JobSpec, now: float) -> Job:
    """A job that was just opened."""
    return Job(
        spec=spec,
        state=JobState.QUEUED,
        attempts=0,
        pages=0,
        pages_done=0,
        error_code=None,
        error_message=None,
        cancel_requested=False,
        created_at=spec.created_at,
        updated_at=now,
        started_at=None,
        finished_at=None,
    )


def released(due_at: float) -> dict[str, Any]:
    """What is written when a job waits again; a request to cancel stays for whoever takes it next."""
    return {"lease_token": None, "lease_until": None, "due_at": due_at}


def anew(now: float) -> dict[str, Any]:
    """What is written when a job that had ended is to be read again, as if for the first time."""
    return released(now) | {
        "attempts": 0,
        "setbacks": 0,
        "worker": None,
        "finished_at": None,
        "error_code": None,
        "error_message": None,
        "cancel_requested": False,
        **reviewed(NOTHING_KNOWN),
    }


def ended(end: End, now: float) -> dict[str, Any]:
    """What is written when a job ends."""
    return {
        "lease_token": None,
        "lease_until": None,
        "finished_at": now,
        "cancel_requested": False,
        "pages": end.pages,
        "pages_done": end.pages,
        **error(end),
        **reviewed(end.review),
        **told(end),
    }


def told(end: End) -> dict[str, Any]:
    """The kind, where it was not known before."""
    kind = end.told
    if kind is None:
        return {}
    return {"kind": kind.name, "kind_version": kind.version, "schema_sha256": kind.schema_sha256}


def error(end: End) -> dict[str, Any]:
    """Why it failed, if it did."""
    message = end.error_message.replace("\0", "") if end.error_message else None
    return {"error_code": end.error_code, "error_message": message}


def reviewed(summary: ReviewSummary) -> dict[str, Any]:
    """What lists say of a record; a new one has not been postponed."""
    return {
        "open_values": summary.open,
        "weakest": summary.weakest,
        "weakest_path": summary.weakest_path,
        "review_reasons": " ".join(summary.reasons) or None,
        "revision": summary.revision,
        "postponed": 0.0,
    }
