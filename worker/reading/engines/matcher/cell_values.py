"""What a cell of a table says in the type of its field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from schemas.values import dates
from worker.reading.engines.matcher import column_words, members
from worker.reading.engines.matcher.assign import as_type
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.number_cells import joined
from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.sheet import Candidate
from worker.reading.engines.matcher.typed_spans import Span, sure_of_year

_TYPES: Mapping[str, tuple[str, ...]] = {
    "date": ("date",),
    "datetime": ("datetime", "date"),
    "time": ("time",),
    "number": ("money", "number", "percent"),
    "integer": ("number", "money"),
}


def values_in(
    asked: FieldQuery, cells: Sequence[Sequence[Span]], sure: float, graph: Graph
) -> Iterator[list[Candidate]]:
    """For each cell of a column the values that its parts may stand for, each as sure as `sure`.

    Where a field lists its values or asks yes or no, the texts of the column are read together; what is not printed but
    meant is never sure, whatever else speaks for its row.
    """
    told = column_words.read([joined(spans) for spans in cells], asked, graph)
    for spans in cells:
        if joined(spans) in told:
            value, share = told[joined(spans)]
            sure_of = sure if share == 1 else min(sure * share, members.AT_MOST)
            yield [Candidate(value, sure_of, tuple(spans), sure_of, sure_of)]
        else:
            yield list(values_of(asked, spans, sure, graph))


def values_of(asked: FieldQuery, spans: Sequence[Span], sure: float, graph: Graph) -> Iterator[Candidate]:
    """The values that the parts of a cell may stand for, each as sure as `sure`."""
    if asked.kind in _TYPES and not asked.verbatim:
        found = False
        for kind in _TYPES[asked.kind]:
            for span in spans:
                for typed in graph.sheet.typed_part(kind, span):
                    found = True
                    yield Candidate(typed.value, sure, (typed.span,), sure, sure)
        if not found and asked.kind == "date":
            yield from _of_usual_year(spans, sure, graph)
        return
    text = joined(spans).strip(" |:;")
    if as_type(text, asked.field) is not None:
        yield Candidate(text, sure, tuple(spans), sure, sure)


def _of_usual_year(spans: Sequence[Span], sure: float, graph: Graph) -> Iterator[Candidate]:
    """A day without its year, in the year that most of the document's dates have; in doubt where they have several."""
    years = graph.sheet.years
    if not years:
        return
    day = dates.of_year(joined(spans), years[0], day_first=graph.sheet.day_first)
    if day is not None:
        sure = min(sure, sure_of_year(years))
        yield Candidate(day, sure, tuple(spans), sure, sure)
