"""CSV for spreadsheets: UTF-8 with a byte order mark, which Excel needs to read Chinese."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from api.export.columns import ABOUT, Column, rows
from worker.jobs.app import App
from worker.jobs.ledger.lists import Filter

_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[\s\"']*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|[\t\r])")
"""Before what a spreadsheet would run: at the start of a cell, or where one that splits at other signs
than commas has a start. The last four are the first four in full width, which some take for the same."""


def write(app: App, wanted: Filter, columns: Sequence[Column]) -> Iterator[bytes]:
    """A header, then a row per record."""
    yield b"\xef\xbb\xbf" + _line([*ABOUT, *(_harmless(column.title) for column in columns)])
    for row in rows(app, wanted):
        yield _line([_harmless(cell) for cell in row.cells(columns)])


def _line(cells: Sequence[Any]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerow(cells)
    return buffer.getvalue().encode()


def _harmless(cell: Any) -> Any:
    """Text that a spreadsheet would run as a formula, marked as text (OWASP, CSV injection)."""
    return _FORMULA.sub(r"\1'", cell) if isinstance(cell, str) else cell
