"""The engine around any vision-language model: a document page by page, its pages among those of others.

page ─eyes─► upright ─page_reader─► data ─┐
             document ◄─merge─ every page ◄┘
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from worker.reading.engines.base import Reading, Request
from worker.reading.engines.vision import answering
from worker.reading.engines.vision.across_pages import AnswerJoiner
from worker.reading.engines.vision.base import Generator
from worker.reading.engines.vision.joining import joined
from worker.reading.engines.vision.model_session import ModelSession
from worker.reading.engines.vision.packing import BatchLimits
from worker.reading.engines.vision.page_read import PageRead, without_frames, without_words
from worker.reading.engines.vision.page_reader import OF_ONE_PAGE, PageOptions, PageReader
from worker.reading.models.registry import Dialect
from worker.reading.pages.base import Page
from worker.reading.text.page_lines import LineSource


@dataclass(frozen=True, slots=True)
class GenerationLimits:
    """`limits` of batches, `pixels` a page is scaled down to, most tokens of answers and of thoughts.

    `dialect` is how the model wants to be asked, `page_text` whether it is told what a text recogniser reads
    on the page; `adapters` are the kinds for which it has learned weights. At most `looks` values of a page
    that are believed less than `look_below` are asked for a second time. `revision` is the one that the model
    must be of; empty: any.
    """

    limits: BatchLimits
    pixels: int = 2_200_000
    max_tokens: int = 2048
    thinking: int = 1024
    dialect: Dialect = "json"
    page_text: bool = False
    adapters: frozenset[str] = frozenset()
    look_below: float = 0.0
    looks: int = 0
    revision: str = ""


class VisionEngine:
    """Reads documents with one model. Threads may read at a time: their pages share batches."""

    def __init__(
        self, generator: Generator, *, generation: GenerationLimits, line_source: LineSource
    ) -> None:
        self._session = ModelSession(generator, generation.limits, revision=generation.revision)
        self._generator = generator
        self._generation = generation
        self._line_source = line_source

    @property
    def name(self) -> str:
        """What people call the way of running models."""
        return self._generator.name

    @property
    def model(self) -> str | None:
        """The model that reads."""
        return self._generator.model or None

    @property
    def revision(self) -> str | None:
        """Its version, where it is known."""
        return self._generator.revision

    def warm_up(self) -> None:
        """Load the model and let it answer once; raises ModelUnavailable, MissingExtra."""
        self._session.warm_up()

    def read(self, request: Request) -> Reading:
        """Read a document, its pages among others; raises EngineError and what its context raises."""
        asker = self._session.asker(request.context)
        in_words = answering.is_in_words(request.schema.root)
        options = self._options(request.schema.name, looks=not in_words)
        reader = PageReader(request, asker, options)
        read = list(self._session.pages(request, asker, partial(self._page, reader=reader)))
        if in_words:
            joiner = AnswerJoiner(request.schema, self._session.asker(request.context), options)
            read = joiner.joined(read)
        told = (*self._generator.caveats, *self._learned(request.schema.name))
        return joined(read, request.schema.root, notes=told)

    def close(self) -> None:
        """Finish the running batch and free the model."""
        self._session.close()

    def _learned(self, kind: str) -> tuple[str, ...]:
        adapted = kind in self._generation.adapters
        return (f"answered with the adapter for {kind} that the revision names",) if adapted else ()

    def _options(self, kind: str, *, looks: bool) -> PageOptions:
        """How this model's pages are asked for."""
        told = self._generation
        return PageOptions(
            told.pixels,
            told.max_tokens,
            thinking=told.thinking if self._generator.thinks else 0,
            dialect=told.dialect,
            page_text=told.page_text,
            adapter=kind if kind in told.adapters else "",
            look_below=told.look_below,
            looks=told.looks if looks else 0,
        )

    def _page(self, page: Page, *, reader: PageReader) -> PageRead:
        page_lines = self._line_source(page).tight()
        upright = page_lines.frame.upright(page.picture)
        try:
            return PageRead(page.number, page_lines, without_words(reader.read(upright, page_lines)))
        except OF_ONE_PAGE as error:
            return PageRead(page.number, page_lines, attempt=None, error=without_frames(error))
