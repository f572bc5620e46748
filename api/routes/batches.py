"""Batches: named groups of jobs, counted and exported."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse

from api.auth import AppDep, ReaderOf
from api.export.tables import EXPORTED, Format, answer
from api.problems import responses
from api.routes import cursors
from api.views import BatchPage, BatchView
from worker.errors import NotFound
from worker.jobs import audit
from worker.jobs.ledger.lists import Filter

router = APIRouter(prefix="/v1/batches", tags=["batches"])
BatchName = Annotated[str, Path(max_length=128, examples=["march-2024"])]


@router.get("", responses=responses())
def list_batches(
    app: AppDep,
    principal: ReaderOf,
    cursor: Annotated[str | None, Query(max_length=512, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> BatchPage:
    """Batches of the project, the newest first."""
    found = app.ledger.lists.batches(
        principal.project, now=app.clock(), after=cursors.parsed(cursor), limit=limit + 1
    )
    page = found[:limit]
    following = cursors.text(page[-1].created_at, page[-1].name) if len(found) > limit else None
    return BatchPage(batches=[BatchView.of(batch) for batch in page], next=following)


@router.get("/{name}", responses=responses(404))
def get_batch(name: BatchName, app: AppDep, principal: ReaderOf) -> BatchView:
    """How many jobs of a batch are in each state."""
    found = app.ledger.lists.batches(principal.project, now=app.clock(), name=name)
    if not found:
        raise NotFound(what="batch of that name")
    return BatchView.of(found[0])


@router.get("/{name}/export", response_class=StreamingResponse, responses=responses(404, more=EXPORTED))
def export_batch(
    name: BatchName,
    app: AppDep,
    principal: ReaderOf,
    format: Format = Format.JSONL,  # noqa: A002 (its name in the URL)
) -> StreamingResponse:
    """Every record, failed ones without data: whole as JSON Lines, or a row each as CSV or Parquet."""
    wanted = Filter(principal.project, batch=name)
    if not app.ledger.lists.page(wanted, limit=1):
        raise NotFound(what="batch of that name")
    audit.note(app, project=principal.project, actor=principal.actor, action="export", subject=name)
    return answer(app, wanted, format, name=name)
