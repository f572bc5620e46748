"""Changes as they happen: server-sent events, resumable by Last-Event-ID."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api.auth import AppDep, ReaderOf, still_holds
from api.event_streams import EventStreams, SeenChanges
from api.problems import responses
from worker.jobs.app import App

router = APIRouter(prefix="/v1", tags=["jobs"])
_LOOK_EVERY = 15.0  # seconds between two looks whether the key still holds; each is a sign of life, too
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

    Changes in quick succession may come as one; that a job was erased is not told. The stream ends with the
    key or session it was asked for with, and where it is not read fast enough.
    """
    now = await run_in_threadpool(app.clock)
    body = _events(request, app, principal.project, now=now, since=_since(last_event_id, now))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(body, media_type="text/event-stream", headers=headers)


async def _events(
    request: Request, app: App, project: str, *, now: float, since: float
) -> AsyncIterator[str]:
    streams, told = cast("EventStreams", request.app.state.streams), SeenChanges()
    clock = asyncio.get_running_loop().time
    yield ": connected\n\n"
    async with streams.listening(project, now) as listener:
        for change in told.news(await streams.since(project, since)):
            yield change.event
        until = clock() + _LOOK_EVERY
        while not listener.is_over:
            found = await listener.next(max(0.0, until - clock()))
            for change in told.news([found] if found else []):
                yield change.event
            if clock() >= until:
                if not await run_in_threadpool(still_holds, request, app):
                    return
                until = clock() + _LOOK_EVERY
                yield ": still here\n\n"


def _since(text: str | None, now: float) -> float:
    """The time an event id stands for, of the last hour; an id that is not ours stands for now."""
    try:
        since = float(text) if text else now
    except ValueError:
        return now
    return min(now, since) if since > now - _LONGEST_BREAK else now - _LONGEST_BREAK
