"""Batches: named groups of jobs, counted and exported."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse

from api.auth import AppDep, ReaderOf
from api.export import columns, lines, parquet, spreadsheet, workbook
from api.problems import responses
from api.routes import cursors
from api.store_threads import in_store_threads
from api.views import BatchPage, BatchView
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
    XLSX = "xlsx"


_MEDIA = {
    Format.JSONL: "application/jsonl",
    Format.CSV: "text/csv; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

_WRITERS = {
    Format.JSONL: lines.write,
    Format.CSV: spreadsheet.write,
    Format.PARQUET: parquet.write,
    Format.XLSX: workbook.write,
}
_EXPORTED = {200: {"content": {media: {} for media in _MEDIA.values()}, "description": "The records"}}


@router.get("", responses=responses())
def list_batches(
    app: AppDep,
    principal: ReaderOf,
    cursor: Annotated[str | None, Query(max_length=512, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> BatchPage:
    """Batches of the project, the newest first."""
    found = app.ledger.lists.batches(principal.project, after=cursors.parsed(cursor), limit=limit + 1)
    page = found[:limit]
    following = cursors.text(page[-1].created_at, page[-1].name) if len(found) > limit else None
    return BatchPage(batches=[BatchView.of(batch) for batch in page], next=following)


@router.get("/{name}", responses=responses(404))
def get_batch(name: BatchName, app: AppDep, principal: ReaderOf) -> BatchView:
    """How many jobs of a batch are in each state."""
    found = app.ledger.lists.batches(principal.project, name=name)
    if not found:
        raise NotFound(what="batch of that name")
    return BatchView.of(found[0])


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
    pieces = {
        Format.JSONL: lines.write,
        Format.CSV: spreadsheet.write,
        Format.PARQUET: parquet.write,
        Format.XLSX: workbook.write,
    }[format]
    body = pieces(app, wanted, () if format is Format.JSONL else columns.of_batch(app, wanted))
    disposition = f'attachment; filename="{name}.{format}"'
    return StreamingResponse(
        in_store_threads(body), media_type=_MEDIA[format], headers={"Content-Disposition": disposition}
    )
