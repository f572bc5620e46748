"""The engine: pages to lines, lines to a sheet, sheet to values of the schema."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

from schemas.json_schema.fields import Field
from schemas.record import Issue, Severity
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.matcher import any_schema, assign, concepts, items, pairs, wordings
from worker.reading.engines.matcher.candidates import Filling, Group, Unsupported
from worker.reading.engines.matcher.graph import graph_of
from worker.reading.engines.matcher.lexicon import Label
from worker.reading.engines.matcher.readers.registry import fill_root
from worker.reading.engines.matcher.rows import arrange
from worker.reading.engines.matcher.sheet import Sheet, lay_out
from worker.reading.issues import text_layer_ignored
from worker.reading.pages.base import Page
from worker.reading.text.page_lines import LineSource, PageLines
from worker.reading.text.sources import OcrLines


class EmbeddedEngine:
    """OCR and matcher on the CPU."""

    name = "embedded"
    model = "PP-OCRv6-small"
    revision = None

    def __init__(self, *, ocr_runtime: str = "auto") -> None:
        self._line_source = OcrLines(ocr_runtime=ocr_runtime)
        self._one_at_a_time = threading.Lock()  # the runtime uses every core for one picture already

    def warm_up(self) -> None:
        """Load the OCR models."""
        self._line_source.warm_up()

    def read(self, request: Request) -> Reading:
        """Read a document; pictures are let go of page by page."""
        with self._one_at_a_time:
            pages = _lines_of(request.pages, self._line_source, request.after_page)
        return read_lines(pages, request.schema.root)

    def close(self) -> None:
        """Let go of the models; they load again when next needed."""
        self._line_source.close()


def read_lines(pages: Sequence[PageLines], root: Field) -> Reading:
    """What the lines of some pages say under a schema."""
    filling = _fill(pages, root)
    data, evidence = assign.settle(root, filling)
    doubted = (text_layer_ignored(page.number) for page in pages if page.doubted)
    return Reading(
        data=data,
        evidence=evidence,
        has_text=any(page.lines for page in pages),
        issues=(*doubted, *_unsupported(root, filling)),
        tokens={"pages": len(pages)},
    )


def _lines_of(
    pages: Iterable[Page], line_source: LineSource, after_page: Callable[[], None]
) -> list[PageLines]:
    """Read the pages one by one, keeping lines but no pictures."""
    read = []
    for page in pages:
        read.append(line_source(page))
        after_page()
    return read


def _fill(pages: Sequence[PageLines], root: Field) -> Group:
    """The shipped kinds by their readers, their lists and all other schemas from the graph."""
    graph = graph_of(pages, root, wordings.shipped())
    if not any("x-concept" in field.hints for field in root.walk()):
        return any_schema.fill(root, graph, fill_root(root, sheet_of(pages, root)))
    filling = fill_root(root, sheet_of(pages, root))
    by_concept = {field.hints.get("x-concept"): field for field in root.properties}
    fields = dict(filling.fields)
    if "items" in by_concept:
        listed = by_concept["items"]
        fields[listed.name] = items.find([listed], graph)[listed.path]
    if "form.entries" in by_concept:
        fields[by_concept["form.entries"].name] = pairs.listing(by_concept["form.entries"], graph)
    return Group(fields)


def sheet_of(pages: Sequence[PageLines], root: Field) -> Sheet:
    """Some pages laid out for the readers of the shipped kinds."""
    return lay_out(arrange(pages), _labels(root))


def _labels(root: Field) -> Iterator[Label]:
    """The library's wordings and those of the schema."""
    yield from concepts.labels()
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
