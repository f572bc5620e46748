"""Batches: named groups of jobs, counted and exported."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse

from api.auth import AppDep, ReaderOf
from api.export import columns, lines, parquet, spreadsheet
from api.problems import responses
from api.store_threads import in_store_threads
from api.views import BatchView
from schemas.job import FINISHED
from worker.errors import NotFound
from worker.jobs import audit
from worker.jobs.ledger.lists import Filter

router = APIRouter(prefix="/v1/batches", tags=["batches"])
BatchName = Annotated[str, Path(max_length=128, examples=["march-2024"])]


class Format(StrEnum):
    """The form of an export."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


_MEDIA = {
    Format.JSONL: "application/jsonl",
    Format.CSV: "text/csv; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
}

_EXPORTED = {200: {"content": {media: {} for media in _MEDIA.values()}, "description": "The records"}}


@router.get("/{name}", responses=responses(404))
def get_batch(name: BatchName, app: AppDep, principal: ReaderOf) -> BatchView:
    """How many jobs of a batch are in each state."""
    states = app.ledger.lists.counts(project=principal.project, batch=name)
    if not states:
        raise NotFound(what="batch of that name")
    finished = all(state in FINISHED for state in states)
    return BatchView(name=name, total=sum(states.values()), finished=finished, states=states)


@router.get("/{name}/export", response_class=StreamingResponse, responses=responses(404, more=_EXPORTED))
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
    pieces = {Format.JSONL: lines.write, Format.CSV: spreadsheet.write, Format.PARQUET: parquet.write}[format]
    body = pieces(app, wanted, () if format is Format.JSONL else columns.of_batch(app, wanted))
    disposition = f'attachment; filename="{name}.{format}"'
    return StreamingResponse(
        in_store_threads(body), media_type=_MEDIA[format], headers={"Content-Disposition": disposition}
    )
