"""Chains of lengths along the four sides of a drawing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from schemas import languages
from schemas.json_schema.fields import Field
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.choices import UNDECIDED
from worker.reading.engines.matcher.concepts import Concept
from worker.reading.engines.matcher.readers import floor_rooms
from worker.reading.engines.matcher.readers.drawing import LENGTH, all_cells, whole
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.sheet import Candidate, Sheet
from worker.reading.engines.matcher.typed_spans import Span

_OPPOSITE = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}
_SLACK = Decimal("0.02")  # part of its length by which a chain may differ from the one opposite
_UNIT = re.compile(
    rf"({languages.pieces('millimetre')}|\bmm\b)|({languages.pieces('centimetre')}|\bcm\b)|({languages.pieces('metre')})",
    re.IGNORECASE,
)
_SAYS_UNIT = re.compile(languages.pieces("unit_of_length"), re.IGNORECASE)


def read_chains(field: Field, concept: Concept, sheet: Sheet) -> Filling:
    """The chains of lengths outside the drawing."""
    chains = _chains(sheet)
    if not chains:
        return Scalar()
    fields: dict[str, Filling] = {
        side: Listing([Scalar([_length(cell, agrees=_agrees(side, chains))]) for cell in cells])
        for side, cells in chains.items()
    }
    unit = _chain_unit(sheet, chains)
    if unit:
        fields["unit"] = Scalar([unit])
    return Group(fields)


def _chains(sheet: Sheet) -> dict[str, list[Cell]]:
    """Lengths by the side of the drawing along which they stand; empty without any chain."""
    lengths = [cell for cell in all_cells(sheet) if LENGTH.match(cell.text)]
    named = floor_rooms.name_cells(sheet)
    if len(lengths) < 2 or not named:
        return {}
    left, right = min(c.x0 for c in named), max(c.x1 for c in named)
    top, bottom = min(c.y0 for c in named), max(c.y1 for c in named)
    level = [cell for cell in lengths if not cell.line.vertical]
    upright = [cell for cell in lengths if cell.line.vertical or not top < cell.cy < bottom]
    sides = {
        "top": _chain([c for c in level if c.y1 < top], along="x"),
        "right": _chain([c for c in upright if c.x0 > right and c.line.vertical], along="y"),
        "bottom": _chain([c for c in level if c.y0 > bottom], along="x"),
        "left": _chain([c for c in upright if c.x1 < left and c.line.vertical], along="y"),
    }
    return sides if any(sides.values()) else {}


def _chain(cells: Sequence[Cell], *, along: str) -> list[Cell]:
    """Of parallel chains the one with the most members, in order."""
    groups: list[list[Cell]] = []
    across = _middle_y if along == "x" else _middle_x
    for cell in sorted(cells, key=across):
        thickness = cell.height if along == "x" else cell.x1 - cell.x0
        if groups and abs(across(cell) - across(groups[-1][-1])) < 0.8 * thickness:
            groups[-1].append(cell)
        else:
            groups.append([cell])
    best = max(groups, key=len, default=[])
    return sorted(best, key=_middle_x if along == "x" else _middle_y)


def _middle_x(cell: Cell) -> float:
    return cell.cx


def _middle_y(cell: Cell) -> float:
    return cell.cy


def _agrees(side: str, chains: Mapping[str, Sequence[Cell]]) -> bool:
    """Whether a chain is as long as the one on the other side of the drawing, where both are there."""
    mine, other = (
        sum((_length(cell).value for cell in chains[name]), Decimal(0)) for name in (side, _OPPOSITE[side])
    )
    return not mine or not other or abs(mine - other) <= _SLACK * max(mine, other)


def _length(cell: Cell, *, agrees: bool = True) -> Candidate:
    match = LENGTH.match(cell.text)
    assert match is not None
    strength = 0.75 if match[1] == cell.text.strip() else 0.5
    sure = None if agrees else UNDECIDED
    return Candidate(Decimal(match[1]), 1.0, (Span(cell, *match.span(1)),), strength, sure)


def _chain_unit(sheet: Sheet, chains: dict[str, list[Cell]]) -> Candidate | None:
    """The unit printed on the sheet, else millimetres where the lengths are thousands."""
    for cell in all_cells(sheet):
        match = _SAYS_UNIT.search(cell.text) and _UNIT.search(cell.text)
        if match:
            unit = "mm" if match[1] else "cm" if match[2] else "m"
            return Candidate(unit, 1.0, (Span(cell, *match.span()),), 0.9)
    lengths = [cell for cells in chains.values() for cell in cells]
    values = sorted(_length(cell).value for cell in lengths)
    if values and values[len(values) // 2] >= 500:
        return Candidate("mm", 0.8, (whole(lengths[0]),), 0.6)
    return None
