"""Scalar fields of any schema: the values of the graph that may be meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from worker.checks.patterns import Pattern
from worker.reading.engines.matcher import label_features, members, period_tables
from worker.reading.engines.matcher.assign import allows, as_type
from worker.reading.engines.matcher.evaluation import Evaluation
from worker.reading.engines.matcher.graph import Graph, PrintedValue
from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.typed_spans import Span

MOST = 160  # candidates of a field that are looked at closely
_HINTED = 0.2  # likeness of a label below which it says nothing of a field
_HINTED_BY_SENSE = 0.35  # the same to a sentence encoder, to which values are near to one another, too
_LABELLED = 0.45  # likeness from which what follows a label is looked at over several lines
_MOST_LINES = 6
_OF_SECTION = 0.2  # likeness of the heading of a section to the address of what it is about
_TOP = 12  # rows in which an address may stand without a label
_BY_KIND: Mapping[str, frozenset[str]] = {
    "date": frozenset({"date"}),
    "datetime": frozenset({"datetime", "date"}),
    "time": frozenset({"time"}),
    "number": frozenset({"money", "number", "percent"}),
    "integer": frozenset({"money", "number", "percent"}),
    "enum": frozenset({"text"}),
    "text": frozenset({"text", "code", "phone", "date", "time", "money", "number"}),
}
_FILLED_IN = frozenset({"date", "datetime", "time", "money", "phone"})
_SENTENCE = 90  # characters from which a text is no value where no label says so
_OF_TOWN: Mapping[str, str] = {"city": "city", "zip": "zip", "state": "region"}
_ALIKE, _UNLIKE = 4.0, 0.3  # what the form of an example makes of the odds of a value
_NEXT_CELL = 2.5  # letter heights of white between the parts of a value that was read as two cells


@dataclass(frozen=True, slots=True)
class ValueOption:
    """A value that a field may have, in its type, and where it stands."""

    value: Any
    place: PrintedValue
    is_hinted: bool
    """Whether any label around it says something of the field."""


def options(asked: int, evaluation: Evaluation) -> list[ValueOption]:
    """The values that a field may have, the most promising first, at most `MOST`."""
    question = evaluation.questions[asked]
    kinds = _kinds(question)
    none = period_tables.asides(evaluation.graph) if question.kind in {"number", "integer"} else frozenset()
    rated = zip(evaluation.graph.places, *map(np.ndarray.tolist, evaluation.nearness(asked)), strict=True)
    found = [
        (max(near, sensed) + _promise(answer.place, question) - 1e-4 * order, answer)
        for order, (place, near, sensed) in enumerate(rated)
        if place.kind in kinds and id(place.cell) not in none and not _is_option(place, evaluation)
        for answer in _offers(place, question, near, sensed, evaluation)
    ]
    found.sort(key=lambda pair: -pair[0])
    seen: set[tuple[int, int, int, int]] = set()
    kept = []
    for _, answer in found:
        first, last = answer.place.spans[0], answer.place.spans[-1]
        key = (id(first.cell), first.start, id(last.cell), last.end)
        if key not in seen:
            seen.add(key)
            kept.append(answer)
    return kept[:MOST]


def _offers(
    place: PrintedValue, question: FieldQuery, near: float, sensed: float, evaluation: Evaluation
) -> Iterator[ValueOption]:
    """A place and what may belong to it as values of a field, to which its labels are so near by words and sense."""
    if near < _LABELLED and _is_another(place, question, evaluation):
        return
    is_hinted = near >= _HINTED or sensed >= _HINTED_BY_SENSE
    near = max(near, sensed)
    if (place.needs_label and near < _HINTED) or _has_part_asked(place, question, evaluation):
        return
    for wider in (place, *_wider(place, question, near, evaluation)):
        value = value_of(wider, question)
        if value is None and question.kind == "enum" and near >= _LABELLED:
            value = members.meant(wider.text, question.field, evaluation.graph.senses)
        if value is not None and (near >= _LABELLED or _may_stand_alone(wider, value, question)):
            yield ValueOption(value, wider, is_hinted)


def _has_part_asked(place: PrintedValue, question: FieldQuery, evaluation: Evaluation) -> bool:
    """Whether a text holds a town, a postcode or a state that is asked for, which is offered by itself."""
    if question.ideas.isdisjoint(_OF_TOWN):
        return False
    kinds = (kind for idea, kind in _OF_TOWN.items() if idea in question.ideas)
    return place.kind in {"text", "number", "code"} and any(
        evaluation.graph.sheet.typed(kind, place.cell) for kind in kinds
    )


def _is_option(place: PrintedValue, evaluation: Evaluation) -> bool:
    """Whether a text stands beside a box: an option is a value where its box is marked, which is told elsewhere."""
    return place.kind not in _FILLED_IN and id(place.cell) in evaluation.graph.sheet.choices.by_cell


def _kinds(question: FieldQuery) -> frozenset[str]:
    """The types of printed values that a field may have."""
    if _asks_currency(question):
        return frozenset({"currency"})
    kinds = _BY_KIND.get(question.kind, frozenset())
    if question.kind != "text":
        return kinds
    return kinds | {kind for idea, kind in _OF_TOWN.items() if idea in question.ideas}


def _is_another(place: PrintedValue, question: FieldQuery, evaluation: Evaluation) -> bool:
    """Whether the label beside a date is a known one, and that of another date than a field's that is known as well."""
    if not question.is_known or label_features.other_date(place, question, evaluation) <= 0:
        return False
    read = evaluation.graph.wordings.meaning(label_features.beside(place))
    return not read.unknown and all(unit.is_label for unit in read.units)


def _may_stand_alone(place: PrintedValue, value: Any, question: FieldQuery) -> bool:
    """Whether a value may be meant without its label: no sentence, and a listed one only where nothing else is."""
    room = 2 + len(str(value)) if question.kind == "enum" else _SENTENCE
    return len(place.text) <= room or len(place.spans) > 1


def _asks_currency(question: FieldQuery) -> bool:
    return "currency" in question.ideas and question.kind in {"text", "enum"}


def value_of(place: PrintedValue, question: FieldQuery) -> Any:
    """A place as a value of the field; None when it cannot be one."""
    typed = place.typed
    if place.kind == "currency" and typed is not None:
        return as_type(typed.value, question.field)
    if question.kind == "enum":
        return members.printed(place.text, question.field)
    raw: Any = place.text
    if "x-pattern" in question.field.hints:
        found = Pattern(str(question.field.hints["x-pattern"])).search(place.text)
        raw = found.group(0) if found else ""
        return as_type(raw, question.field) if raw else None
    if (
        typed is not None
        and question.kind != "text"
        and not (question.verbatim and question.field.format is None)
    ):
        raw = typed.value
    value = as_type(raw, question.field)
    return value if value is not None and allows(question.field, value) else None


def _promise(place: PrintedValue, question: FieldQuery) -> float:
    """What speaks for a value without regard to its labels: its type, and standing first on the page."""
    suits = place.kind in {"date", "time", "datetime", "money"} and question.kind != "text"
    return 0.3 * suits + 0.1 * place.whole + 0.1 * (place.cell.page.number == 1)


def _wider(
    place: PrintedValue, question: FieldQuery, near: float, evaluation: Evaluation
) -> Iterator[PrintedValue]:
    """A text with what belongs to it: the next cell of its row, the lines under it."""
    if place.kind != "text" or question.kind != "text":
        return
    cell = place.spans[-1].cell
    beside = next(iter(evaluation.graph.sheet.layout.right_of(cell)), None)
    ends = place.spans[-1].end >= len(cell.text.rstrip())
    apart = beside is None or evaluation.graph.sheet.ruled.apart(cell, beside)
    if near >= _LABELLED and ends and beside and not apart and beside.x0 - cell.x1 < _NEXT_CELL * cell.height:
        yield replace(place, spans=(*place.spans, Span(beside, 0, len(beside.text))))
    yield from _over_lines(place, question, near, evaluation)


def _over_lines(
    place: PrintedValue, question: FieldQuery, near: float, evaluation: Evaluation
) -> Iterator[PrintedValue]:
    """A labelled text together with the lines under it: addresses, names that are long."""
    address = "address" in question.ideas and (place.cell.row < _TOP or near > _OF_SECTION)
    if near < _LABELLED and not address:
        return
    spans = list(place.spans)
    for below in _lines_under(place.spans[-1], evaluation.graph):
        spans.append(Span(below, 0, len(below.text)))
        yield replace(place, spans=tuple(spans))
        if len(spans) == _MOST_LINES:
            return


def _lines_under(span: Span, graph: Graph) -> Iterator[Cell]:
    """The lines that go on right under a text, in line with its beginning."""
    first = graph.sheet.layout.below(span.cell, rows=1)
    x0, height = span.cell.x_at(span.start), span.cell.height
    for cell in first:
        inline = abs(cell.x0 - x0) < 1.5 * height or (
            span.start == 0 and abs(cell.cx - span.cell.cx) < height
        )
        if inline and cell.y0 - span.cell.y1 < 1.1 * height:
            yield from graph.surroundings.block_below(cell)
            return
