"""What a cell of a table says in the type of its field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from worker.reading.engines.matcher.assign import as_type
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.number_cells import joined
from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.sheet import Candidate
from worker.reading.engines.matcher.typed_spans import Span

_TYPES: Mapping[str, tuple[str, ...]] = {
    "date": ("date",),
    "datetime": ("datetime", "date"),
    "time": ("time",),
    "number": ("money", "number", "percent"),
    "integer": ("number", "money"),
}


def values_of(asked: FieldQuery, spans: Sequence[Span], sure: float, graph: Graph) -> Iterator[Candidate]:
    """The values that the parts of a cell may stand for, each as sure as `sure`."""
    if asked.kind in _TYPES and not asked.verbatim:
        for kind in _TYPES[asked.kind]:
            for span in spans:
                for typed in graph.sheet.typed(kind, span.cell):
                    if span.start <= typed.span.start < span.end:
                        yield Candidate(typed.value, sure, (typed.span,), sure, sure)
        return
    text = joined(spans).strip(" |:;")
    if as_type(text, asked.field) is not None:
        yield Candidate(text, sure, tuple(spans), sure, sure)
