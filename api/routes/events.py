"""Changes as they happen: server-sent events, resumable by Last-Event-ID."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api.auth import AppDep, ReaderOf
from api.problems import responses
from api.views import JobView
from schemas.job import Job
from worker.errors import PagemillError
from worker.jobs.app import App

router = APIRouter(prefix="/v1", tags=["jobs"])
_LOOK_EVERY = 0.5
_PING_EVERY = 15.0
_OVERLAP = 2.0  # seconds looked back: clocks of several machines differ, and commits overtake each other
_REMEMBERED = 10_000
_LONGEST_BREAK = 3600.0  # seconds; who was away for longer asks for the list
_STREAM = {200: {"content": {"text/event-stream": {}}, "description": "An event per change of a job"}}


@router.get("/events", response_class=StreamingResponse, responses=responses(more=_STREAM))
async def stream_events(
    request: Request,
    app: AppDep,
    principal: ReaderOf,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> StreamingResponse:
    """How jobs of the project stand, after each change, from now on or from after Last-Event-ID.

    Changes in quick succession may come as one; that a job was erased is not told.
    """
    since = _since(last_event_id, app.clock())
    body = _events(request, app, principal.project, since)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(body, media_type="text/event-stream", headers=headers)


async def _events(request: Request, app: App, project: str, since: float) -> AsyncIterator[str]:
    told: OrderedDict[tuple[str, float], None] = OrderedDict()
    quiet = 0.0
    yield ": connected\n\n"
    while not await request.is_disconnected():
        for job in await run_in_threadpool(_changed, app, project, since - _OVERLAP):
            mark = (job.id, job.updated_at)
            if mark not in told and job.updated_at > since - _OVERLAP:
                told[mark] = None
                quiet = 0.0
                yield _event(job)
            since = max(since, job.updated_at)
        while len(told) > _REMEMBERED:
            told.popitem(last=False)
        await asyncio.sleep(_LOOK_EVERY)
        quiet += _LOOK_EVERY
        if quiet >= _PING_EVERY:
            quiet = 0.0
            yield ": still here\n\n"


def _changed(app: App, project: str, after: float) -> list[Job]:
    """Every change since a time; none while the ledger is away, so that the stream lives on."""
    found: list[Job] = []
    cursor = (after, "")
    try:
        while page := app.ledger.lists.changes(project, after=cursor):
            found.extend(page)
            cursor = (page[-1].updated_at, page[-1].id)
    except PagemillError:
        return found
    return found


def _event(job: Job) -> str:
    return f"id: {job.updated_at!r}\nevent: job\ndata: {JobView.of(job).model_dump_json()}\n\n"


def _since(text: str | None, now: float) -> float:
    """The time an event id stands for, of the last hour; an id that is not ours stands for now."""
    try:
        since = float(text) if text else now
    except ValueError:
        return now
    return min(now, since) if since > now - _LONGEST_BREAK else now - _LONGEST_BREAK
