"""Whole texts: lines in reading order, vertical columns from right to left, pages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from schemas.json_schema.fields import Field
from schemas.values.folding import has_cjk
from worker.reading.engines.matcher.blocks.base import ReadLine, read_line
from worker.reading.engines.matcher.blocks.filling import listing
from worker.reading.engines.matcher.blocks.find import find_blocks
from worker.reading.engines.matcher.blocks.markers import with_signs
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.concepts import Concept
from worker.reading.engines.matcher.readers.gutters import split_at_gutters
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.sheet import Candidate, Sheet
from worker.reading.engines.matcher.typed_spans import Span
from worker.reading.text.direction import leftwards
from worker.reading.text.order import in_order

_NOTE = 0.65  # share of a column's width below which writing is a note of two lines
_STRICT = 6  # a line read with confidence c has no wrong letter in about c^6 of cases


@dataclass(frozen=True, slots=True)
class _Text:
    """A piece of text and the cells it was read from."""

    text: str
    cells: tuple[Cell, ...]

    def candidate(self) -> Candidate:
        """As a value."""
        spans = tuple(Span(cell, 0, len(cell.text)) for cell in self.cells)
        surely = math.prod(cell.line.confidence**_STRICT for cell in self.cells)
        return Candidate(self.text, 1.0, spans, certainty=surely)


def read_lines(field: Field, concept: Concept, sheet: Sheet) -> Filling:
    """Every line of the document."""
    return _listing(_lines(sheet))


def read_pages(field: Field, concept: Concept, sheet: Sheet) -> Filling:
    """The lines page by page and the blocks that they make up, also for pages without any."""
    asked = field.items.properties if field.items else ()
    pages = list(_by_page(sheet))
    names = {part.hints.get("x-concept"): part.name for part in asked}
    if "page.blocks" not in names:
        name = asked[0].name if asked else "lines"
        return Listing([Group({name: _listing(lines)}) for lines in pages])
    blocks = find_blocks([_read_lines(lines) for lines in pages])
    return Listing(
        [
            Group({names.get("page.lines", "lines"): _listing(lines), names["page.blocks"]: listing(found)})
            for lines, found in zip(pages, blocks, strict=True)
        ]
    )


def _by_page(sheet: Sheet) -> Iterator[list[_Text]]:
    """The lines of every page."""
    lines: dict[int, list[_Text]] = {id(page): [] for page in sheet.layout.pages}
    for line in _lines(sheet):
        lines[id(line.cells[0].page)].append(line)
    return iter(lines.values())


def _read_lines(lines: Sequence[_Text]) -> list[ReadLine]:
    """The lines of a page with what tells blocks apart."""
    mirrored = leftwards("".join(line.text for line in lines if not line.cells[0].line.vertical))
    return [
        read_line(line.text, line.cells, upright=line.cells[0].line.vertical, mirrored=mirrored)
        for line in lines
    ]


def read_text(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """The lines as running text."""
    return _joined(list(_lines(sheet)))


def read_columns(field: Field, concept: Concept, sheet: Sheet) -> Filling:
    """Vertical columns; on a page without any, its lines."""
    return _listing(_columns(sheet) or _lines(sheet))


def read_column_text(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """The columns as running text."""
    return _joined(_columns(sheet) or list(_lines(sheet)))


def read_language(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """zh, en or mixed, by the letters read."""
    text = "".join(cell.text for cell in (*sheet.layout.cells, *sheet.layout.uprights))
    chinese = sum(has_cjk(char) for char in text)
    latin = sum(char.isascii() and char.isalpha() for char in text) / 4  # letters of a word
    if chinese + latin == 0:
        return []
    share = chinese / (chinese + latin)
    value = "zh" if share > 0.85 else "en" if share < 0.15 else "mixed"
    return [Candidate(value, 1.0, (), 0.8)]


def _lines(sheet: Sheet) -> Iterator[_Text]:
    """Every page's lines in reading order, writing that stands upright after those that lie."""
    for page in sheet.layout.pages:
        cells = with_signs(split_at_gutters([cell for cell in sheet.layout.cells if cell.page is page]))
        boxes = np.array([(cell.x0, cell.y0, cell.x1, cell.y1) for cell in cells]).reshape(-1, 4)
        if leftwards("".join(cell.text for cell in cells)):
            boxes[:, [0, 2]] = page.width - boxes[:, [2, 0]]
        for members in in_order(boxes):
            row = tuple(cells[at] for at in members)
            yield _Text(" ".join(cell.text for cell in row), row)
        yield from (column for column in _columns(sheet) if column.cells[0].page is page)


def _columns(sheet: Sheet) -> list[_Text]:
    """Vertical writing gathered to columns, from right to left, notes in brackets."""
    columns: list[_Text] = []
    for page in sheet.layout.pages:
        cells = [cell for cell in sheet.layout.uprights if cell.page is page]
        if not cells:
            continue
        widths = sorted(cell.x1 - cell.x0 for cell in cells)
        usual = widths[int(0.75 * (len(widths) - 1))]
        columns.extend(_column(group, usual) for group in _side_by_side(cells, usual))
    return columns


def _side_by_side(cells: Iterable[Cell], width: float) -> list[list[Cell]]:
    """Cells that stand over one another, the rightmost group first."""
    groups: list[list[Cell]] = []
    for cell in sorted(cells, key=lambda cell: -cell.cx):
        home = next((g for g in groups if abs(_middle(g) - cell.cx) < 0.5 * width), None)
        if home is None:
            groups.append([cell])
        else:
            home.append(cell)
    return groups


def _middle(cells: Sequence[Cell]) -> float:
    """Centre of a column: of its widest cell, for notes stand beside it."""
    return max(cells, key=lambda cell: cell.x1 - cell.x0).cx


def _column(cells: Sequence[Cell], usual: float) -> _Text:
    """A column from the top down; narrow cells beside each other are a note in two lines."""
    ordered = sorted(cells, key=lambda cell: cell.y0)
    pieces: list[tuple[str, bool]] = []
    read: list[Cell] = []
    while ordered:
        cell = ordered.pop(0)
        note = cell.x1 - cell.x0 < _NOTE * usual
        group = [cell]
        if note:
            group += [
                other
                for other in ordered
                if other.x1 - other.x0 < _NOTE * usual
                and other.y0 < cell.y1
                and abs(other.cx - cell.cx) > 0.2 * usual
            ]
            ordered = [other for other in ordered if other not in group]
        group.sort(key=lambda cell: -cell.cx)
        pieces.append(("".join(cell.text for cell in group), note and len(group) > 1))
        read.extend(group)
    return _Text("".join(f"（{text}）" if note else text for text, note in pieces), tuple(read))


def _listing(texts: Iterable[_Text]) -> Listing:
    return Listing([Scalar([text.candidate()]) for text in texts])


def _joined(texts: Sequence[_Text]) -> list[Candidate]:
    if not texts:
        return []
    cells = tuple(cell for text in texts for cell in text.cells)
    return [_Text("\n".join(text.text for text in texts), cells).candidate()]
