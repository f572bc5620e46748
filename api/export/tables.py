"""The forms in which records leave: their names, their writers, the answer that carries one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from fastapi.responses import StreamingResponse

from api.export import columns, lines, parquet, spreadsheet, workbook
from api.export.columns import Column
from api.store_threads import in_store_threads
from api.views import attachment
from worker.jobs.app import App
from worker.jobs.ledger.lists import Filter

Writer = Callable[[App, Filter, Sequence[Column]], Iterator[bytes]]


class Format(StrEnum):
    """The form of an export."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"


_MEDIA: Mapping[Format, str] = {
    Format.JSONL: "application/jsonl",
    Format.CSV: "text/csv; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_WRITERS: Mapping[Format, Writer] = {
    Format.JSONL: lines.write,
    Format.CSV: spreadsheet.write,
    Format.PARQUET: parquet.write,
    Format.XLSX: workbook.write,
}
EXPORTED: dict[int, dict[str, Any]] = {
    200: {"content": {media: {} for media in _MEDIA.values()}, "description": "The records"}
}


def answer(app: App, wanted: Filter, form: Format, *, name: str) -> StreamingResponse:
    """The records that are wanted as a file of that name; raises MissingExtra."""
    found = () if form is Format.JSONL else columns.of_batch(app, wanted)
    body = _WRITERS[form](app, wanted, found)
    headers = {"Content-Disposition": attachment(f"{name}.{form}")}
    return StreamingResponse(in_store_threads(body), media_type=_MEDIA[form], headers=headers)
