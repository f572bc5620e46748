"""Rows that are printed between those of a list, and are in none of its entries.

Models lose rows of long lists and say nothing ("LongArray-Extract", 27 to 2,205 rows). Where a column of
numbers is found on the page, what stands in it between the first row and the last is a row, too.
"""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from schemas import pointer
from schemas.page import Box, Line
from schemas.record import Citation, Evidence, Issue, Severity

_NUMBER = re.compile(r"\d(?:[\d.,']*\d)?")
_FEW = 3  # rows that make no column
_SAME_ROW = 0.5  # of the height of a number


def rows_missing(
    data: Any, evidence: Mapping[str, Evidence], lines: Mapping[int, Sequence[Line]]
) -> Iterator[Issue]:
    """An issue for each list and page with rows that nobody read; pages are upright as they came."""
    cited = defaultdict(list)
    columns: dict[tuple[int, str], dict[str, list[Citation]]] = defaultdict(lambda: defaultdict(list))
    for at, found in evidence.items():
        listing, column = _column(at)
        for citation in found.citations:
            cited[citation.page].append(Box(*citation.box))
            if listing and _is_number(pointer.get(data, at)):
                columns[citation.page, listing][column].append(citation)
    for (page, listing), by_column in columns.items():
        cells = max(by_column.values(), key=len)
        missing = _missing(cells, lines.get(page, ()), cited[page])
        if missing:
            message = (
                f"page {page} has {missing} more printed rows between the first and the last that were read"
            )
            yield Issue(code="rows_missing", severity=Severity.ERROR, path=listing, message=message)


def _column(at: str) -> tuple[str, str]:
    """The list that a value is in an entry of, and its place in that; empty outside of lists."""
    parts = pointer.split(at)
    last = max((number for number, part in enumerate(parts) if part.isdigit()), default=None)
    if last is None:
        return "", ""
    return pointer.join(*parts[:last]), pointer.join(*parts[last + 1 :])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _missing(cells: Sequence[Citation], lines: Sequence[Line], cited: Sequence[Box]) -> int:
    """How many rows have a number in the column of these cells, and nothing that was read."""
    boxes = [Box(*cell.box) for cell in cells]
    if len(boxes) < _FEW:
        return 0
    digit = statistics.median(
        box.width / max(1, len(cell.text)) for box, cell in zip(boxes, cells, strict=True)
    )
    edge = statistics.median(box.x1 for box in boxes)
    if any(abs(box.x1 - edge) > digit for box in boxes):  # no column that is set to the right
        return 0
    top, bottom = min(box.cy for box in boxes), max(box.cy for box in boxes)
    between = [box for box in _numbers(lines) if abs(box.x1 - edge) <= digit and top < box.cy < bottom]
    rows: list[Box] = []
    for box in between:
        if not any(abs(box.cy - known.cy) < _SAME_ROW * box.height for known in [*cited, *rows]):
            rows.append(box)
    return len(rows)


def _numbers(lines: Sequence[Line]) -> Iterator[Box]:
    for line in lines:
        if not line.vertical:
            yield from (line.span_box(*found.span()) for found in _NUMBER.finditer(line.text))
