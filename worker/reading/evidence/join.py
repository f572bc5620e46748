"""A reading and what the file itself says made one: the file is believed, the page shows the place."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from schemas import pointer
from schemas.record import Alternative, Citation, Evidence, Issue, Severity
from schemas.registry import Schema
from schemas.values.folding import letters_and_digits
from worker.reading.engines.base import Reading
from worker.reading.engines.vision import grounding
from worker.reading.evidence import payloads
from worker.reading.evidence.form_fields import filled
from worker.reading.evidence.gs1 import named
from worker.reading.evidence.witness import INVOICE, Witness

_PRINTED, _UNPRINTED = 0.99, 0.95
"""Confidence in a value of the file, by whether the page shows it, too."""

_FOUND = 0.6  # from here on `grounding` is sure of a place
_SURE = 0.5  # what an engine is less sure of contradicts nothing
_CENT = 0.005
_LONGEST = 200  # characters of a code or a field that are cited
_COMPARED = ("/invoice_number", "/issue_date", "/subtotal", "/tax_total", "/total")
"""Values that an invoice prints as its XML has them; names, addresses and lines are worded more freely."""

_ALWAYS = frozenset({"/invoice_number", "/issue_date", "/total"})
"""Of these, every invoice prints: another one is meant, however unsure its reader."""


@dataclass(slots=True)
class _Joined:
    """A reading that values of the file are being laid into."""

    data: dict[str, Any]
    evidence: dict[str, Evidence]
    issues: list[Issue] = field(default_factory=list)

    def at(self, place: str) -> Any:
        """The value at a pointer, null where there is none."""
        try:
            return pointer.get(self.data, place)
        except (LookupError, TypeError):
            return None

    def put(self, place: str, value: Any, citations: tuple[Citation, ...]) -> None:
        """Lay a value of the file in; another one that was read stays as an alternative."""
        read, known = self.at(place), self.evidence.get(place)
        self._set(place, value)
        same = _equal(read, value)
        if not citations and same and known:
            citations = known.citations
        others = () if read is None or same or not known else (_alternative(read, known),)
        self.evidence[place] = _embedded(citations, others)

    def put_list(self, place: str, items: list[Any], places: Mapping[str, Evidence]) -> None:
        """Lay a list of the file in, in place of all that was read of it."""
        for old in [at for at in self.evidence if at.startswith(place + "/")]:
            del self.evidence[old]
        self._set(place, copy.deepcopy(items))
        for at, value in pointer.leaves(items, at=place):
            if value is not None:
                self.evidence[at] = _embedded(places[at].citations)

    def _set(self, place: str, value: Any) -> None:
        holder = self.data
        *above, last = pointer.split(place)
        for part in above:
            inner = holder.get(part)
            holder[part] = inner if isinstance(inner, dict) else {}
            holder = holder[part]
        holder[last] = value


def join(reading: Reading, schema: Schema, witness: Witness) -> Reading:
    """The reading with the values of the file in it, and an issue where print and file disagree."""
    joined = _Joined(copy.deepcopy(reading.data), dict(reading.evidence))
    if witness.invoice is not None:
        _lay_invoice(joined, witness.invoice, schema, witness)
    if schema.name == INVOICE:
        _lay_codes(joined, schema, witness)
    coded = [(page, one) for page, code in witness.barcodes for one in named(code)]
    for at, value, (page, told) in filled(schema.root, [*coded, *witness.form_fields]):
        joined.put(at, value, (Citation(page=page, box=told.box.rounded(), text=told.value[:_LONGEST]),))
    issues = (*reading.issues, *joined.issues)
    return replace(reading, data=joined.data, evidence=joined.evidence, issues=issues)


def _lay_invoice(joined: _Joined, invoice: Mapping[str, Any], schema: Schema, witness: Witness) -> None:
    places = grounding.locate(invoice, witness.lines, root=schema.root)
    joined.issues.extend(_contradictions(joined, invoice, places, witness))
    _lay(joined, "", invoice, places)


def _lay(joined: _Joined, at: str, value: Any, places: Mapping[str, Evidence]) -> None:
    """Put values of the file in place of what was read; a list replaces the whole list."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _lay(joined, at + pointer.join(name), inner, places)
    elif isinstance(value, list):
        joined.put_list(at, value, places)
    else:
        joined.put(at, value, places[at].citations)


def _contradictions(
    joined: _Joined, invoice: Mapping[str, Any], places: Mapping[str, Evidence], witness: Witness
) -> Iterator[Issue]:
    """Where the page surely shows another value than the XML, which itself is not printed there."""
    for at in _COMPARED:
        said, read, known = invoice.get(at[1:]), joined.at(at), joined.evidence.get(at)
        printed = at in places and places[at].confidence >= _FOUND
        if said is None or printed or known is None or read is None or _equal(read, said):
            continue
        if known.citations and (known.confidence >= _SURE or (at in _ALWAYS and witness.lines)):
            message = f"the file's XML says {said}, but {known.citations[0].text!r} is printed"
            yield Issue(code="embedded_data_contradicts", severity=Severity.ERROR, path=at, message=message)


def _lay_codes(joined: _Joined, schema: Schema, witness: Witness) -> None:
    """What codes settle replaces what was read; what they suggest fills gaps. XML stays as it is."""
    for page, code in witness.barcodes:
        cited = Citation(page=page, box=code.box.rounded(), text=code.text[:_LONGEST])
        told = payloads.facts(code.text)
        for at, value in told.certain.items():
            known = joined.evidence.get(at)
            if known is not None and known.origin == "embedded":
                continue
            read = joined.at(at)
            if read is not None and not _equal(read, value):
                message = f"the code on page {page} says {value}, but {read} was read"
                severity = Severity.WARNING
                joined.issues.append(
                    Issue(code="embedded_data_contradicts", severity=severity, path=at, message=message)
                )
            [place] = grounding.locate({at[1:]: value}, witness.lines, root=schema.root).values()
            joined.put(at, value, (cited, *place.citations))
        for at, value in told.likely.items():
            if joined.at(at) is None:
                joined.put(at, value, (cited,))


def _embedded(citations: tuple[Citation, ...], others: tuple[Alternative, ...] = ()) -> Evidence:
    confidence = _PRINTED if citations else _UNPRINTED
    return Evidence(confidence=confidence, origin="embedded", citations=citations, alternatives=others)


def _alternative(read: Any, known: Evidence) -> Alternative:
    return Alternative(value=read, confidence=round(min(known.confidence, 1 - _PRINTED), 4))


def _equal(read: Any, said: Any) -> bool:
    if isinstance(read, bool) or isinstance(said, bool):
        return read is said
    if isinstance(read, int | float) and isinstance(said, int | float):
        return abs(read - said) < _CENT
    return letters_and_digits(str(read)) == letters_and_digits(str(said))
