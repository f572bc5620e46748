"""Forms: every label with what stands behind it, ticks and signatures among them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from schemas.json_schema.fields import Field
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.concepts import Concept, concept_of
from worker.reading.engines.matcher.lexicon import fold_letters
from worker.reading.engines.matcher.rows import Cell, Row
from worker.reading.engines.matcher.sheet import Candidate, Sheet
from worker.reading.engines.matcher.typed_spans import Span

_CHECKED = re.compile(r"^\s*(?:[☑☒✓✔√■●]|\[\s?[xX×✓√]\s?\]|\(\s?[xX×✓√●]\s?\))\s*")
_UNCHECKED = re.compile(r"^\s*(?:[☐□○]|\[\s*\]|\(\s*\))\s*")
_SIGNATURE = re.compile(r"signature|signed|sign here|签名|签字|盖章|unterschrift", re.IGNORECASE)
_PAIR = re.compile(r"^(?P<key>[^:：]{1,48}?)\s*[:：]\s*(?P<value>.*)$")
_MAX_KEY = 40

_Entry = tuple[Span, Span | None, str, str | None]
"""Key, place of the value, kind, and the value when it is not the text at its place."""


def read(field: Field, concept: Concept, sheet: Sheet) -> Filling:
    """The entries in reading order."""
    assert field.items is not None
    names = {concept_of(child).name.rpartition(".")[2]: child.name for child in field.items.properties}
    names = {part: names.get(part, part) for part in ("key", "value", "kind")}
    return Listing([_group(entry, names) for row in sheet.layout.rows for entry in _entries(row)])


def read_checkbox(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """Whether the box before or behind a label is ticked."""
    found = []
    for mention in sheet.mentions.naming(concept.name):
        row = sheet.layout.rows[mention.cell.row]
        for cell in row.cells[max(0, mention.cell.column - 1) : mention.cell.column + 2]:
            ticked = _tick(cell.text)
            if ticked is not None:
                near = 1.0 if cell is mention.cell else 0.7
                found.append(Candidate(ticked, near, (Span(cell, 0, len(cell.text)),), 0.6 * near))
    return sorted(found, key=lambda candidate: -candidate.score)


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
            found.append(Candidate(value, score, (Span(cell, start, start + len(wanted)),), strength))
    return sorted(found, key=lambda candidate: -candidate.score)


def _is_word(text: str, start: int, length: int) -> bool:
    around = text[start - 1 : start] + text[start + length : start + length + 1]
    return not any(char.isascii() and char.isalnum() for char in around)


def _entries(row: Row) -> Iterator[_Entry]:
    cells = list(row.cells)
    while cells:
        cell = cells.pop(0)
        ticked = _tick(cell.text)
        if ticked is not None:
            yield from _ticked(cell, cells, ticked=ticked)
            continue
        match = _PAIR.match(cell.text)
        if match is None:
            if len(row.cells) == 2 and cells and _is_key(cell.text):
                yield _entry(Span(cell, 0, len(cell.text)), _whole(cells.pop(0)))
            continue
        key = Span(cell, *match.span("key"))
        if match["value"]:
            yield _entry(key, Span(cell, *match.span("value")))
        elif cells and not _PAIR.match(cells[0].text) and _tick(cells[0].text) is None:
            yield _entry(key, _whole(cells.pop(0)))
        else:
            yield _entry(key, None)


def _ticked(cell: Cell, rest: list[Cell], *, ticked: bool) -> Iterator[_Entry]:
    """A tick box with its text behind it, in the same cell or the next."""
    mark = _CHECKED.match(cell.text) or _UNCHECKED.match(cell.text)
    assert mark is not None
    key = Span(cell, mark.end(), len(cell.text))
    if not key.text and rest:
        key = _whole(rest.pop(0))
    if key.text:
        yield key, Span(cell, 0, max(1, mark.end())), "checkbox", "checked" if ticked else "unchecked"


def _entry(key: Span, value: Span | None) -> _Entry:
    kind = "signature" if _SIGNATURE.search(key.text) else "text"
    return key, value, kind, None


def _group(entry: _Entry, names: dict[str, str]) -> Group:
    key, value, kind, said = entry
    fields: dict[str, Filling] = {
        names["key"]: Scalar([Candidate(key.text.strip(), 1.0, (key,), 0.7)]),
        names["kind"]: Scalar([Candidate(kind, 1.0, (), 0.7)]),
    }
    if value is not None:
        text = said or value.text.strip()
        fields[names["value"]] = Scalar([Candidate(text, 1.0, (value,), 0.65)])
    return Group(fields)


def _tick(text: str) -> bool | None:
    if _CHECKED.match(text):
        return True
    return False if _UNCHECKED.match(text) else None


def _is_key(text: str) -> bool:
    """Whether a cell could be a label without its colon."""
    letters = sum(char.isalpha() for char in text)
    return letters > 1 and len(text) <= _MAX_KEY and not any(char.isdigit() for char in text)


def _whole(cell: Cell) -> Span:
    return Span(cell, 0, len(cell.text))
