"""Which reader fills which field: the only module that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemas.json_schema.fields import Field
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar, Unsupported
from worker.reading.engines.matcher.concepts import Concept, concept_of
from worker.reading.engines.matcher.readers import (
    by_pattern,
    chains,
    chart,
    codes,
    dates,
    entries,
    floor_rooms,
    labelled,
    merchant,
    money,
    parties,
    plan,
    transcription,
)
from worker.reading.engines.matcher.sheet import Candidate, Sheet

_SCALARS: Mapping[str, Callable[[Concept, Sheet], list[Candidate]]] = {
    "money": money.read,
    "total": money.read,
    "date": dates.read,
    "code": codes.read,
    "pattern": by_pattern.read,
    "moment": by_pattern.read_moment,
    "merchant_name": merchant.read_name,
    "merchant_address": merchant.read_address,
    "payment": codes.read_payment,
    "total_area": plan.read_total_area,
    "plan_floor": plan.read_floor,
    "plan_title": plan.read_title,
    "watermark": plan.read_watermark,
    "full_text": transcription.read_text,
    "column_text": transcription.read_column_text,
    "language": transcription.read_language,
    "chart_title": chart.read_title,
    "chart_x_axis": chart.read_x_axis,
    "chart_y_axis": chart.read_y_axis,
}
_TREES: Mapping[str, Callable[[Field, Concept, Sheet], Filling]] = {
    "rooms": floor_rooms.read_rooms,
    "chains": chains.read_chains,
    "annotations": plan.read_annotations,
    "lines": transcription.read_lines,
    "columns": transcription.read_columns,
    "pages": transcription.read_pages,
    "chart_series": chart.read_series,
}
_FROM_GRAPH = frozenset({"table", "entries"})
"""What is read from the graph for every schema alike, by `items` and `pairs`."""
_UNSUPPORTED = "it has to be described or judged, not read"


def fill_root(root: Field, sheet: Sheet) -> Group:
    """Candidates for every field of a shipped kind."""
    return Group({field.name: _fill(field, sheet) for field in root.properties})


@dataclass(frozen=True, slots=True)
class FromReader:
    """What a reader of shipped kinds says of a field of another schema; `value` is what it reads."""

    value: str
    candidates: Sequence[Candidate]


def known_scalars(root: Field, sheet: Sheet) -> dict[str, FromReader]:
    """By path what the readers say of those scalars of another schema that are called like something they read."""
    return dict(_known(root, sheet, within=None))


def _known(target: Field, sheet: Sheet, *, within: str | None) -> Iterator[tuple[str, FromReader]]:
    for child in target.properties:
        concept = concept_of(child, within=within)
        if child.is_object:
            yield from _known(child, sheet, within=concept.name)
            continue
        is_one = not child.is_array and "boolean" not in child.types  # a mark answers the latter
        if is_one and (concept.value in _SCALARS or concept.value == "currency"):
            yield child.path, FromReader(concept.value, _read(concept, sheet))


def _fill(field: Field, sheet: Sheet, *, within: str | None = None) -> Filling:
    concept = concept_of(field, within=within)
    if concept.value == "unsupported":
        return Unsupported(_UNSUPPORTED)
    if concept.value in _FROM_GRAPH:
        return Listing()
    if concept.value in _TREES:
        return _TREES[concept.value](field, concept, sheet)
    if concept.value == "party":
        return parties.read(field, concept, sheet)
    if field.is_object:
        return Group({child.name: _fill(child, sheet, within=concept.name) for child in field.properties})
    if field.enum is not None and concept.value not in _SCALARS:
        return Scalar(entries.read_enum(field, concept, sheet))
    return Scalar(_read(concept, sheet))


def _read(concept: Concept, sheet: Sheet) -> list[Candidate]:
    return _SCALARS.get(concept.value, labelled.read)(concept, sheet)
