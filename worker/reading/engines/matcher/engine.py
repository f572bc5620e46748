"""The engine: pages to lines, lines to a sheet, sheet to values of the schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from schemas.json_schema.fields import Field
from schemas.record import Issue, Severity
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.matcher import assign, concepts
from worker.reading.engines.matcher.candidates import Filling, Group, Unsupported
from worker.reading.engines.matcher.lexicon import Label
from worker.reading.engines.matcher.readers.registry import fill_root
from worker.reading.engines.matcher.rows import arrange
from worker.reading.engines.matcher.sheet import Sheet, lay_out
from worker.reading.pages.base import Page
from worker.reading.text.page_lines import LineSource, PageLines, legibility
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
        root = request.schema.root
        source, streams = self._line_source, self._line_source.streams
        read = read_sheet(request.pages, root, source, window=streams, after_page=request.after_page)
        filling = fill_root(root, read.sheet)
        data, evidence = assign.settle(root, filling)
        return Reading(
            data=data,
            evidence=evidence,
            has_text=any(page.lines for page in read.pages),
            issues=(
                *(issue for page in read.pages for issue in page.issues()),
                *legibility(read.pages),
                *_unsupported(root, filling),
            ),
            tokens={"pages": len(read.pages)},
            notes=tuple(note for page in read.pages for note in page.notes()),
        )

    def close(self) -> None:
        """Let go of the models; they load again when next needed."""
        self._line_source.close()


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document's pages as lines, and laid out."""

    pages: tuple[PageLines, ...]
    sheet: Sheet


def read_sheet(
    pages: Iterable[Page],
    root: Field,
    line_source: LineSource,
    *,
    window: int = 1,
    after_page: Callable[[], None] = lambda: None,
) -> ReadDocument:
    """Read the pages, keeping lines but no pictures, and lay them out for the schema."""
    read = []
    for lines in lines_of_pages(pages, line_source, window=window):
        read.append(lines)
        after_page()
    return ReadDocument(tuple(read), lay_out(arrange(read), _labels(root)))


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
