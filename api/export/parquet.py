"""Parquet: typed columns, in row groups, so that a large batch needs little memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

from api.export.columns import ABOUT, Column, ExportRow, rows
from worker.errors import MissingExtra
from worker.jobs.app import App
from worker.jobs.ledger.lists import Filter

_ROWS_PER_GROUP = 2000
_CHUNK = 1 << 20
_INT64 = 2**63


def write(app: App, wanted: Filter, columns: Sequence[Column]) -> Iterator[bytes]:
    """The file in pieces; raises MissingExtra before the first."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise MissingExtra(feature="Export to Parquet", extra="parquet") from error
    types = {"number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_()}
    schema = pa.schema(
        [(name, pa.string()) for name in ABOUT]
        + [(column.title, types.get(column.type, pa.string())) for column in columns]
    )
    return _pieces(app, wanted, columns, schema=schema, writer=parquet.ParquetWriter)


def _pieces(
    app: App, wanted: Filter, columns: Sequence[Column], *, schema: Any, writer: Any
) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        with writer(file, schema) as out:
            for group in _groups(app, wanted):
                out.write_batch(_batch([list(row.cells(columns)) for row in group], schema))
        file.seek(0)
        yield from iter(lambda: file.read(_CHUNK), b"")


def _groups(app: App, wanted: Filter) -> Iterator[Sequence[ExportRow]]:
    group: list[ExportRow] = []
    for row in rows(app, wanted):
        group.append(row)
        if len(group) == _ROWS_PER_GROUP:
            yield group
            group = []
    if group:
        yield group


def _batch(table: Sequence[Sequence[Any]], schema: Any) -> Any:
    """A record batch; a value of another type than its column becomes text or nothing."""
    import pyarrow as pa

    columns = [pa.array([_fit(row[at], f.type) for row in table], f.type) for at, f in enumerate(schema)]
    return pa.record_batch(columns, schema=schema)


def _fit(value: Any, wanted: Any) -> Any:
    if value is None or str(wanted) == "string":
        return None if value is None else str(value)
    if str(wanted) == "bool":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if str(wanted) != "int64":
        return float(value)
    return int(value) if abs(value) < _INT64 else None
