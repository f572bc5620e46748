"""What a floor plan says beside its rooms: title, floor, whole area, watermark, notes."""

from __future__ import annotations

import re
from decimal import Decimal

from schemas import languages
from schemas.json_schema.fields import Field
from schemas.values.folding import has_cjk
from worker.reading.engines.matcher.candidates import Filling, Listing, Scalar
from worker.reading.engines.matcher.concepts import Concept
from worker.reading.engines.matcher.readers import floor_rooms
from worker.reading.engines.matcher.readers.drawing import (
    AREA,
    SQUARE_FEET,
    TILED,
    all_cells,
    is_measure,
    watermarks,
    whole,
)
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.sheet import Candidate, Sheet
from worker.reading.engines.matcher.typed_spans import Span

_FLOOR = languages.words("floor")
_TITLE = re.compile(languages.pieces("plan_title"), re.IGNORECASE)
_SQUARE_FOOT = Decimal("0.09290304")  # square metres
_WHOLE = re.compile(languages.pieces("whole_area"), re.IGNORECASE)
_SURELY_WHOLE = re.compile(languages.pieces("surely_whole_area"), re.IGNORECASE)


def read_total_area(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """The area of the whole, in square metres."""
    found = []
    for cell in all_cells(sheet):
        for match in AREA.finditer(cell.text):
            whole = _WHOLE.search(cell.text) or _WHOLE.search(_text_above(cell, sheet))
            if not whole:
                continue
            score = 1.0 + 0.3 * bool(_SURELY_WHOLE.search(cell.text))
            value = Decimal(match[1].replace(",", "."))
            found.append(Candidate(value, score + float(value) / 10_000, (Span(cell, *match.span(1)),), 0.8))
        for match in SQUARE_FEET.finditer(cell.text):
            if _WHOLE.search(cell.text) or _WHOLE.search(_text_above(cell, sheet)):
                value = round(Decimal(match[1].replace(",", "")) * _SQUARE_FOOT, 1)
                found.append(Candidate(value, 0.9, (Span(cell, *match.span(1)),), 0.8))
    return sorted(found, key=lambda candidate: -candidate.score)


def read_floor(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """The floors named on the sheet, joined when there are several."""
    found = [
        (match.group(0), Span(cell, *match.span()))
        for cell in all_cells(sheet)
        for match in [_FLOOR.search(cell.text)]
        if match
    ]
    if not found:
        return []
    texts = dict.fromkeys(text for text, _ in found)
    return [Candidate("; ".join(texts), 1.0, tuple(span for _, span in found), 0.7)]


def read_title(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """A heading that calls itself a plan."""
    return [
        Candidate(cell.text, 1.0 + cell.height / 1000, (whole(cell),), 0.7)
        for cell in all_cells(sheet)
        if _TITLE.search(cell.text) and not AREA.search(cell.text)
    ]


def read_watermark(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """A text tiled over the sheet, or printed fainter than everything else."""
    found = []
    for cells in watermarks(sheet):
        strength = 0.9 if len(cells) >= TILED else 0.5
        found.append(Candidate(cells[0].text, float(len(cells)), tuple(map(whole, cells[:1])), strength))
    return sorted(found, key=lambda candidate: -candidate.score)


def read_annotations(field: Field, concept: Concept, sheet: Sheet) -> Filling:
    """Texts that are no room, no length, no area and no watermark."""
    used = {id(cell) for cell in floor_rooms.used_cells(sheet)}
    used |= {id(cell) for cells in watermarks(sheet) for cell in cells}
    rest = [
        cell
        for cell in all_cells(sheet)
        if id(cell) not in used
        and not is_measure(cell.text)
        and sum(char.isalpha() for char in cell.text) >= (1 if has_cjk(cell.text) else 2)
    ]
    return Listing([Scalar([Candidate(cell.text, 1.0, (whole(cell),), 0.6)]) for cell in rest])


def _text_above(cell: Cell, sheet: Sheet) -> str:
    if cell.row < 1:
        return ""
    rows = sheet.layout.rows[max(0, cell.row - 3) : cell.row]
    return " ".join(c.text for row in rows for c in row.cells if c.overlap_x(cell) > 0)
