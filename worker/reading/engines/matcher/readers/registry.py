"""Which reader fills which field: the only module that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from schemas.json_schema.fields import Field
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar, Unsupported
from worker.reading.engines.matcher.concepts import Concept, concept_of, own_concept
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
_FROM_GRAPH = frozenset({"table", "entries", "checkbox"})
"""What is read from the graph for every schema alike, by `items`, `pairs` and `marked`."""

_BESIDE = 0.75  # strength of a value right behind or beside its label
_BY_SUMS = frozenset({"money", "total"})
_BEYOND = {"unsupported": "it has to be described or judged, not read"}


def fill_root(root: Field, sheet: Sheet) -> Group:
    """Candidates for every field of a schema."""
    return Group({field.name: fill(field, sheet) for field in root.properties})


def fill(field: Field, sheet: Sheet, *, within: str | None = None) -> Filling:
    """Candidates for a field and everything in it."""
    concept = concept_of(field, within=within)
    if concept.value in _BEYOND:
        return Unsupported(_BEYOND[concept.value])
    if concept.value in _FROM_GRAPH or _is_yes_or_no(field):
        return Scalar() if _is_yes_or_no(field) else Listing()
    if concept.value in _TREES:
        return _TREES[concept.value](field, concept, sheet)
    if concept.value == "party":
        return _party(field, concept, sheet)
    if field.is_object:
        return Group({child.name: fill(child, sheet, within=concept.name) for child in field.properties})
    if field.enum is not None and concept.value not in _SCALARS:
        return Scalar(entries.read_enum(field, concept, sheet))
    return Scalar(_scalar(field, concept, sheet))


def _is_yes_or_no(field: Field) -> bool:
    """Whether a mark answers a field, whatever its name is like."""
    return own_concept(field).value == "checkbox"


def _party(field: Field, concept: Concept, sheet: Sheet) -> Group:
    """A party's name, address and numbers from its block, anything else by its own title."""
    known = parties.read(field, concept, sheet).fields
    return Group(
        {
            child.name: known.get(child.name) or fill(child, sheet, within=concept.name)
            for child in field.properties
        }
    )


def _scalar(field: Field, concept: Concept, sheet: Sheet) -> list[Candidate]:
    """What the library's concept finds, and what stands beside the field's own title.

    A value right beside its own title is meant, except for amounts, where sums tell more than words.
    """
    found = _SCALARS.get(concept.value, labelled.read)(concept, sheet)
    if "x-concept" in field.hints or concept.name == field.path:
        return found
    own = own_concept(field)
    mine = _SCALARS.get(own.value, labelled.read)(own, sheet)
    beside = [candidate for candidate in mine if candidate.strength >= _BESIDE]
    if beside and (concept.value not in _BY_SUMS or "x-labels" in field.hints):
        return [*beside, *found]
    return [*found, *beside]
