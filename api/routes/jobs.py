"""Jobs: listed, looked at, waited for, cancelled, retried, corrected, erased."""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from api.auth import Admin, AppDep, ReaderOf, Reviewer, Submitter
from api.intake import require_text
from api.problems import responses
from api.store_threads import in_store_thread
from api.views import EventView, JobPage, JobView
from schemas.job import FINISHED, Job, JobState
from schemas.record import Record
from worker.errors import Erased, NotFound, RequestInvalid, WrongState
from worker.jobs import audit, change, object_keys, outcome
from worker.jobs.app import App
from worker.jobs.ledger.lists import Cursor, Filter

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

JobId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", examples=["3f2b8c1d9e4a5f60718293a4b5c6d7e8"])]
_LOOK_EVERY = 0.25  # seconds between two looks for a job that is waited for
_LONGEST_WAIT = 60
_PICTURE = {"content": {"image/webp": {}}, "description": "The page, upright"}
_PENDING: dict[str, Any] = {"model": JobView, "description": "Not there yet; ask again after Retry-After"}


@router.get("", responses=responses())
def list_jobs(
    app: AppDep,
    principal: ReaderOf,
    state: JobState | None = None,
    kind: Annotated[str | None, Query(max_length=64)] = None,
    batch: Annotated[str | None, Query(max_length=128)] = None,
    cursor: Annotated[str | None, Query(max_length=128, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> JobPage:
    """Jobs of the project, the newest first."""
    wanted = Filter(principal.project, state, kind, batch)
    found = app.ledger.lists.page(wanted, after=_cursor(cursor), limit=limit + 1)
    page = found[:limit]
    following = _cursor_text(page[-1]) if len(found) > limit else None
    return JobPage(jobs=[JobView.of(job) for job in page], next=following)


@router.get("/{job_id}", responses=responses(404, 410))
async def get_job(
    job_id: JobId,
    app: AppDep,
    principal: ReaderOf,
    wait: Annotated[float, Query(ge=0, le=_LONGEST_WAIT, description="Seconds to wait for its end")] = 0,
) -> JobView:
    """One job; with `wait`, answered when it has ended or the time is over."""
    loop = asyncio.get_running_loop()
    until = loop.time() + wait
    job = await run_in_threadpool(_job, app, job_id, principal.project)
    while job.state not in FINISHED and loop.time() < until:
        await asyncio.sleep(_LOOK_EVERY)
        job = await run_in_threadpool(_job, app, job_id, principal.project)
    return JobView.of(job)


@router.get("/{job_id}/events", responses=responses(404, 410))
def list_job_events(job_id: JobId, app: AppDep, principal: ReaderOf) -> list[EventView]:
    """What happened to a job, in order: who took it when, and why an attempt ended."""
    _job(app, job_id, principal.project)
    return [EventView.of(event) for event in app.ledger.events.of(job_id)]


@router.get(
    "/{job_id}/record", response_model=Record, responses=responses(404, 409, 410, more={202: _PENDING})
)
async def get_record(job_id: JobId, app: AppDep, principal: ReaderOf) -> Response:
    """What was read, with the newest correction laid over it; of a failed job, why."""
    job = await run_in_threadpool(_job, app, job_id, principal.project)
    if job.state is JobState.CANCELLED:
        raise WrongState(state=job.state)
    if job.state not in FINISHED:
        return _pending(job)
    await run_in_threadpool(_note, app, job, "read", principal.actor)
    return JSONResponse(await in_store_thread(outcome.current, app, job))


@router.put("/{job_id}/record", response_model=Record, responses=responses(404, 409, 410))
async def correct_record(
    job_id: JobId,
    data: Annotated[dict[str, Any], Body(description="The whole data, corrected.")],
    app: AppDep,
    principal: Reviewer,
) -> Response:
    """Correct the data of a record, sent alone or in the record. What was read stays beside it."""
    data = data["data"] if "record_version" in data and "data" in data else data

    def correct() -> Response:
        _job(app, job_id, principal.project)
        given = require_text(data)
        return JSONResponse(
            change.correct(app, job_id, given, project=principal.project, actor=principal.actor)
        )

    return await in_store_thread(correct)


@router.get(
    "/{job_id}/pages/{number}",
    response_class=Response,
    responses=responses(404, 410, more={200: _PICTURE, 202: _PENDING}),
)
async def get_page(
    job_id: JobId,
    number: Annotated[int, Path(ge=1, le=100_000)],
    app: AppDep,
    principal: ReaderOf,
    wait: Annotated[float, Query(ge=0, le=_LONGEST_WAIT)] = 10,
) -> Response:
    """The picture of a page, counted from 1; drawn by a worker when it is first asked for."""
    job = await run_in_threadpool(_job, app, job_id, principal.project)
    if number > max(job.pages, 1):  # the first may be looked at before a worker has counted them
        raise NotFound(what=f"page {number}")
    key = object_keys.page(job, number)
    loop = asyncio.get_running_loop()
    until = loop.time() + wait
    while await in_store_thread(app.store.stat, key) is None:
        if await in_store_thread(app.store.stat, object_keys.undrawable(job, number)) is not None:
            raise NotFound(what=f"picture of page {number}")
        await run_in_threadpool(_ask_to_draw, app, job, number)
        if loop.time() > until:
            return _pending(job)
        await asyncio.sleep(_LOOK_EVERY)
    await run_in_threadpool(_note, app, job, "look", principal.actor)
    picture = await in_store_thread(app.store.read, key)
    headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return Response(picture, media_type="image/webp", headers=headers)


@router.post("/{job_id}/cancel", responses=responses(404, 409, 410))
async def cancel_job(job_id: JobId, app: AppDep, principal: Submitter) -> JobView:
    """Give a job up: at once when it waits, after the page in hand when it runs."""
    await run_in_threadpool(_job, app, job_id, principal.project)
    changed = await in_store_thread(
        change.cancel, app, job_id, project=principal.project, actor=principal.actor
    )
    return JobView.of(changed)


@router.post("/{job_id}/retry", status_code=202, responses=responses(404, 409, 410))
async def retry_job(job_id: JobId, app: AppDep, principal: Submitter) -> JobView:
    """Read a failed or cancelled job again."""
    await run_in_threadpool(_job, app, job_id, principal.project)
    changed = await in_store_thread(
        change.retry, app, job_id, project=principal.project, actor=principal.actor
    )
    return JobView.of(changed)


@router.delete("/{job_id}", status_code=204, responses=responses(404, 410))
async def erase_job(job_id: JobId, app: AppDep, principal: Admin) -> None:
    """Erase source, pages, record and index; that there was a job is all that stays."""
    await run_in_threadpool(_job, app, job_id, principal.project)
    await in_store_thread(change.erase, app, job_id, project=principal.project, actor=principal.actor)


def _job(app: App, job_id: str, project: str) -> Job:
    """A job of the project; raises NotFound, for those of others, too, and Erased."""
    try:
        return app.ledger.jobs.get(job_id, project=project)
    except NotFound:
        if app.ledger.erasures.erased_at(job_id, project=project) is not None:
            raise Erased from None
        raise


def _pending(job: Job) -> Response:
    view = JobView.of(job).model_dump(mode="json")
    return JSONResponse(view, 202, headers={"Retry-After": "1"})


def _ask_to_draw(app: App, job: Job, number: int) -> None:
    app.broker.ask_to_draw(app.ledger.jobs.queue_of(job.id), job_id=job.id, page=number)


def _note(app: App, job: Job, action: str, actor: str) -> None:
    audit.note(app, project=job.spec.project, actor=actor, action=action, subject=job.id)


def _cursor(text: str | None) -> Cursor | None:
    if text is None:
        return None
    try:
        at, _, job_id = base64.urlsafe_b64decode(text.encode()).decode().partition("|")
        return float(at), job_id
    except (ValueError, binascii.Error, UnicodeError) as error:
        raise RequestInvalid(detail="cursor is not one of ours") from error


def _cursor_text(job: Job) -> str:
    return base64.urlsafe_b64encode(f"{job.created_at!r}|{job.id}".encode()).decode()
