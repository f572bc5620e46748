"""What a chart says in words and printed numbers. Its bars, lines and points are not measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from schemas.json_schema.fields import Field
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.concepts import Concept
from worker.reading.engines.matcher.rows import Cell, Row
from worker.reading.engines.matcher.sheet import Candidate, Sheet
from worker.reading.engines.matcher.typed_spans import Span

_FEWEST = 3  # bars from which values beside or above names are a series
_SURE = 0.6


def read_series(field: Field, concept: Concept, sheet: Sheet) -> Filling:
    """One series for each value that every bar has printed at its end; none where values are not printed."""
    assert field.items is not None
    points = next((child for child in field.items.properties if child.is_array), None)
    if points is None or points.items is None:
        return Listing()
    series = _beside(sheet) or _above(sheet)
    return Listing(
        [Group({points.name: Listing([_point(pair, sheet) for pair in pairs])}) for pairs in series]
    )


def _point(pair: tuple[Cell, Cell], sheet: Sheet) -> Group:
    name, number = pair
    value = sheet.typed("number", number)[0]
    return Group(
        {
            "x": Scalar([Candidate(name.text, _SURE, (_whole(name),), _SURE)]),
            "y": Scalar([Candidate(value.value, _SURE, (value.span,), _SURE)]),
        }
    )


def _beside(sheet: Sheet) -> list[list[tuple[Cell, Cell]]]:
    """Bars that lie: a name and the value right of it."""
    rows = [row.cells for row in sheet.layout.rows if len(row.cells) == 2]
    pairs = [(name, value) for name, value in rows if _is_wording(name) and _is_value(value, sheet)]
    return [pairs] if len(pairs) >= _FEWEST else []


def _above(sheet: Sheet) -> list[list[tuple[Cell, Cell]]]:
    """Bars that stand: the values above each name of the row under them, one series for each of them."""
    best: list[list[tuple[Cell, Cell]]] = []
    for row in sheet.layout.rows:
        if len(row.cells) < _FEWEST:
            continue
        columns = [(cell, _over(cell, row, sheet)) for cell in row.cells]
        filled = [(cell, values) for cell, values in columns if values]
        count = min((len(values) for _, values in filled), default=0)
        if len(filled) >= max(_FEWEST, len(best[0]) if best else 0) and len(filled) >= len(columns) - 1:
            best = [[(cell, values[number]) for cell, values in filled] for number in range(count)]
    return best


def _over(name: Cell, row: Row, sheet: Sheet) -> Sequence[Cell]:
    """The values above a name, nearer to it than to its neighbours, left to right."""
    spacing = min(abs(other.cx - name.cx) for other in row.cells if other is not name)
    above = [cell for cell in sheet.layout.cells if cell.page is name.page and cell.y1 < name.y0]
    near = [cell for cell in above if abs(cell.cx - name.cx) < 0.45 * spacing and _is_value(cell, sheet)]
    return sorted(near, key=lambda cell: cell.cx)


def _is_value(cell: Cell, sheet: Sheet) -> bool:
    """Whether a cell is a number and nothing else but its unit."""
    numbers = sheet.typed("number", cell)
    return len(numbers) == 1 and sum(map(str.isalpha, cell.text)) <= 3


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
    return letters >= 2 and 2 * letters > sum(char.isdigit() for char in cell.text)


def _whole(cell: Cell) -> Span:
    return Span(cell, 0, len(cell.text))
