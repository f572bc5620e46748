"""What the texts of a floor plan look like: rooms, areas, sides, lengths, watermarks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from schemas import languages
from schemas.values.folding import squeeze
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.sheet import Sheet
from worker.reading.engines.matcher.typed_spans import Span

_word = partial(re.compile, flags=re.IGNORECASE)

ROOM = languages.words("room")
SHORT_ROOM = re.compile(rf"^{languages.pieces('room_abbreviation')}\.?$")
SQUARE_METRE = rf"(?:m²|㎡|m2|m\^2|{languages.pieces('square_metre')})"
AREA = _word(
    r"(?<![\d.,x×*])(\d{1,4}(?:[.,]\d{1,2})?)\s?"
    rf"(?:{SQUARE_METRE}|m[?'’°³*]|m(?![\w.]|\s?[x×]))"
)
SQUARE_FEET = re.compile(
    r"(?<![\d.,x×*])(\d{1,3}(?:,\d{3})+|\d{2,6}(?:\.\d{1,2})?)\s?"
    rf"(?:ft²|ft2|{languages.pieces('square_foot')})",
    re.IGNORECASE,
)
_FEET = r"\d{1,3}\s?['’°]\s?\d{1,2}(?:\s?\d/\d)?\s?(?:\"|”|''|°|in\b)?"
_INCHES = r"\.?(?:\s?\d{1,2}(?:\s?\d/\d)?\s?(?:\"|”|''|in))?"
SIDES = _word(
    rf"({_FEET}|\d{{1,5}}(?:[.,]\d{{1,3}})?\s?(?:mm|cm|m|ft|'|’|\")?{_INCHES})"
    rf"\s?(?:[x×*]|{languages.pieces('by')})\s?"
    rf"({_FEET}|\d{{1,5}}(?:[.,]\d{{1,3}})?\s?(?:mm|cm|m|f\w?|'|’|\")?{_INCHES})"
)
LENGTH = re.compile(r"^\W{0,2}(\d{2,5}(?:\.\d{1,3})?)\W{0,2}$")
TILED = 3  # times a text must be repeated to be a watermark


def all_cells(sheet: Sheet) -> list[Cell]:
    """Every cell, vertical ones too, from the top down."""
    if "all_cells" not in sheet.memo:
        cells = [*sheet.layout.cells, *sheet.layout.uprights]
        sheet.memo["all_cells"] = sorted(cells, key=lambda cell: (cell.page.number, cell.y0))
    found: list[Cell] = sheet.memo["all_cells"]
    return found


def whole(cell: Cell) -> Span:
    """All of a cell."""
    return Span(cell, 0, len(cell.text))


def is_measure(text: str) -> bool:
    """Whether a text is a length, an area or a pair of sides rather than words."""
    letters = sum(char.isalpha() for char in text)
    digits = sum(char.isdigit() for char in text)
    return bool(
        LENGTH.match(text)
        or (SIDES.search(text) and letters <= 6)
        or (AREA.search(text) and letters <= 3)
        or digits > letters
    )


def watermarks(sheet: Sheet) -> Iterator[list[Cell]]:
    """Groups of equal texts: printed faintly, or repeated over the sheet without being a room."""
    groups: dict[str, list[Cell]] = {}
    for cell in all_cells(sheet):
        if sum(char.isalpha() for char in cell.text) >= 2:
            groups.setdefault(squeeze(cell.text), []).append(cell)
    for cells in groups.values():
        faint = 2 * sum(map(_is_faint, cells)) >= len(cells)
        often = len(cells) >= TILED and len(cells[0].text) >= 3
        # CAD sheets print the names of rooms in grey too, but not all over the sheet.
        is_mark = faint and often if ROOM.search(cells[0].text) else faint or often
        if is_mark:
            yield cells


def _is_faint(cell: Cell) -> bool:
    return any(line is cell.line for line in cell.page.faint)
