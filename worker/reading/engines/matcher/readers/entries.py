"""Values that a schema lists."""

from __future__ import annotations

from schemas.json_schema.fields import Field
from worker.reading.engines.matcher.choices import UNDECIDED, are_offered
from worker.reading.engines.matcher.concepts import Concept
from worker.reading.engines.matcher.lexicon import fold_letters
from worker.reading.engines.matcher.sheet import Candidate, Sheet
from worker.reading.engines.matcher.typed_spans import Span


def read_enum(field: Field, concept: Concept, sheet: Sheet) -> list[Candidate]:
    """One of the values a schema lists: beside the label, or a whole cell of the page."""
    labelled = {id(mention.cell) for mention in sheet.mentions.naming(concept.name)}
    found = []
    for value in field.enum or ():
        wanted = fold_letters(str(value))
        for cell in sheet.layout.cells:
            start = fold_letters(cell.text).find(wanted)
            if start < 0 or not wanted.strip() or not _is_word(cell.text, start, len(wanted)):
                continue
            beside = any(id(other) in labelled for other in sheet.layout.rows[cell.row].cells)
            if not beside and (len(wanted) < 2 or len(cell.text) > len(wanted) + 2):
                continue  # a word in a sentence is no choice
            score = 0.6 + 0.02 * len(wanted) + 0.6 * beside
            strength = 0.75 if beside else 0.4
            certainty = UNDECIDED if are_offered(field.enum or (), sheet.layout.rows[cell.row]) else None
            place = (Span(cell, start, start + len(wanted)),)
            found.append(Candidate(value, score, place, strength, certainty))
    return sorted(found, key=lambda candidate: -candidate.score)


def _is_word(text: str, start: int, length: int) -> bool:
    around = text[start - 1 : start] + text[start + length : start + length + 1]
    return not any(char.isascii() and char.isalnum() for char in around)
