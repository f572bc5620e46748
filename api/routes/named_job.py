"""The job that a URL names, for every route below it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Response
from fastapi.responses import JSONResponse

from api.auth import Principal
from api.views import JobView
from schemas.job import Job
from worker.errors import Erased, NotFound
from worker.jobs import audit
from worker.jobs.app import App

JobId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", examples=["3f2b8c1d9e4a5f60718293a4b5c6d7e8"])]
PENDING: dict[str, Any] = {"model": JobView, "description": "Not there yet; ask again after Retry-After"}


def find_job(app: App, job_id: str, project: str) -> Job:
    """A job of the project; raises NotFound, for those of others, too, and Erased."""
    try:
        return app.ledger.jobs.get(job_id, project=project)
    except NotFound:
        if app.ledger.erasures.erased_at(job_id, project=project) is not None:
            raise Erased from None
        raise


def pending(job: Job) -> Response:
    """How a job stands whose result is not there yet."""
    view = JobView.of(job).model_dump(mode="json")
    return JSONResponse(view, 202, headers={"Retry-After": "1"})


def note(app: App, job: Job, action: str, principal: Principal) -> None:
    """Write down who did what to a job."""
    audit.note(app, project=job.spec.project, actor=principal.actor, action=action, subject=job.id)
