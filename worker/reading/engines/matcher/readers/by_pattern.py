"""Values known by their form and by what they stand beside, such as the fields of a ticket."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas.values.folding import plain
from worker.reading.engines.matcher.concepts import Concept, library
from worker.reading.engines.matcher.readers import labelled
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.sheet import Candidate, Sheet, best_first
from worker.reading.engines.matcher.typed_spans import Span

_NEAR_ROWS = 3.0  # letter heights within which left and right of something mean anything


@dataclass(frozen=True, slots=True)
class _Unit:
    """Text to search without blanks, and the place of each of its characters."""

    text: str
    places: tuple[tuple[Cell, int], ...]

    def spans(self, start: int, end: int) -> tuple[Span, ...]:
        """The cells' parts that `text[start:end]` covers."""
        parts: dict[int, tuple[Cell, int, int]] = {}
        for cell, index in self.places[start:end]:
            known = parts.get(id(cell))
            parts[id(cell)] = (cell, known[1] if known else index, index + 1)
        return tuple(Span(cell, first, last) for cell, first, last in parts.values())


def read(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """Candidates, best first; without a label none where the concept's neighbour or its word is not on the page."""
    anchor = None
    if concept.pages and not any(word in sheet.text for word in concept.pages):
        return _by_label(concept, sheet)
    if concept.side is not None:
        anchors = read(library()[concept.side[1]], sheet)
        if not anchors:
            return _by_label(concept, sheet)
        anchor = anchors[0]
    return best_first([*_matches(concept, sheet, anchor), *_by_label(concept, sheet)])


def read_moment(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """A date and the time behind it, in one cell or in two neighbours."""
    found = labelled.read(Concept(concept.name, "datetime", labels=concept.labels), sheet)
    for day in sheet.dates:
        for neighbour in sheet.layout.right_of(day.span.cell)[:1]:
            for clock in sheet.typed("time", neighbour):
                value = f"{day.value}T{clock.value[:5]}"
                found.append(Candidate(value, 0.8 * day.quality, (day.span, clock.span), 0.6))
    return best_first(found)


def _matches(concept: Concept, sheet: Sheet, anchor: Candidate | None) -> Iterator[Candidate]:
    assert concept.pattern is not None
    echoes = _echoes(concept, sheet)
    for unit in _units(sheet):
        for match in concept.pattern.finditer(unit.text):
            name = next((n for n, value in match.groupdict().items() if value), None)
            start, end = match.span(name) if name else match.span()
            if start == end:
                continue  # a pattern that fits nothing fits everywhere
            spans = unit.spans(start, end)
            value = _tidied(match.group(name) if name else match.group(0))
            score = 1.0 + 0.3 * (end - start) / len(unit.text) - 0.05 * (len(spans) - 1)
            score += 0.1 * min(span.cell.line.confidence for span in spans)
            score += _place(concept, sheet, spans)
            side = _side(concept, spans[0], anchor)
            echo = 0.5 * any(code.endswith(value[-7:]) for code in echoes)
            if side < 0 and not echo:
                continue
            yield Candidate(value, score + side + echo, spans, min(1.0, 0.6 + 0.4 * side + echo))


def _by_label(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """The pattern behind a label of the concept."""
    found = []
    for candidate in labelled.read(Concept(concept.name, "text", labels=concept.labels), sheet):
        text = str(candidate.value)
        match = concept.pattern.search(text) if concept.pattern else None
        if match:
            name = next((n for n, value in match.groupdict().items() if value), None)
            value = _tidied(match.group(name) if name else match.group(0))
            found.append(Candidate(value, candidate.score + 0.5, candidate.spans, 0.9))
    return found


def _units(sheet: Sheet) -> Iterator[_Unit]:
    """Every cell, and every row of several cells, without blanks."""
    for row in sheet.layout.rows:
        units = [_unit([cell]) for cell in row.cells]
        yield from units
        if len(units) > 1:
            yield _unit(row.cells)


def _unit(cells: Sequence[Cell]) -> _Unit:
    chars, places = [], []
    for cell in cells:
        text = plain(cell.text) if len(plain(cell.text)) == len(cell.text) else cell.text
        for index, char in enumerate(text):
            if not char.isspace():
                chars.append(char)
                places.append((cell, index))
    return _Unit("".join(chars), tuple(places))


def _tidied(value: str) -> str:
    """A cross between digits is a misread X: codes hold letters, not signs."""
    return re.sub(r"(?<=\d)×(?=\d)", "X", value)


def _echoes(concept: Concept, sheet: Sheet) -> list[str]:
    if concept.echo is None:
        return []
    return [str(found.value) for found in read(library()[concept.echo], sheet)]


def _place(concept: Concept, sheet: Sheet, spans: Sequence[Span]) -> float:
    """Whether it stands where such values are printed, in fractions of the printed area."""
    if concept.region is None:
        return 0.0
    cells = [cell for cell in sheet.layout.cells if cell.page is spans[0].cell.page]
    x0, x1 = min(cell.x0 for cell in cells), max(cell.x1 for cell in cells)
    y0, y1 = min(cell.y0 for cell in cells), max(cell.y1 for cell in cells)
    x = (spans[0].cell.cx - x0) / max(1.0, x1 - x0)
    y = (spans[0].cell.cy - y0) / max(1.0, y1 - y0)
    left, top, right, bottom = concept.region
    return 0.4 if left <= x <= right and top <= y <= bottom else -0.3


def _side(concept: Concept, span: Span, anchor: Candidate | None) -> float:
    """Positive where it stands as it should beside its anchor, negative elsewhere."""
    if anchor is None or concept.side is None:
        return 0.0
    other = anchor.spans[0]
    x, anchor_x = _middle(span), _middle(other)
    rows_apart = (span.cell.cy - other.cell.cy) / max(1.0, other.cell.height)
    fits = {
        "left": x < anchor_x and abs(rows_apart) < _NEAR_ROWS,
        "right": x > anchor_x and abs(rows_apart) < _NEAR_ROWS,
        "above": rows_apart < -0.3,
        "below": rows_apart > 0.3,
        "row": abs(rows_apart) < 1.5 and x > anchor_x,
    }[concept.side[0]]
    return 0.8 - 0.05 * abs(rows_apart) if fits else -0.8


def _middle(span: Span) -> float:
    return (span.cell.x_at(span.start) + span.cell.x_at(span.end)) / 2
