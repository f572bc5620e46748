"""A model in memory or behind a server, and the batches that run on it: what engines around models share."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

from worker.errors import ModelUnavailable, ModelUnusable
from worker.reading.engines.base import Request, RequestContext
from worker.reading.engines.vision.answer_lengths import Lengths
from worker.reading.engines.vision.asking import Asker
from worker.reading.engines.vision.base import Answer, Generator, Prompt, StreamingGenerator
from worker.reading.engines.vision.batcher import Batcher
from worker.reading.engines.vision.packing import BatchLimits
from worker.reading.pages.base import Page

Result = TypeVar("Result")

_MOST_PAGES = 16  # of a document under way: each is held as a picture; others fill larger batches


class ModelSession:
    """Loads a model once, whichever thread comes first, and hands out who may ask it.

    `revision` is the one that the model must be of; empty: whatever is there.
    """

    def __init__(self, generator: Generator, limits: BatchLimits, *, revision: str = "") -> None:
        self.generator = generator
        self._limits = limits
        self._revision = revision
        self._lengths = Lengths()
        self._batcher: Batcher[Prompt, Answer] | None = None
        self._loading = threading.Lock()

    def warm_up(self) -> None:
        """Load the model and let it answer once.

        Raises MissingExtra, ModelUnavailable, and ModelUnusable for one of another revision.
        """
        with self._loading:
            if self._batcher is None:
                self._load()
                generator = self.generator
                self._batcher = Batcher(
                    generator.generate,
                    limits=_within(self._limits, generator),
                    stream=generator.stream if isinstance(generator, StreamingGenerator) else None,
                    smaller=generator.smaller,
                )

    def asker(self, context: RequestContext) -> Asker:
        """Who asks for one document; raises ModelUnavailable, MissingExtra."""
        self.warm_up()
        if self._batcher is None:
            raise ModelUnavailable(detail="it is not loaded")
        return Asker(self._batcher, self.generator, self._lengths, context)

    def pages(self, request: Request, asker: Asker, read: Callable[[Page], Result]) -> Iterator[Result]:
        """What `read` makes of each page, in order, as many of them under way as fit into a batch."""
        rows = min(self._limits.rows, self.generator.max_rows, _MOST_PAGES)
        window = max(rows, self.generator.concurrency)
        with ThreadPoolExecutor(max_workers=window, thread_name_prefix="page") as pool:
            under_way: deque[Future[Result]] = deque()
            try:
                for page in request.pages:
                    under_way.append(pool.submit(read, page))
                    if len(under_way) == window:
                        yield _counted(under_way.popleft(), request)
                while under_way:
                    yield _counted(under_way.popleft(), request)
            finally:
                asker.abandoned.set()  # whoever still waits for an answer here is let go

    def close(self) -> None:
        """Finish the running batch and free the model."""
        if self._batcher is not None:
            self._batcher.close()
            self._batcher = None
        self.generator.close()

    def _load(self) -> None:
        """Load the model; what cannot be warmed up is not left in memory."""
        with ExitStack() as failing:
            failing.callback(self.generator.close)
            self.generator.load()
            self._require_revision()
            self.generator.warm_up()
            failing.pop_all()

    def _require_revision(self) -> None:
        """Of a server that tells none, the one that is set is taken on trust."""
        loaded, _, _ = (self.generator.revision or "").partition(" + ")  # its adapters follow
        if self._revision and loaded and loaded != self._revision:
            raise ModelUnusable(
                detail=f"{self.generator.model} is of revision {loaded}, not {self._revision}, which "
                "PAGEMILL_MODEL_REVISION asks for"
            )


def _counted(page: Future[Result], request: Request) -> Result:
    """The page, when it has been read."""
    read = page.result()
    request.after_page()
    return read


def _within(limits: BatchLimits, generator: Generator) -> BatchLimits:
    """The limits that this model can be run with."""
    most = generator.max_tokens if isinstance(generator, StreamingGenerator) else limits.tokens
    rows, tokens = min(limits.rows, generator.max_rows), min(limits.tokens, most)
    return BatchLimits(rows, tokens, limits.wait, generator.concurrency)
