"""The date of a document among all its dates."""

from __future__ import annotations

from collections import Counter

from schemas.values.dates import find_time
from worker.reading.engines.matcher.concepts import Concept, library
from worker.reading.engines.matcher.readers import labelled
from worker.reading.engines.matcher.sheet import Candidate, Sheet, best_first
from worker.reading.engines.matcher.typed_spans import Typed

_OTHER = "ignore.other_dates"


def read(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """Candidates, best first. A due date is never guessed from a date without its label."""
    by_label = {_key(c): c for c in reversed(labelled.read(concept, sheet)) if c.strength > 0.3}
    if concept.name == "invoice.due_date" or concept.name not in library():
        return best_first([c for c in by_label.values() if c.strength >= 0.5])
    times_printed = Counter(typed.value for typed in sheet.dates)
    other = {_key(c) for c in labelled.read(_as(concept, _OTHER), sheet) if c.strength > 0.6}
    due = {_key(c) for c in labelled.read(_as(concept, "invoice.due_date"), sheet) if c.strength > 0.6}
    found: list[Candidate] = []
    for order, typed in enumerate(sheet.dates):
        key = (id(typed.span.cell), typed.span.start)
        label = by_label.get(key)
        score = typed.quality + 0.1 * typed.span.cell.line.confidence - 0.01 * order
        score += 0.6 * label.strength if label else 0.0
        score += 0.25 if find_time(typed.span.cell.text) else _time_beside(typed, sheet)
        score += 0.5 * _in_heading(typed, sheet)
        score += 0.05 * min(times_printed[typed.value] - 1, 3)
        strength = label.strength if label else 0.45
        if label is None and key in other | due:
            score, strength = score - 0.7, 0.1
        found.extend(labelled.both_readings(typed, score, strength))
    return best_first(found)


def _time_beside(typed: Typed, sheet: Sheet) -> float:
    """A clock time in the same row speaks for the date of a sale."""
    row = sheet.layout.rows[typed.span.cell.row]
    return 0.15 if any(find_time(cell.text) for cell in row.cells) else 0.0


def _in_heading(typed: Typed, sheet: Sheet) -> bool:
    """Whether it stands in the title of an invoice, with its number."""
    row = sheet.layout.rows[typed.span.cell.row]
    named = any(
        mention.weight("invoice.number") >= 1.0 for cell in row.cells for mention in sheet.mentions.of(cell)
    )
    return named and row.height > 1.1 * sheet.layout.text_height


def _as(concept: Concept, name: str) -> Concept:
    return Concept(name=name, value=concept.value)


def _key(candidate: Candidate) -> tuple[int, int]:
    span = candidate.spans[0]
    return id(span.cell), span.start
