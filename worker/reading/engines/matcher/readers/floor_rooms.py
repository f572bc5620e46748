"""Rooms of a floor plan with what is printed under their names.

A text is a room's name because it says so (bedroom, 厨房) or because an area or two sides stand
right below it. Walls and doors are not looked at.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from schemas import languages
from schemas.json_schema.fields import Field
from schemas.values.folding import fold, has_cjk
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.concepts import Concept
from worker.reading.engines.matcher.readers import side_lengths
from worker.reading.engines.matcher.readers.drawing import (
    AREA,
    ROOM,
    SHORT_ROOM,
    SIDES,
    SQUARE_METRE,
    all_cells,
    is_measure,
    watermarks,
    whole,
)
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.sheet import Candidate, Sheet
from worker.reading.engines.matcher.typed_spans import Span
from worker.reading.text.page_lines import PageLines

_NO_ROOM = languages.words("no_room")
_SURE_AREA = re.compile(rf"\d\s?{SQUARE_METRE}", re.IGNORECASE)
_IMPERIAL = re.compile(r"\d\s?(?:ft|f\b|'|’|\"|”|in\b)", re.IGNORECASE)
_UNCONFIRMED = 0.5  # that sides in a second unit are right which those in the first do not say
_CALLED = {
    part: re.compile(languages.pieces(called), re.IGNORECASE)
    for part, called in {
        "name": "room_name",
        "area": "room_area",
        "dimensions_alt": "room_other_sides",
        "dimensions": "room_sides",
    }.items()
}
"""How the fields of a room are named, in the order in which they are tried."""
_GAP = 1.3  # letter heights between a name and what belongs to it


@dataclass(frozen=True, slots=True)
class _Room:
    name: tuple[Span, ...]
    area: tuple[Decimal, Span] | None
    sides: tuple[Span, ...]

    @property
    def title(self) -> str:
        """The name as one text."""
        return " ".join(span.text for span in self.name)


def read_rooms(field: Field, concept: Concept, sheet: Sheet) -> Filling:
    """Every named space, from the top down."""
    assert field.items is not None
    names = {child.name: _part_of(child.name) for child in field.items.properties}
    rooms = _rooms(sheet)
    printed = {fold(room.title) for room in rooms}
    return Listing([_group(room, names, title=_numbered(room.title, printed)) for room in rooms])


def name_cells(sheet: Sheet) -> list[Cell]:
    """The cells that name rooms."""
    return [span.cell for room in _rooms(sheet) for span in room.name]


def used_cells(sheet: Sheet) -> list[Cell]:
    """Every cell that belongs to a room."""
    areas = [room.area[1].cell for room in _rooms(sheet) if room.area]
    sides = [span.cell for room in _rooms(sheet) for span in room.sides]
    return [*name_cells(sheet), *areas, *sides]


def _numbered(title: str, printed: set[str]) -> str:
    """`BEDROOM I` is a misread `BEDROOM 1` where there is a `BEDROOM 2`."""
    base = re.sub(r"\s[Il|]$", "", title)
    if base != title and fold(base + " 2") in printed and fold(base + " ii") not in printed:
        return base + " 1"
    return title


def _rooms(sheet: Sheet) -> list[_Room]:
    """Every room, found once per sheet."""
    if "rooms" not in sheet.memo:
        sheet.memo["rooms"] = [room for page in sheet.layout.pages for room in _rooms_of(page, sheet)]
    found: list[_Room] = sheet.memo["rooms"]
    return found


def _rooms_of(page: PageLines, sheet: Sheet) -> list[_Room]:
    marks = {id(cell) for cells in watermarks(sheet) for cell in cells}
    marks |= _compass(all_cells(sheet))
    cells = [cell for cell in all_cells(sheet) if cell.page is page and id(cell) not in marks]
    taken: set[int] = set()
    rooms = []
    for cell in cells:
        if id(cell) in taken:
            continue
        room = _room(cell, cells, taken)
        if room is not None:
            rooms.append(room)
            taken |= {id(span.cell) for span in (*room.name, *room.sides)}
            taken |= {id(room.area[1].cell)} if room.area else set()
    return rooms


def _compass(cells: Sequence[Cell]) -> set[int]:
    """The letters of a compass rose, when at least three of them are there."""
    points = [cell for cell in cells if cell.text in {"N", "E", "S", "W"}]
    return {id(cell) for cell in points} if len({cell.text for cell in points}) >= 3 else set()


def _room(cell: Cell, cells: Sequence[Cell], taken: set[int]) -> _Room | None:
    name = _name_part(cell)
    if name is None:
        return None
    nearby = [other for other in _under(cell, cells) if id(other) not in taken]
    second = next((other for other in nearby[:1] if _is_second_name(cell, other)), None)
    if second is not None:
        nearby = [other for other in _under(second, cells) if id(other) not in taken] + nearby[1:]
    area = _area_of(cell, name) or next(filter(None, (_area(other) for other in nearby[:3])), None)
    sides = [span for other in (cell, *nearby[:3]) if (span := _sides(other))]
    known = ROOM.search(name.text) or SHORT_ROOM.match(name.text)
    if not known and not ((area and _SURE_AREA.search(area[1].cell.text)) or sides):
        return None
    spans = (name, whole(second)) if second else (name,)
    return _Room(spans, area, tuple(sides[:2]))


def _name_part(cell: Cell) -> Span | None:
    """The part of a cell before its first measure, if it can be a name."""
    text = cell.text
    measure = SIDES.search(text) or AREA.search(text)
    end = len((text[: measure.start()] if measure else text).rstrip(" :：,-("))
    name = text[:end]
    letters = sum(char.isalpha() for char in name)
    if not name or letters < 1 or len(name) > 32 or _NO_ROOM.search(name):
        return None
    if letters < 2 and not SHORT_ROOM.match(name):
        return None
    return Span(cell, 0, end)


def _under(cell: Cell, cells: Sequence[Cell]) -> list[Cell]:
    """Cells right below, or overlapping it from below, nearest first."""
    near = [
        other
        for other in cells
        if other is not cell
        and other.page is cell.page
        and abs(other.cx - cell.cx) < 0.6 * max(cell.x1 - cell.x0, other.x1 - other.x0)
        and 0 < other.cy - cell.cy < (2.4 + _GAP) * cell.height
        and not other.line.vertical
    ]
    return sorted(near, key=lambda other: other.cy)


def _is_second_name(cell: Cell, other: Cell) -> bool:
    """Whether a Chinese name is repeated in English below it."""
    return (
        has_cjk(cell.text)
        and not has_cjk(other.text)
        and other.cy - cell.cy < 2.2 * cell.height
        and bool(ROOM.search(other.text) or re.fullmatch(r"[A-Z][A-Z -]{3,}", other.text))
        and not is_measure(other.text)
    )


def _area_of(cell: Cell, name: Span) -> tuple[Decimal, Span] | None:
    """An area in the same cell, behind the name."""
    found = _area(cell)
    return found if found and found[1].start >= name.end else None


def _area(cell: Cell) -> tuple[Decimal, Span] | None:
    match = AREA.search(cell.text)
    if match is None or SIDES.search(cell.text):
        return None
    return Decimal(match[1].replace(",", ".")), Span(cell, *match.span(1))


def _sides(cell: Cell) -> Span | None:
    match = SIDES.search(cell.text)
    return Span(cell, *match.span()) if match else None


def _group(room: _Room, parts: dict[str, str], *, title: str) -> Group:
    metric = [span for span in room.sides if not _IMPERIAL.search(span.text)]
    imperial = [span for span in room.sides if _IMPERIAL.search(span.text)]
    sides = [*metric, *imperial]
    values: dict[str, Candidate] = {}
    values["name"] = Candidate(title, 1.0, room.name, 0.85 if room.area or sides else 0.7)
    if room.area:
        values["area"] = Candidate(room.area[0], 1.0, (room.area[1],), 0.85)
    for part, side in zip(("dimensions", "dimensions_alt"), sides, strict=False):
        values[part] = Candidate(side_lengths.as_typed(side.text), 1.0, (side,), 0.75)
    if len(sides) > 1:
        values["dimensions_alt"] = _in_other_unit(*sides[:2])
    return Group({field: Scalar([values[part]]) for field, part in parts.items() if part in values})


def _in_other_unit(metric: Span, other: Span) -> Candidate:
    """The sides in the second unit; where the first ones do not confirm them they are less sure."""
    text = side_lengths.as_typed(other.text)
    mended = side_lengths.in_feet(text, metric.text)
    if mended is None:
        return Candidate(text, 1.0, (other,), _UNCONFIRMED, _UNCONFIRMED)
    return Candidate(mended, 1.0, (other,), 0.85)


def _part_of(name: str) -> str:
    """Which part of a room a field asks for."""
    return next((part for part, called in _CALLED.items() if called.search(name)), "")
