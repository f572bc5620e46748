"""What the texts of a floor plan look like: rooms, areas, sides, lengths, watermarks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from schemas.values.folding import squeeze
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.sheet import Sheet
from worker.reading.engines.matcher.typed_spans import Span

_word = partial(re.compile, flags=re.IGNORECASE)

ROOM = _word(
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
SHORT_ROOM = re.compile(
    r"^(ST|C|W|CPD|WC|B/?R|A/?C|HW|UTIL|LDRY|ENS|WIR|WIP|PDR|L'?DRY|CUP|F/?P|BATH|ENSUITE)\.?$"
)
AREA = _word(
    r"(?<![\d.,x×*])(\d{1,4}(?:[.,]\d{1,2})?)\s?"
    r"(?:m²|㎡|m2|m\^2|平方米|平米|平方|sq\.?\s?m(?:et(?:er|re)s?)?\b|qm\b|m[?'’°³*]|m(?![\w.]|\s?[x×]))"
)
SQUARE_FEET = re.compile(
    r"(?<![\d.,x×*])(\d{1,3}(?:,\d{3})+|\d{2,6}(?:\.\d{1,2})?)\s?(?:sq\.?\s?ft\b|sq\.?\s?feet|square feet|ft²|ft2)",
    re.IGNORECASE,
)
_FEET = r"\d{1,3}\s?['’°]\s?\d{1,2}(?:\s?\d/\d)?\s?(?:\"|”|''|°|in\b)?"
SIDES = _word(
    rf"({_FEET}|\d{{1,5}}(?:[.,]\d{{1,3}})?\s?(?:mm|cm|m|ft|'|’|\")?\.?(?:\s?\d{{1,2}}(?:\s?\d/\d)?\s?(?:\"|”|''|in))?)"
    r"\s?(?:[x×*]|by)\s?"
    rf"({_FEET}|\d{{1,5}}(?:[.,]\d{{1,3}})?\s?(?:mm|cm|m|f\w?|'|’|\")?\.?(?:\s?\d{{1,2}}(?:\s?\d/\d)?\s?(?:\"|”|''|in))?)"
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
