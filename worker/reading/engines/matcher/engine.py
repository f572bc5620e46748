"""The engine: pages to lines, lines to a sheet, sheet to values of the schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from schemas.json_schema.fields import Field
from schemas.record import Issue, Severity
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.matcher import (
    adding_up,
    answering,
    any_schema,
    assign,
    concepts,
    items,
    pairs,
    schema_parties,
    unread_fields,
    wordings,
)
from worker.reading.engines.matcher.candidates import Filling, Group, Unsupported
from worker.reading.engines.matcher.doubts import doubts, is_shipped
from worker.reading.engines.matcher.graph import graph_of
from worker.reading.engines.matcher.lexicon import Label, Lexicon
from worker.reading.engines.matcher.readers.registry import fill_root, known_scalars
from worker.reading.engines.matcher.rows import arrange
from worker.reading.engines.matcher.sheet import Sheet, lay_out
from worker.reading.pages.base import Page
from worker.reading.text.page_lines import PageLines, legibility
from worker.reading.text.side_by_side import lines_of_pages
from worker.reading.text.sources import OcrLines


class EmbeddedEngine:
    """OCR and matcher on the CPU."""

    name = "embedded"
    model = "PP-OCRv6-small"
    revision = None

    def __init__(self, *, ocr_runtime: str = "auto") -> None:
        self._line_source = OcrLines(ocr_runtime=ocr_runtime)

    def warm_up(self) -> None:
        """Load the OCR models."""
        self._line_source.warm_up()

    def read(self, request: Request) -> Reading:
        """Read a document, as many pages at a time as the runtime has streams."""
        pages = _lines_of(request.pages, self._line_source, request.after_page)
        return read_lines(pages, request.schema.root)

    def close(self) -> None:
        """Let go of the models; they load again when next needed."""
        self._line_source.close()


def read_lines(pages: Sequence[PageLines], root: Field) -> Reading:
    """What the lines of some pages say under a schema, or to the question that it carries."""
    question = answering.asked(root)
    if question is not None:
        return answering.answer(pages, question, read_lines)
    filling = _fill(pages, root)
    data, evidence = assign.filled(root, filling)
    unsure = doubts(root, pages, data, evidence)
    layers = (issue for page in pages for issue in page.issues())
    return Reading(
        data=data,
        evidence=evidence,
        has_text=any(page.lines for page in pages),
        issues=(*layers, *legibility(pages), *_unsupported(root, filling), *unsure),
        tokens={"pages": len(pages)},
        notes=tuple(note for page in pages for note in page.notes()),
    )


def _lines_of(
    pages: Iterable[Page], line_source: OcrLines, after_page: Callable[[], None]
) -> list[PageLines]:
    """Read the pages side by side, keeping lines but no pictures."""
    read = []
    for lines in lines_of_pages(pages, line_source, window=line_source.streams):
        read.append(lines)
        after_page()
    return read


def _fill(pages: Sequence[PageLines], root: Field) -> Group:
    """The shipped kinds by their readers, their lists and all other schemas from the graph."""
    graph = graph_of(pages, root, wordings.shipped())
    sheet = sheet_of(pages, root, *schema_parties.labels(root, graph.wordings))
    sheet.memo["sums_of_items"] = {run.total.value for run in adding_up.added_up(graph)}
    if not is_shipped(root):
        known = any_schema.Known(known_scalars(root, sheet), schema_parties.read(root, sheet, graph.wordings))
        return any_schema.fill(root, graph, known)
    filling = fill_root(root, sheet)
    by_concept = {field.hints.get("x-concept"): field for field in root.properties}
    fields = dict(filling.fields)
    if "items" in by_concept:
        listed = by_concept["items"]
        fields[listed.name] = items.find([listed], graph).listings[listed.path]
    if "form.entries" in by_concept:
        fields[by_concept["form.entries"].name] = pairs.listing(by_concept["form.entries"], graph)
    return unread_fields.filled_up(root, Group(fields), graph)


def sheet_of(pages: Sequence[PageLines], root: Field, *more: Label) -> Sheet:
    """Some pages laid out for the readers of the shipped kinds, by their labels and `more`."""
    return lay_out(arrange(pages), Lexicon((*_labels(root), *more), beside=concepts.lexicon()))


def _labels(root: Field) -> Iterator[Label]:
    """The wordings of the schema."""
    for field in root.walk():
        if field.path and not field.path.endswith("/*"):
            yield from concepts.own_labels(field)


def _unsupported(root: Field, filling: Filling, *, at: str = "") -> Iterator[Issue]:
    """Say per field what this engine cannot do."""
    if isinstance(filling, Unsupported):
        yield Issue(
            code="unsupported_by_engine",
            severity=Severity.WARNING,
            path=at,
            message=f"the embedded engine does not fill this field: {filling.reason}",
        )
    elif isinstance(filling, Group):
        for child in root.properties:
            found = filling.fields.get(child.name)
            if found is not None:
                yield from _unsupported(child, found, at=child.path)
