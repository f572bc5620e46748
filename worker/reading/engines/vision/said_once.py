"""What a schema has twice and a model writes once: the lines of a page, which its blocks say already.

A line is broken where the recogniser's lines end in which its block was found; the words are the model's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from rapidfuzz import fuzz

from schemas import pointer
from schemas.json_schema.fields import Field
from schemas.record import Citation, Evidence
from schemas.values.folding import has_cjk

_LINES, _BLOCKS = "page.lines", "page.blocks"
_TEXT, _ITEMS, _ROWS, _CELLS = "block.text", "block.items", "block.rows", "block.cells"
_SAME = 2  # letters by which the beginning of a line is known
_NEAR = 3  # letters around it in which a word may begin instead


@dataclass(frozen=True, slots=True)
class _Written:
    """A text of a block, and why it is what it is; a row of a table is never broken."""

    text: str
    evidence: Evidence
    runs: bool = True


def asked(field: Field) -> Field:
    """The tree without the lines of pages that have blocks."""
    doubled = _BLOCKS in _by_concept(field)
    kept = (child for child in field.properties if not (doubled and _concept(child) == _LINES))
    items = None if field.items is None else asked(field.items)
    return replace(field, properties=tuple(map(asked, kept)), items=items)


def restored(
    data: dict[str, Any], evidence: dict[str, Evidence], root: Field
) -> tuple[dict[str, Any], dict[str, Evidence]]:
    """A document's data with the lines of its blocks, and the evidence with theirs: that of their text."""
    if asked(root) == root:
        return data, evidence
    found = dict(evidence)
    whole = _restored(data, root, "", found)
    return whole, {at: found[at] for at, _ in pointer.leaves(whole) if at in found}


def _restored(value: Any, field: Field, at: str, evidence: dict[str, Evidence]) -> Any:
    if isinstance(value, list) and field.items is not None:
        inner = field.items
        return [_restored(item, inner, at + pointer.join(n), evidence) for n, item in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    made = {
        child.name: _restored(value.get(child.name), child, at + pointer.join(child.name), evidence)
        for child in field.properties
    }
    known = _by_concept(field)
    if {_LINES, _BLOCKS} <= known.keys():
        name, blocks = known[_LINES].name, known[_BLOCKS]
        written = _texts(made[blocks.name] or (), blocks, at + pointer.join(blocks.name), evidence)
        lines = [line for text in written for line in _broken(text)]
        made[name] = [text for text, _ in lines]
        evidence |= {at + pointer.join(name, number): why for number, (_, why) in enumerate(lines)}
    return made


def _texts(
    blocks: Sequence[Mapping[str, Any]], field: Field, at: str, evidence: Mapping[str, Evidence]
) -> Iterator[_Written]:
    """The texts of blocks in their order."""
    known = _by_concept(field.items)
    for number, block in enumerate(blocks):
        for concept in (name for name in (_TEXT, _ITEMS, _ROWS) if name in known):
            name = known[concept].name
            there, said = at + pointer.join(number, name), block.get(name)
            if concept == _ROWS:
                yield from _rows(said or (), known[concept], there, evidence)
            elif concept == _ITEMS:
                parts = ((str(one), there + pointer.join(n)) for n, one in enumerate(said or ()))
                yield from (_Written(text, evidence[source]) for text, source in parts)
            elif said is not None:
                yield _Written(str(said), evidence[there])


def _rows(
    rows: Sequence[Mapping[str, Any]], field: Field, at: str, evidence: Mapping[str, Evidence]
) -> Iterator[_Written]:
    """Each row as one text, as sure as the least sure of its cells."""
    cells = _by_concept(field.items).get(_CELLS)
    for number, row in enumerate(rows if cells is not None else ()):
        assert cells is not None
        there = at + pointer.join(number, cells.name)
        found = [(str(cell), evidence[there + pointer.join(n)]) for n, cell in _filled(row.get(cells.name))]
        if found:
            least = min((why for _, why in found), key=lambda why: why.confidence)
            places = tuple(citation for _, why in found for citation in why.citations)
            why = Evidence(confidence=least.confidence, citations=places)
            yield _Written(" ".join(text for text, _ in found), why, runs=False)


def _filled(cells: Sequence[Any] | None) -> Iterator[tuple[int, Any]]:
    return ((number, cell) for number, cell in enumerate(cells or ()) if cell is not None)


def _broken(written: _Written) -> list[tuple[str, Evidence]]:
    """A text line by line, each with its own place; one that was not found is one line."""
    text, places = written.text.strip(), written.evidence.citations
    if not written.runs or len(places) < 2:
        return [(text, written.evidence)]
    edges = [0, *_beginnings(text, places), len(text)]
    if sorted(set(edges)) != edges:
        return [(text, written.evidence)]
    spans = zip(pairwise(edges), places, strict=True)
    return [
        (_line(text, start, end), written.evidence.model_copy(update={"citations": (place,)}))
        for (start, end), place in spans
    ]


def _beginnings(text: str, places: Sequence[Citation]) -> Iterator[int]:
    """Where in a text the printed lines begin, without the first."""
    start = 0
    for before, place in pairwise(places):
        least = min(start + len(before.text) // 2, len(text))
        found = fuzz.partial_ratio_alignment(place.text, text[least:])
        start = _at_word(text, least + (found.dest_start if found else 0), place.text)
        yield start


def _at_word(text: str, at: int, line: str) -> int:
    """Where in a text a line begins: there, or at the word near it where the line begins otherwise."""
    if text[at : at + _SAME] == line[:_SAME]:
        return at
    near = range(max(1, at - _NEAR), min(len(text), at + _NEAR + 1))
    words = [n for n in near if text[n - 1].isspace() and not text[n].isspace()]
    return min(words, key=lambda n: abs(n - at), default=at)


def _line(text: str, start: int, end: int) -> str:
    """A part of a text, with a hyphen where it ends within a word."""
    within = text[end - 1 : end].isalnum() and text[end : end + 1].isalnum()
    return text[start:end].strip() + ("-" if within and not has_cjk(text[end - 1 : end + 1]) else "")


def _by_concept(field: Field | None) -> dict[str, Field]:
    properties = () if field is None else field.properties
    return {name: child for child in properties if (name := _concept(child))}


def _concept(field: Field) -> str:
    return str(field.hints.get("x-concept") or "")
