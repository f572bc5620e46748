"""Values beside or below their label: the ordinary case, for any type."""

from __future__ import annotations

import re
from collections.abc import Iterator

from schemas.values import countries
from worker.reading.engines.matcher.concepts import Concept
from worker.reading.engines.matcher.lexicon import Mention
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.sheet import Candidate, Sheet, best_first
from worker.reading.engines.matcher.typed_spans import Span, Typed

_LOOSE = {"date": 0.35, "datetime": 0.9, "time": 0.5, "phone": 0.45, "currency": 0.6}
"""Types whose values can be told without a label, and the score they then have."""

_OF_TWO_READINGS = 0.55
"""How probable the usual reading is where nothing tells: most of the world prints the day first."""
_ANYTHING = 0.5
"""The quality of a value whose form alone does not tell its type."""

_OF_COUNTRY = 0.9
"""How probable it is that money without a sign is that of the country."""

_SEPARATORS = re.compile(r"^(?:[\s:：.#=>*)\]}|]|-(?!\s?\d))+")
_ROWS_BELOW = 2


def read(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """Candidates for a scalar, best first."""
    found = list(_labelled(concept, sheet))
    if concept.value in _LOOSE:
        found.extend(_unlabelled(concept, sheet))
    if concept.value == "currency" and not found:
        found.extend(_of_country(sheet))
    return best_first(found)


def near(mention: Mention, sheet: Sheet) -> Iterator[tuple[Cell, int, float]]:
    """Where the value of a label may stand: a cell, from which character on, and how likely.

    Behind the label, right of it, below it; a label in between takes what follows for itself.
    """
    cell = mention.cell
    behind = _start_behind(mention, sheet)
    if behind is not None:
        yield cell, behind, 1.0
    else:
        return
    if sheet_has_value_behind(mention, sheet):
        right, below = 0.35, 0.15
    else:
        right, below = 0.95, 0.72
    for step, neighbour in enumerate(sheet.layout.right_of(cell)[:3]):
        if _is_label(neighbour, sheet):
            below = 0.78
            break
        distance = (neighbour.x0 - cell.x1) / max(cell.height, 1.0)
        yield neighbour, 0, right - 0.06 * step - min(0.2, 0.006 * max(0.0, distance))
    for neighbour in sheet.layout.below(cell, rows=_ROWS_BELOW):
        gap = (neighbour.y0 - cell.y1) / max(cell.height, 1.0)
        if gap < 2.5 and not _is_label(neighbour, sheet):
            off = abs(neighbour.x0 - cell.x0) / max(cell.height, 1.0)
            centred = abs(neighbour.cx - cell.cx) / max(cell.height, 1.0)
            yield neighbour, 0, below - 0.08 * max(0.0, gap) - min(0.2, 0.02 * min(off, centred))


def sheet_has_value_behind(mention: Mention, sheet: Sheet) -> bool:
    """Whether anything but signs follows the label in its own cell."""
    start = _start_behind(mention, sheet)
    return start is not None and len(mention.cell.text[start:].strip()) > 1


def _start_behind(mention: Mention, sheet: Sheet) -> int | None:
    """Where the text behind a label begins; None when another label begins there."""
    rest = mention.cell.text[mention.end :]
    lead = _SEPARATORS.match(rest)
    start = mention.end + (lead.end() if lead else 0)
    for other in sheet.mentions.of(mention.cell):
        if mention.end <= other.start <= start + 1 and other is not mention:
            return None
    return start


def _is_label(cell: Cell, sheet: Sheet) -> bool:
    """Whether a cell holds little but a label."""
    mentions = sheet.mentions.of(cell)
    named = sum(mention.end - mention.start for mention in mentions)
    share = 0.5 if cell.text.rstrip().endswith((":", "：")) else 0.75
    return bool(mentions) and named >= share * len(cell.text.rstrip(" :：."))


def _labelled(concept: Concept, sheet: Sheet) -> Iterator[Candidate]:
    for mention in sheet.mentions.naming(concept.name):
        weight = mention.weight(concept.name)
        for cell, start, relation in near(mention, sheet):
            for typed in _values(concept, sheet, cell, start):
                score = weight * relation * typed.quality + 0.05 * cell.line.confidence
                yield from both_readings(typed, score, min(1.0, weight * relation))


def _values(concept: Concept, sheet: Sheet, cell: Cell, start: int) -> Iterator[Typed]:
    """The values of the concept's type in `cell.text[start:]`, the first one best."""
    if concept.value == "text":
        found = list(_text(sheet, cell, start))
    elif concept.value == "tax_id":
        found = list(tax_ids(cell, start))
    else:
        found = sheet.typed(concept.value, cell)
    rank = 0
    for typed in found:
        if typed.span.start < start:
            continue
        yield Typed(typed.value, typed.span, typed.quality * 0.85**rank, typed.other)
        rank += 1


def _text(sheet: Sheet, cell: Cell, start: int) -> Iterator[Typed]:
    """The text up to the next label of the cell."""
    end = min(
        (
            other.start
            for other in sheet.mentions.of(cell)
            if other.start > start and re.match(r"\s?[:：#]", cell.text[other.end :])
        ),
        default=len(cell.text),
    )
    text = cell.text[start:end].rstrip(" :：;,|")
    if re.search(r"\w", text):
        yield Typed(text, Span(cell, start, start + len(text)))


def tax_ids(cell: Cell, start: int) -> Iterator[Typed]:
    """Tax numbers: letters and digits with the separators countries print in them."""
    for match in re.finditer(r"[A-Z]{0,3}\s?\d[\dA-Z]*(?:[ /.-]?[\dA-Z]{2,})*", cell.text[start:]):
        if sum(char.isdigit() for char in match.group(0)) >= 7:
            span = Span(cell, start + match.start(), start + match.end())
            yield Typed(match.group(0).strip(), span)


def _unlabelled(concept: Concept, sheet: Sheet) -> Iterator[Candidate]:
    base = _LOOSE[concept.value]
    for index, cell in enumerate(sheet.layout.cells):
        for typed in sheet.typed(concept.value, cell):
            if typed.quality <= _ANYTHING or _claimed(typed, sheet):
                continue
            score = base * typed.quality - 0.002 * index
            yield from both_readings(typed, score, 0.3)


def _of_country(sheet: Sheet) -> Iterator[Candidate]:
    """The currency of a page that prints none: that of the one country which its numbers and names tell."""
    told = [(cell, sign) for cell in sheet.layout.cells for sign in countries.signs(cell.text)]
    agreed = countries.agreed(sign for _, sign in told)
    if agreed is None:
        return
    currency, sure = agreed
    cell, sign = next((cell, sign) for cell, sign in told if sign.currency == currency)
    certainty = _OF_COUNTRY if sure else _OF_TWO_READINGS
    yield Candidate(currency, certainty, (Span(cell, sign.start, sign.end),), 0.3, certainty)


def both_readings(typed: Typed, score: float, strength: float) -> Iterator[Candidate]:
    """A value, hardly believed where its print may be read in another way, too, and that other reading."""
    certainty = None if typed.other is None else _OF_TWO_READINGS
    yield Candidate(typed.value, score, (typed.span,), strength, certainty)
    if typed.other is not None:
        yield Candidate(typed.other, score - 0.5, (typed.span,), 0.2)


def _claimed(typed: Typed, sheet: Sheet) -> bool:
    """Whether another label says what a value is, right before it or in the cell to its left."""
    cell = typed.span.cell
    before = [m for m in sheet.mentions.of(cell) if m.end <= typed.span.start]
    for neighbour in sheet.layout.left_of(cell)[-1:]:
        before.extend(m for m in sheet.mentions.of(neighbour) if not before)
    names = {label.concept for mention in before[-1:] for label in mention.labels if label.weight >= 1}
    return any(name.startswith(("ignore.references", "party.tax", "invoice.", "receipt.")) for name in names)
