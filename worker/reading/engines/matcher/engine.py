"""The engine: pages to lines, lines to a sheet, sheet to values of the schema."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from schemas.json_schema.fields import Field
from schemas.record import Issue, Severity
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.matcher import any_schema, assign, concepts, items, pairs, wordings
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Unsupported
from worker.reading.engines.matcher.graph import graph_of
from worker.reading.engines.matcher.lexicon import Label
from worker.reading.engines.matcher.readers.registry import fill_root
from worker.reading.engines.matcher.rows import arrange
from worker.reading.engines.matcher.sheet import Sheet, lay_out
from worker.reading.pages.base import Page
from worker.reading.text.lines import ReadPage, read_page
from worker.reading.text.ocr import Ocr


class EmbeddedEngine:
    """OCR and matcher on the CPU."""

    name = "embedded"
    model = "PP-OCRv6-small"
    revision = None

    def __init__(self, *, ocr_runtime: str = "auto") -> None:
        self._ocr = Ocr(runtime=ocr_runtime)
        self._one_at_a_time = threading.Lock()  # the runtime uses every core for one picture already

    def warm_up(self) -> None:
        """Load the OCR models."""
        self._ocr.warm_up()

    def read(self, requests: Sequence[Request]) -> Sequence[Reading]:
        """Read each request; pictures are let go of page by page."""
        with self._one_at_a_time:
            return [self._read(request) for request in requests]

    def close(self) -> None:
        """Let go of the models."""
        self._ocr = Ocr()

    def _read(self, request: Request) -> Reading:
        pages = []
        for page in request.pages:
            pages.append(read_page(page, self._ocr))
            request.after_page()
        return read_lines(pages, request.schema.root)


def read_lines(pages: Sequence[ReadPage], root: Field) -> Reading:
    """What read pages say under a schema."""
    shipped = any("x-concept" in field.hints for field in root.walk())
    graph = graph_of(pages, root, wordings.shipped())
    if shipped:
        filling = fill_root(root, lay_out(arrange(pages), _labels(root)))
        listed = [field for field in root.properties if field.hints.get("x-concept") == "items"]
        found = items.find(listed, graph)
        filling = Group({**filling.fields, **{field.name: found.get(field.path, Listing()) for field in listed}})
        filled_in = [field for field in root.properties if field.hints.get("x-concept") == "form.entries"]
        filling = Group({**filling.fields, **{field.name: pairs.listing(field, graph) for field in filled_in}})
    else:
        filling = any_schema.fill(root, graph)
    data, evidence = assign.settle(root, filling)
    return Reading(
        data=data,
        evidence=evidence,
        lines={page.number: page.lines for page in pages},
        issues=(*_doubts(pages), *_unsupported(root, filling)),
        tokens={"pages": len(pages)},
    )


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document's pages as lines, and laid out."""

    pages: tuple[ReadPage, ...]
    sheet: Sheet


def read_sheet(
    pages: Iterable[Page], root: Field, ocr: Ocr, *, after_page: Callable[[], None] = lambda: None
) -> ReadDocument:
    """Read the pages one by one, keeping lines but no pictures, and lay them out for the schema."""
    read = []
    for page in pages:
        read.append(read_page(page, ocr))
        after_page()
    return ReadDocument(tuple(read), lay_out(arrange(read), _labels(root)))


def _labels(root: Field) -> Iterator[Label]:
    """The library's wordings and those of the schema."""
    yield from concepts.labels()
    for field in root.walk():
        if field.path and not field.path.endswith("/*"):
            yield from concepts.own_labels(field)


def _doubts(pages: Sequence[ReadPage]) -> Iterator[Issue]:
    for page in pages:
        if page.doubted:
            yield Issue(
                code="text_layer_ignored",
                severity=Severity.INFO,
                message=f"the text layer of page {page.number} contradicts what is printed; "
                "the page was read from its picture",
            )


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
