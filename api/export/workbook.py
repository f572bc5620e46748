"""XLSX: a sheet with a row per record; numbers are numbers, and no text is run as a formula."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

from api.export.columns import ABOUT, Column, rows
from worker.errors import MissingExtra
from worker.jobs.app import App
from worker.jobs.ledger.lists import Filter

_CHUNK = 1 << 20
_LONGEST_CELL = 32_767  # characters, and the next two, are the format's own limits
_MOST_ROWS = 1_048_576
_EXACT = 2**53


def write(app: App, wanted: Filter, columns: Sequence[Column]) -> Iterator[bytes]:
    """The file in pieces; raises MissingExtra before the first."""
    try:
        import xlsxwriter
    except ModuleNotFoundError as error:
        raise MissingExtra(feature="Export to XLSX", extra="xlsx") from error
    return _pieces(app, wanted, columns, workbook=xlsxwriter.Workbook)


def _pieces(app: App, wanted: Filter, columns: Sequence[Column], *, workbook: Any) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        with workbook(file, {"constant_memory": True}) as book:
            sheet = book.add_worksheet("records")
            sheet.freeze_panes(1, 0)
            _put(sheet, 0, [*ABOUT, *(column.title for column in columns)])
            for number, row in enumerate(rows(app, wanted), start=1):
                if number == _MOST_ROWS:
                    break
                _put(sheet, number, row.cells(columns))
        file.seek(0)
        yield from iter(lambda: file.read(_CHUNK), b"")


def _put(sheet: Any, number: int, cells: Any) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, bool):
            sheet.write_boolean(number, column, cell)
        elif isinstance(cell, int | float) and abs(cell) < _EXACT:
            sheet.write_number(number, column, cell)
        elif cell is not None:
            sheet.write_string(number, column, str(cell)[:_LONGEST_CELL])
