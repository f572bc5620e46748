"""What a chart says in words. Its bars, lines and points are not measured."""

from __future__ import annotations

from collections.abc import Callable

from worker.reading.engines.matcher.concepts import Concept
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.sheet import Candidate, Sheet
from worker.reading.engines.matcher.typed_spans import Span


def read_title(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """The largest text of the upper third."""
    return _ranked(
        sheet, lambda cell, y: (cell.height / sheet.layout.text_height - 0.5 * y) if y < 0.34 else 0
    )


def read_x_axis(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """The lowest text in the middle of the page, under the numbers of the axis."""
    return _ranked(sheet, lambda cell, y: y - abs(cell.cx / cell.page.width - 0.5) if y > 0.66 else 0)


def read_y_axis(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """Text that runs up the left side."""
    return [
        Candidate(cell.text, 1.0, (_whole(cell),), 0.5)
        for cell in sheet.layout.uprights
        if cell.cx < 0.4 * cell.page.width and _is_wording(cell)
    ]


def _ranked(sheet: Sheet, score: Callable[[Cell, float], float]) -> list[Candidate]:
    found = []
    for cell in sheet.layout.cells:
        points = score(cell, cell.cy / cell.page.height)
        if points > 0 and _is_wording(cell):
            found.append(Candidate(cell.text, points, (_whole(cell),), 0.45))
    return sorted(found, key=lambda candidate: -candidate.score)


def _is_wording(cell: Cell) -> bool:
    letters = sum(char.isalpha() for char in cell.text)
    return letters >= 2 and letters > sum(char.isdigit() for char in cell.text)


def _whole(cell: Cell) -> Span:
    return Span(cell, 0, len(cell.text))
