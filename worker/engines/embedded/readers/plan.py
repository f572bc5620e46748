"""Floor plans: rooms with what is printed under their names, chains of lengths, the rest.

A text is a room's name because it says so (bedroom, 厨房) or because an area or two sides stand
right below it. Walls and doors are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from schemas.json_schema.fields import Field
from schemas.values.folding import fold, has_cjk, plain, squeeze
from worker.engines.embedded.concepts import Concept, concept_of
from worker.engines.embedded.filling import Filling, Group, Listing, Scalar
from worker.engines.embedded.layout import Cell
from worker.engines.embedded.sheet import Candidate, Sheet
from worker.engines.embedded.spans import Span

_word = partial(re.compile, flags=re.IGNORECASE)
_ROOM = _word(
    r"\b(bed ?room|bath ?room|shower ?room|kitchen|kitchenette|living|lounge|dining|reception|hall(?:way)?|study"
    r"|office|garage|balcony|terrace|patio|utility|laundry|toilet|wc|w\.c\.?|store(?:room)?|storage|cup'?bo?a?rd"
    r"|pantry|larder|closet|wardrobe|dressing|en.?suite|entry|entrance hall|foyer|porch|landing|conservatory"
    r"|sitting|family|play ?room|gym|cellar|attic|loft|library|guest|nursery|sauna|corridor|lobby|deck"
    r"|veranda|sun ?room|media ?room|music|cinema|rec(?:reation)? ?room|great ?room|w\.?i\.?c|bedr?m|lift|void"
    r"|\w+ room|room)\b"
    r"|[主次客儿保老佣]卧|卧室|[客餐起门]厅|客餐厅|厨房?|卫生间|[主客公次厅]卫|浴室|淋浴|洗手间|厕所|书房|阳台|露台"
    r"|玄关|过道|走廊|走道|储[物藏]|衣帽|花园|庭院|车库|车位|电梯|楼梯|飘窗|洗衣|影音|棋牌|茶室|琴房|活动室|设备"
    r"|健身|工人房|保姆|儿童房|老人房|多功能|空中|入户花园|平台|门厅|客房|茶水|[一-龥]{1,4}[室厅房间]$"
)
_SHORT_ROOM = re.compile(r"^(ST|C|W|CPD|WC|B/?R|A/?C|HW|UTIL|LDRY|ENS|WIR|WIP|PDR|L'?DRY|CUP|F/?P|BATH|ENSUITE)\.?$")
_NO_ROOM = _word(r"\b(floor|area|approx|sq|total|plan|scale|gross|internal|ground|produced|copyright|not to)\b|单位|面积|户型|图|层$|楼$|门$|柜$|机$")
_AREA = _word(
    r"(?<![\d.,x×*])(\d{1,4}(?:[.,]\d{1,2})?)\s?"
    r"(?:m²|㎡|m2|m\^2|平方米|平米|平方|sq\.?\s?m(?:et(?:er|re)s?)?\b|qm\b|m[?'’°³*]|m(?![\w.]|\s?[x×]))"
)
_SURE_AREA = _word(r"\d\s?(?:m²|㎡|m2|m\^2|平方米|平米|sq\.?\s?m)")
_SIDES = _word(
    r"(\d{1,5}(?:[.,]\d{1,3})?\s?(?:mm|cm|m|ft|'|’|\")?\.?(?:\s?\d{1,2}(?:\s?\d/\d)?\s?(?:\"|”|''|in))?)"
    r"\s?(?:[x×*]|by)\s?"
    r"(\d{1,5}(?:[.,]\d{1,3})?\s?(?:mm|cm|m|f\w?|'|’|\")?\.?(?:\s?\d{1,2}(?:\s?\d/\d)?\s?(?:\"|”|''|in))?)"
)
_IMPERIAL = _word(r"\d\s?(?:ft|f\b|'|’|\"|”|in\b)")
_FLOOR = _word(
    r"\b((?:lower |upper )?(?:ground|first|second|third|fourth|fifth|top|main)|basement|\d{1,2}(?:st|nd|rd|th))\s+floor\b"
    r"|\b(?:floor|level)\s+\d{1,2}\b|(?:地下|负|第)?[一二三四五六七八九十首顶\d]{1,3}[层楼](?:平面)?|地下室"
)
_TITLE = _word(r"户型图|平面图|布置图|floor ?plan|site plan|layout plan")
_WHOLE = _word(r"total|gross|internal|approx|overall|总|建筑面积|套内|建面")
_UNIT = _word(r"(毫米|\bmm\b)|(厘米|\bcm\b)|(米|meter|metre)")
_LENGTH = re.compile(r"^\W{0,2}(\d{2,5}(?:\.\d{1,3})?)\W{0,2}$")
_GAP = 1.3  # letter heights between a name and what belongs to it
_TILED = 3  # times a text must be repeated to be a watermark


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
    concepts = {child.name: concept_of(child, within="plan.rooms").name
                for child in field.items.properties}  # fmt: skip
    names = {name: _part_of(concept_name, name) for name, concept_name in concepts.items()}
    rooms = _rooms(sheet)
    printed = {fold(room.title) for room in rooms}
    return Listing([_group(room, names, title=_numbered(room.title, printed)) for room in rooms])


def _numbered(title: str, printed: set[str]) -> str:
    """`BEDROOM I` is a misread `BEDROOM 1` where there is a `BEDROOM 2`."""
    base = re.sub(r"\s[Il|]$", "", title)
    if base != title and fold(base + " 2") in printed and fold(base + " ii") not in printed:
        return base + " 1"
    return title


def read_chains(field: Field, concept: Concept, sheet: Sheet) -> Filling:
    """The chains of lengths outside the drawing."""
    chains = _chains(sheet)
    if not chains:
        return Scalar()
    fields: dict[str, Filling] = {
        side: Listing([Scalar([_length(cell)]) for cell in cells]) for side, cells in chains.items()
    }
    unit = _chain_unit(sheet, chains)
    if unit:
        fields["unit"] = Scalar([unit])
    return Group(fields)


def read_total_area(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """The area of the whole, in square metres."""
    found = []
    for cell in _all_cells(sheet):
        for match in _AREA.finditer(plain(cell.text)):
            whole = _WHOLE.search(cell.text) or _WHOLE.search(_text_above(cell, sheet))
            if not whole or len(plain(cell.text)) != len(cell.text):
                continue
            score = 1.0 + 0.3 * bool(re.search(r"gross|total|总|建筑", cell.text, re.IGNORECASE))
            value = Decimal(match[1].replace(",", "."))
            found.append(Candidate(value, score + float(value) / 10_000, (Span(cell, *match.span(1)),), 0.8))
    return sorted(found, key=lambda candidate: -candidate.score)


def read_floor(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """The floors named on the sheet, joined when there are several."""
    found = [(match.group(0), Span(cell, *match.span()))
             for cell in _all_cells(sheet) for match in [_FLOOR.search(cell.text)] if match]  # fmt: skip
    if not found:
        return []
    texts = dict.fromkeys(text for text, _ in found)
    return [Candidate("; ".join(texts), 1.0, tuple(span for _, span in found), 0.7)]


def read_title(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """A heading that calls itself a plan."""
    return [
        Candidate(cell.text, 1.0 + cell.height / 1000, (_whole(cell),), 0.7)
        for cell in _all_cells(sheet)
        if _TITLE.search(cell.text) and not _AREA.search(cell.text)
    ]


def read_watermark(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """A text tiled over the sheet, or printed fainter than everything else."""
    found = []
    for cells in _watermarks(sheet):
        strength = 0.9 if len(cells) >= _TILED else 0.5
        found.append(Candidate(cells[0].text, float(len(cells)), tuple(map(_whole, cells[:1])), strength))
    return sorted(found, key=lambda candidate: -candidate.score)


def read_annotations(field: Field, concept: Concept, sheet: Sheet) -> Filling:
    """Texts that are no room, no length, no area and no watermark."""
    used = {id(span.cell) for room in _rooms(sheet) for span in (*room.name, *room.sides)}
    used |= {id(room.area[1].cell) for room in _rooms(sheet) if room.area}
    used |= {id(cell) for cells in _watermarks(sheet) for cell in cells}
    rest = [
        cell
        for cell in _all_cells(sheet)
        if id(cell) not in used and not _is_measure(cell.text)
        and sum(char.isalpha() for char in cell.text) >= (1 if has_cjk(cell.text) else 2)
    ]
    return Listing([Scalar([Candidate(cell.text, 1.0, (_whole(cell),), 0.6)]) for cell in rest])


def _rooms(sheet: Sheet) -> list[_Room]:
    marks = {id(cell) for cells in _watermarks(sheet) for cell in cells}
    marks |= _compass(_all_cells(sheet))
    cells = [cell for cell in _all_cells(sheet) if id(cell) not in marks]
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
    known = _ROOM.search(name.text) or _SHORT_ROOM.match(name.text)
    if not known and not ((area and _SURE_AREA.search(area[1].cell.text)) or sides):
        return None
    spans = (name, _whole(second)) if second else (name,)
    return _Room(spans, area, tuple(sides[:2]))


def _name_part(cell: Cell) -> Span | None:
    """The part of a cell before its first measure, if it can be a name."""
    text = cell.text
    measure = _SIDES.search(text) or _AREA.search(text)
    end = len((text[: measure.start()] if measure else text).rstrip(" :：,-("))
    name = text[:end]
    letters = sum(char.isalpha() for char in name)
    if not name or letters < 1 or len(name) > 32 or _NO_ROOM.search(name):
        return None
    if letters < 2 and not _SHORT_ROOM.match(name):
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
        and bool(_ROOM.search(other.text) or re.fullmatch(r"[A-Z][A-Z -]{3,}", other.text))
        and not _is_measure(other.text)
    )


def _area_of(cell: Cell, name: Span) -> tuple[Decimal, Span] | None:
    """An area in the same cell, behind the name."""
    found = _area(cell)
    return found if found and found[1].start >= name.end else None


def _area(cell: Cell) -> tuple[Decimal, Span] | None:
    match = _AREA.search(cell.text)
    if match is None or _SIDES.search(cell.text):
        return None
    return Decimal(match[1].replace(",", ".")), Span(cell, *match.span(1))


def _sides(cell: Cell) -> Span | None:
    match = _SIDES.search(cell.text)
    return Span(cell, *match.span()) if match else None


def _group(room: _Room, parts: dict[str, str], *, title: str) -> Group:
    metric = [span for span in room.sides if not _IMPERIAL.search(span.text)]
    imperial = [span for span in room.sides if _IMPERIAL.search(span.text)]
    first, *rest = [*metric, *imperial] or [None]
    values: dict[str, Candidate | None] = {
        "name": Candidate(title, 1.0, room.name, 0.85 if room.area or room.sides else 0.7),
        "area": room.area and Candidate(room.area[0], 1.0, (room.area[1],), 0.85),
        "dimensions": first and Candidate(first.text, 1.0, (first,), 0.75),
        "dimensions_alt": rest[0] and Candidate(rest[0].text, 1.0, (rest[0],), 0.7) if rest else None,
    }
    return Group({field: Scalar([found]) for field, part in parts.items() if (found := values.get(part))})


def _part_of(concept: str, name: str) -> str:
    """Which part of a room a field asks for: by its concept, else by its name."""
    known = {"room.name": "name", "room.area": "area", "room.dimensions": "dimensions",
             "room.dimensions_alt": "dimensions_alt"}  # fmt: skip
    if concept in known:
        return known[concept]
    for pattern, part in ((r"name|名", "name"), (r"area|面积", "area"), (r"alt|imperial", "dimensions_alt"),
                          (r"dimension|size|尺寸", "dimensions")):  # fmt: skip
        if re.search(pattern, name, re.IGNORECASE):
            return part
    return ""


def _is_measure(text: str) -> bool:
    letters = sum(char.isalpha() for char in text)
    digits = sum(char.isdigit() for char in text)
    return bool(_LENGTH.match(text) or (_SIDES.search(text) and letters <= 6)
                or (_AREA.search(text) and letters <= 3) or digits > letters)  # fmt: skip


def _chains(sheet: Sheet) -> dict[str, list[Cell]]:
    """Lengths by the side of the drawing along which they stand; empty without any chain."""
    lengths = [cell for cell in _all_cells(sheet) if _LENGTH.match(cell.text)]
    rooms = [span.cell for room in _rooms(sheet) for span in room.name]
    if len(lengths) < 2 or not rooms:
        return {}
    left, right = min(c.x0 for c in rooms), max(c.x1 for c in rooms)
    top, bottom = min(c.y0 for c in rooms), max(c.y1 for c in rooms)
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
    across = (lambda c: c.cy) if along == "x" else (lambda c: c.cx)
    for cell in sorted(cells, key=across):
        thickness = cell.height if along == "x" else cell.x1 - cell.x0
        if groups and abs(across(cell) - across(groups[-1][-1])) < 0.8 * thickness:
            groups[-1].append(cell)
        else:
            groups.append([cell])
    best = max(groups, key=len, default=[])
    return sorted(best, key=(lambda c: c.cx) if along == "x" else (lambda c: c.cy))


def _length(cell: Cell) -> Candidate:
    match = _LENGTH.match(cell.text)
    assert match is not None
    strength = 0.75 if match[1] == cell.text.strip() else 0.5
    return Candidate(Decimal(match[1]), 1.0, (Span(cell, *match.span(1)),), strength)


def _chain_unit(sheet: Sheet, chains: dict[str, list[Cell]]) -> Candidate | None:
    """The unit printed on the sheet, else millimetres where the lengths are thousands."""
    for cell in _all_cells(sheet):
        match = re.search(r"单位|unit", cell.text, re.IGNORECASE) and _UNIT.search(cell.text)
        if match:
            unit = "mm" if match[1] else "cm" if match[2] else "m"
            return Candidate(unit, 1.0, (Span(cell, *match.span()),), 0.9)
    lengths = [cell for cells in chains.values() for cell in cells]
    values = sorted(_length(cell).value for cell in lengths)
    if values and values[len(values) // 2] >= 500:
        return Candidate("mm", 0.8, (_whole(lengths[0]),), 0.6)
    return None


def _watermarks(sheet: Sheet) -> Iterator[list[Cell]]:
    """Groups of equal texts repeated over the sheet, and single faint ones."""
    groups: dict[str, list[Cell]] = {}
    for cell in _all_cells(sheet):
        if sum(char.isalpha() for char in cell.text) >= 2 and not _ROOM.search(cell.text):
            groups.setdefault(squeeze(cell.text), []).append(cell)
    for cells in groups.values():
        faint = sum(_is_faint(cell) for cell in cells)
        if (len(cells) >= _TILED and len(fold(cells[0].text)) >= 3) or faint >= max(1, len(cells) / 2):
            yield cells


def _is_faint(cell: Cell) -> bool:
    return any(line is cell.line for line in cell.page.faint)


def _text_above(cell: Cell, sheet: Sheet) -> str:
    if cell.row < 1:
        return ""
    rows = sheet.layout.rows[max(0, cell.row - 3) : cell.row]
    return " ".join(c.text for row in rows for c in row.cells if c.overlap_x(cell) > 0)


def _all_cells(sheet: Sheet) -> list[Cell]:
    """Every cell, vertical ones too, from the top down."""
    cells = [*sheet.layout.cells, *sheet.layout.uprights]
    return sorted(cells, key=lambda cell: (cell.page.number, cell.y0))


def _whole(cell: Cell) -> Span:
    return Span(cell, 0, len(cell.text))
