"""Values that a table says once for several items: in the first row of a group, or in a heading above it.

They are never sure: an empty cell may as well mean that there is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from worker.reading.engines.matcher.candidates import Filling, Group, Scalar
from worker.reading.engines.matcher.choices import UNDECIDED
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.rows import Row
from worker.reading.engines.matcher.sheet import Candidate
from worker.reading.engines.matcher.typed_spans import Span
from worker.reading.engines.matcher.wordings import likeness

_HEADING_ROWS = 40  # rows above an item in which the heading of its group may stand
_LONGEST_HEADING = 60  # characters
_NAMED = 0.5  # share of a field's name that a heading says
_SIZE = re.compile(r"\s*[(（][^()（）]*\d[^()（）]*[)）]\s*$")
"""A number in brackets behind a heading, which is not part of it."""


def carried_down(groups: Sequence[Group], name: str) -> list[Group]:
    """The items, those without a value of their own in a table's first column with that of the item above."""
    found: list[Group] = []
    last: Scalar | None = None
    for group in groups:
        own = group.fields.get(name)
        if isinstance(own, Scalar) and own.candidates:
            last = own
        inherited = {} if last is None or last is own else {name: Scalar([_unsure(last.candidates[0])])}
        found.append(Group({**group.fields, **inherited}))
    return found


def headed(row: Row, missing: Sequence[FieldQuery], graph: Graph) -> Mapping[str, Filling]:
    """What the nearest headings above an item say of fields that no column holds, by the names of the fields."""
    found: dict[str, Filling] = {}
    rows = graph.sheet.layout.rows
    for other in reversed(rows[max(0, row.index - _HEADING_ROWS) : row.index]):
        if other.page is not row.page:
            break
        if len(other.cells) > 1 or not _is_heading(other.text):
            continue
        cell, size = other.cells[0], _SIZE.search(other.text)
        said = graph.wordings.meaning(cell.text)
        for asked in missing:
            name = asked.field.name
            if asked.kind == "text" and name not in found and likeness(asked.own[0], said).recall >= _NAMED:
                span = Span(cell, 0, size.start() if size else len(cell.text))
                found[name] = Scalar([_unsure(Candidate(span.text.strip(), UNDECIDED, (span,)))])
    return found


def _is_heading(text: str) -> bool:
    return len(text) <= _LONGEST_HEADING and ":" not in text and any(map(str.isalpha, text))


def _unsure(candidate: Candidate) -> Candidate:
    return replace(candidate, score=UNDECIDED, strength=UNDECIDED, certainty=UNDECIDED, for_several=True)
