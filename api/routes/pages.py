"""A document as it came, and its pages as a worker draws them: pictures, thumbnails, lines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api.auth import AppDep, Principal, ReaderOf
from api.problems import responses
from api.routes.named_job import PENDING, JobId, find_job, note, pending
from api.store_threads import in_store_thread, in_store_threads
from api.views import LinesView, attachment
from schemas.job import Job
from worker.errors import NotFound
from worker.jobs import object_keys
from worker.jobs.app import App
from worker.jobs.object_keys import Drawing

router = APIRouter(prefix="/v1/jobs", tags=["pages"])
_LOOK_EVERY = 0.25  # seconds between two looks for what a worker draws
_LONGEST_WAIT = 60
_PICTURE = {"content": {"image/webp": {}}, "description": "The page, upright"}
_SOURCE = {"content": {"application/octet-stream": {}}, "description": "The bytes"}
_HEADERS = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
PageNumber = Annotated[int, Path(ge=1, le=100_000)]
Wait = Annotated[float, Query(ge=0, le=_LONGEST_WAIT, description="Seconds to wait for a worker")]


class Size(StrEnum):
    """How large a picture is wanted."""

    FULL = "full"  # at most 2,000 pixels
    THUMB = "thumb"  # at most 240


_DRAWN = {Size.FULL: Drawing.PICTURE, Size.THUMB: Drawing.THUMBNAIL}


@router.get(
    "/{job_id}/source", response_class=StreamingResponse, responses=responses(404, 410, more={200: _SOURCE})
)
async def get_source(job_id: JobId, app: AppDep, principal: ReaderOf) -> StreamingResponse:
    """The document as it came, to be saved: no browser shows it, for it may be anything."""
    job = await run_in_threadpool(find_job, app, job_id, principal.project)
    key = object_keys.source(job.spec)
    stat = await in_store_thread(app.store.stat, key)
    if stat is None:
        raise NotFound(what="source of this job")
    await run_in_threadpool(note, app, job, "download", principal)
    headers = {
        "Content-Disposition": attachment(job.spec.filename),
        "Content-Length": str(stat.size),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(
        in_store_threads(_pieces(app, key)), media_type="application/octet-stream", headers=headers
    )


@router.get(
    "/{job_id}/pages/{number}",
    response_class=Response,
    responses=responses(404, 410, more={200: _PICTURE, 202: PENDING}),
)
async def get_page(
    job_id: JobId,
    number: PageNumber,
    app: AppDep,
    principal: ReaderOf,
    wait: Wait = 10,
    size: Size = Size.FULL,
) -> Response:
    """The picture of a page, counted from 1; drawn by a worker when it is first asked for."""
    found = await _drawn(app, principal, job_id, number, what=_DRAWN[size], wait=wait)
    if isinstance(found, Job):
        return pending(found)
    await run_in_threadpool(_note_look, app, job_id, principal)
    return Response(found, media_type="image/webp", headers=_HEADERS)


@router.get(
    "/{job_id}/pages/{number}/lines",
    response_model=LinesView,
    responses=responses(404, 410, more={202: PENDING}),
)
async def get_lines(
    job_id: JobId, number: PageNumber, app: AppDep, principal: ReaderOf, wait: Wait = 10
) -> Response:
    """The lines printed on a page, in reading order, with the places of their characters."""
    found = await _drawn(app, principal, job_id, number, what=Drawing.LINES, wait=wait)
    if isinstance(found, Job):
        return pending(found)
    return Response(found, media_type="application/json", headers=_HEADERS)


async def _drawn(
    app: App, principal: Principal, job_id: str, number: int, *, what: Drawing, wait: float
) -> bytes | Job:
    """What a worker draws of a page, or the job when it has not come in time; raises NotFound, Erased."""
    job = await run_in_threadpool(find_job, app, job_id, principal.project)
    if number > max(job.pages, 1):  # the first may be looked at before a worker has counted them
        raise NotFound(what=f"page {number}")
    key = object_keys.drawn(job, number, what)
    loop = asyncio.get_running_loop()
    until = loop.time() + wait
    while await in_store_thread(app.store.stat, key) is None:
        if await in_store_thread(app.store.stat, object_keys.undrawable(job, number)) is not None:
            raise NotFound(what=f"picture of page {number}")
        await run_in_threadpool(_ask_to_draw, app, job, number, what)
        if loop.time() > until:
            return job
        await asyncio.sleep(_LOOK_EVERY)
    return await in_store_thread(app.store.read, key)


def _ask_to_draw(app: App, job: Job, number: int, what: Drawing) -> None:
    app.broker.ask_to_draw(app.ledger.jobs.queue_of(job.id), job_id=job.id, page=number, what=what)


def _note_look(app: App, job_id: str, principal: Principal) -> None:
    note(app, app.ledger.jobs.get(job_id, project=principal.project), "look", principal)


def _pieces(app: App, key: str) -> Iterator[bytes]:
    with app.store.open(key) as pieces:
        yield from pieces
