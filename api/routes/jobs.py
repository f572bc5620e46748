"""Jobs: listed, looked at, waited for, cancelled, retried, erased."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool

from api.auth import Admin, AppDep, ReaderOf, Submitter
from api.problems import responses
from api.routes import cursors
from api.routes.named_job import JobId, find_job
from api.store_threads import in_store_thread
from api.views import EventView, JobPage, JobView, seconds_of
from schemas.job import FINISHED, JobState
from worker.jobs import change
from worker.jobs.ledger.lists import Filter, Order

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

STATES = f"^({'|'.join(JobState)})(,({'|'.join(JobState)})){{0,5}}$"
_LOOK_EVERY = 0.25  # seconds between two looks for a job that is waited for
_LONGEST_WAIT = 60


@router.get("", responses=responses())
def list_jobs(
    app: AppDep,
    principal: ReaderOf,
    state: Annotated[str | None, Query(pattern=STATES, max_length=100, examples=["review,failed"])] = None,
    kind: Annotated[str | None, Query(max_length=64)] = None,
    batch: Annotated[str | None, Query(max_length=128)] = None,
    since: Annotated[datetime | None, Query(description="Those that came then or later")] = None,
    q: Annotated[str | None, Query(max_length=100, description="In names of files and in values")] = None,
    sort: Annotated[Order, Query(description="Newest first, or least sure first")] = Order.CREATED,
    cursor: Annotated[str | None, Query(max_length=128, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> JobPage:
    """Jobs of the project, the newest first."""
    wanted = Filter(
        principal.project,
        tuple(JobState(name) for name in state.split(",")) if state else (),
        kind,
        batch,
        seconds_of(since),
        q,
    )
    found = app.ledger.lists.page(wanted, after=cursors.parsed(cursor), limit=limit + 1, order=sort)
    page = found[:limit]
    last = page[-1] if len(found) > limit else None
    key = None if last is None else last.created_at if sort is Order.CREATED else last.review.weakest
    following = None if last is None or key is None else cursors.text(key, last.id)
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
    job = await run_in_threadpool(find_job, app, job_id, principal.project)
    while job.state not in FINISHED and loop.time() < until:
        await asyncio.sleep(_LOOK_EVERY)
        job = await run_in_threadpool(find_job, app, job_id, principal.project)
    waits = job.state is JobState.QUEUED
    ahead = await run_in_threadpool(app.ledger.lists.ahead, job) if waits else None
    return JobView.of(job, ahead=ahead)


@router.get("/{job_id}/events", responses=responses(404, 410))
def list_job_events(job_id: JobId, app: AppDep, principal: ReaderOf) -> list[EventView]:
    """What happened to a job, in order: who took it when, and why an attempt ended."""
    find_job(app, job_id, principal.project)
    return [EventView.of(event) for event in app.ledger.events.of(job_id)]


@router.post("/{job_id}/cancel", responses=responses(404, 409, 410))
async def cancel_job(job_id: JobId, app: AppDep, principal: Submitter) -> JobView:
    """Give a job up: at once when it waits, after the page in hand when it runs."""
    await run_in_threadpool(find_job, app, job_id, principal.project)
    changed = await in_store_thread(
        change.cancel, app, job_id, project=principal.project, actor=principal.actor
    )
    return JobView.of(changed)


@router.post("/{job_id}/retry", status_code=202, responses=responses(404, 409, 410))
async def retry_job(job_id: JobId, app: AppDep, principal: Submitter) -> JobView:
    """Read a failed or cancelled job again."""
    await run_in_threadpool(find_job, app, job_id, principal.project)
    changed = await in_store_thread(
        change.retry, app, job_id, project=principal.project, actor=principal.actor
    )
    return JobView.of(changed)


@router.delete("/{job_id}", status_code=204, responses=responses(404, 410))
async def erase_job(job_id: JobId, app: AppDep, principal: Admin) -> None:
    """Erase source, pages, record and index; that there was a job is all that stays."""
    await run_in_threadpool(find_job, app, job_id, principal.project)
    await in_store_thread(change.erase, app, job_id, project=principal.project, actor=principal.actor)
