"""What fills a schema from lines that a model has read: the matcher, or a second model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from schemas.json_schema.fields import Field
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.vision import answering
from worker.reading.engines.vision.across_pages import AnswerJoiner
from worker.reading.engines.vision.attempts import PageAttempt
from worker.reading.engines.vision.base import NO_PICTURE, Generator
from worker.reading.engines.vision.joining import joined
from worker.reading.engines.vision.merge import PageAnswer
from worker.reading.engines.vision.model_session import ModelSession
from worker.reading.engines.vision.packing import BatchLimits
from worker.reading.engines.vision.page_read import PageRead, without_frames, without_words
from worker.reading.engines.vision.page_reader import OF_ONE_PAGE, PageOptions, PageReader
from worker.reading.text.page_lines import PageLines


class Filler(Protocol):
    """Finds the values of a schema in the lines of some pages."""

    def warm_up(self) -> None:
        """Load what it needs; raises ModelUnavailable, MissingExtra."""
        ...

    def fill(self, pages: Sequence[PageLines], request: Request) -> Reading:
        """The values, with their places; raises EngineError and what the request's context raises."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


@dataclass(frozen=True, slots=True)
class RuleFiller:
    """Fills by a function, such as the matcher's."""

    read: Callable[[Sequence[PageLines], Field], Reading]

    def warm_up(self) -> None:
        """Nothing is needed."""

    def fill(self, pages: Sequence[PageLines], request: Request) -> Reading:
        """The values, with their places."""
        return self.read(pages, request.schema.root)

    def close(self) -> None:
        """Nothing is held."""


class ModelFiller:
    """Fills by a model that need not see: it is told the lines of a page, and its values are looked up there.

    Lines come from the document: they are told as those of a recogniser are, harmless and marked.
    """

    def __init__(self, generator: Generator, limits: BatchLimits, *, max_tokens: int, thinking: int) -> None:
        self._session = ModelSession(generator, limits)
        self._generator = generator
        self._most = max_tokens
        self._thinking = thinking

    def warm_up(self) -> None:
        """Load the model and let it answer once; raises ModelUnavailable, MissingExtra."""
        self._session.warm_up()

    def fill(self, pages: Sequence[PageLines], request: Request) -> Reading:
        """The values, with their places; raises EngineError and what the request's context raises."""
        asker = self._session.asker(request.context)
        thinking = self._thinking if self._generator.thinks else 0
        options = PageOptions(0, self._most, thinking, dialect="lines", page_text=True)
        reader = PageReader(request, asker, options)
        try:
            with ThreadPoolExecutor(self._generator.concurrency, thread_name_prefix="fill") as pool:
                read = list(pool.map(partial(_filled, reader=reader), pages))
            if answering.is_in_words(request.schema.root):
                read = AnswerJoiner(request.schema, asker, options, sees=False).joined(read)
        finally:
            asker.abandoned.set()
        told = (*self._generator.caveats, f"values by {self._generator.model}, from what was read")
        return joined(read, request.schema.root, notes=told)

    def close(self) -> None:
        """Finish what is under way and free the model."""
        self._session.close()


def _filled(lines: PageLines, *, reader: PageReader) -> PageRead:
    """What the model makes of a page; of one without words nothing is asked."""
    if not lines.lines:
        return PageRead(lines.number, lines, PageAttempt(PageAnswer(lines.number, {}), ()))
    try:
        return PageRead(lines.number, lines, without_words(reader.read(NO_PICTURE, lines)))
    except OF_ONE_PAGE as error:
        return PageRead(lines.number, lines, attempt=None, error=without_frames(error))
