"""The engine around any vision-language model: a document page by page, its pages among those of others.

page ─eyes─► upright ─prompt─► batcher ─model─► answer ─► data ─► check, second turn ─┐
                                                    document ◄─merge─ every page ◄────┘
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np

from schemas.json_schema.answer import answer_schema
from schemas.record import Issue
from worker.errors import (
    DeviceLost,
    EngineError,
    ModelUnavailable,
    OutOfMemory,
    OutputInvalid,
    OutputTruncated,
    PagemillError,
    UnsupportedByEngine,
)
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.vision import attempts, grounding, parse, prompts, resize
from worker.reading.engines.vision.answer_lengths import Lengths
from worker.reading.engines.vision.attempts import PageAttempt
from worker.reading.engines.vision.base import Answer, Finish, Generator, Message, Prompt, StreamingGenerator
from worker.reading.engines.vision.batcher import Batcher
from worker.reading.engines.vision.complaints import MOST_TOLD, complaints, loses
from worker.reading.engines.vision.merge import PageAnswer, merge
from worker.reading.engines.vision.packing import BatchItem, BatchLimits
from worker.reading.engines.vision.page_read import (
    PageRead,
    issues_of,
    notes_of,
    tokens_of,
    without_frames,
    without_words,
)
from worker.reading.pages.base import Page, Picture
from worker.reading.text.page_lines import LineSource

_PATIENCE = 0.5  # seconds between two looks whether an answer is still wanted
_MOST_PAGES = 16  # of a document under way: each is held as a picture; others fill larger batches
_OF_ONE_PAGE = (OutputTruncated, OutputInvalid, OutOfMemory, UnsupportedByEngine)
"""After these, the other pages may still be read."""


@dataclass(frozen=True, slots=True)
class GenerationLimits:
    """`limits` of batches, `pixels` a page is scaled down to, most tokens of answers and of thoughts."""

    limits: BatchLimits
    pixels: int = 2_200_000
    max_tokens: int = 2048
    thinking: int = 1024


class VisionEngine:
    """Reads documents with one model. Threads may read at a time: their pages share batches."""

    def __init__(
        self, generator: Generator, *, generation: GenerationLimits, line_source: LineSource
    ) -> None:
        self._generator = generator
        self._generation = generation
        self._line_source = line_source
        self._lengths = Lengths()
        self._batcher: Batcher[Prompt, Answer] | None = None
        self._loading = threading.Lock()

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
        with self._loading:
            if self._batcher is None:
                self._load()
                generator = self._generator
                self._batcher = Batcher(
                    generator.generate,
                    limits=_within(self._generation.limits, generator),
                    stream=generator.stream if isinstance(generator, StreamingGenerator) else None,
                    smaller=generator.smaller,
                )

    def _load(self) -> None:
        """Load the model; what cannot be warmed up is not left in memory."""
        with ExitStack() as failing:
            failing.callback(self._generator.close)
            self._generator.load()
            self._generator.warm_up()
            failing.pop_all()

    def read(self, request: Request) -> Reading:
        """Read a document, its pages among others; raises EngineError and what its context raises."""
        self.warm_up()
        if self._batcher is None:
            raise ModelUnavailable(detail="it is not loaded")
        task = _Task(request, self._batcher, self._generator, self._generation, self._lengths)
        read = list(self._pages(task))
        if read and all(page.error for page in read):
            raise read[0].error or OutputInvalid()
        whole = merge([page.attempt.read for page in read if page.attempt is not None], request.schema.root)
        lines = {page.number: page.page_lines.lines for page in read}
        turns = {page.number: page.page_lines.quarter_turns for page in read}
        evidence = grounding.locate(
            whole.data, lines, turns=turns, token_evidence=whole.token_evidence, root=request.schema.root
        )
        return Reading(
            data=whole.data,
            evidence=evidence,
            has_text=any(lines.values()),
            issues=tuple(issues_of(read)),
            tokens=tokens_of(read),
            notes=(*self._generator.caveats, *notes_of(read)),
        )

    def close(self) -> None:
        """Finish the running batch and free the model."""
        if self._batcher is not None:
            self._batcher.close()
            self._batcher = None
        self._generator.close()

    def _pages(self, task: _Task) -> Iterator[PageRead]:
        """The pages in order, as many of them under way as fit into a batch."""
        rows = min(self._generation.limits.rows, self._generator.max_rows, _MOST_PAGES)
        window = max(rows, self._generator.concurrency)
        with ThreadPoolExecutor(max_workers=window, thread_name_prefix="page") as pool:
            under_way: deque[Future[PageRead]] = deque()
            try:
                for page in task.request.pages:
                    under_way.append(pool.submit(self._page, page, task))
                    if len(under_way) == window:
                        yield task.counted(under_way.popleft())
                while under_way:
                    yield task.counted(under_way.popleft())
            finally:
                task.abandoned.set()  # whoever still waits for an answer here is let go

    def _page(self, page: Page, task: _Task) -> PageRead:
        page_lines = self._line_source(page).tight()
        upright = np.ascontiguousarray(np.rot90(page.picture, page_lines.quarter_turns))
        try:
            return PageRead(page.number, page_lines, without_words(task.take(upright, page.number)))
        except _OF_ONE_PAGE as error:
            return PageRead(page.number, page_lines, attempt=None, error=without_frames(error))


class _Task:
    """The reading of one document: asks for each of its pages, for as long as somebody wants them."""

    def __init__(
        self,
        request: Request,
        batcher: Batcher[Prompt, Answer],
        generator: Generator,
        generation: GenerationLimits,
        lengths: Lengths,
    ) -> None:
        self.request = request
        self.abandoned = threading.Event()
        self._batcher = batcher
        self._generator = generator
        self._generation = generation
        self._lengths = lengths
        self._language = prompts.language_of(request.schema)
        self._question = prompts.extract(request.schema, self._language)
        self._schema = answer_schema(request.schema.root)

    def counted(self, page: Future[PageRead]) -> PageRead:
        """The page, when it has been read."""
        read = page.result()
        self.request.after_page()
        return read

    def take(self, picture: Picture, page: int) -> PageAttempt:
        """A page's data, corrected where a check had complaints; raises EngineError."""
        prompt = Prompt(
            resize.fitted(picture, self._generation.pixels),
            (Message("user", self._question),),
            self._schema,
            self._generation.max_tokens,
            thinking=self._generation.thinking if self._generator.thinks else 0,
        )
        first = attempts.take(prompt, self.request.schema.root, page=page, ask=self._ask)
        return self._corrected(first, prompt)

    def _corrected(self, first: PageAttempt, prompt: Prompt) -> PageAttempt:
        """The page after a second turn, where that has fewer complaints."""
        wrong = self._complaints(first.read)
        if not wrong or first.notes:  # an answer in parts, or one that was hard to get, is left alone
            return first
        told = prompts.correct(wrong[:MOST_TOLD], self._language)
        second = attempts.again(prompt, first.answers[-1], told)
        try:
            answer = self._ask(second)
            read = parse.read(answer, self.request.schema.root, page=first.read.page)
        except DeviceLost:
            raise
        except EngineError as error:  # the first answer is still one
            return replace(first, notes=(f"the second turn after a check failed ({error.code})",))
        spent = (*first.answers, answer)
        if len(self._complaints(read)) >= len(wrong) or loses(first.read.data, read.data, wrong):
            return PageAttempt(first.read, spent)
        return PageAttempt(read, spent, ("corrected in a second turn after a check",))

    def _complaints(self, read: PageAnswer) -> list[Issue]:
        return complaints(read.data, self.request.schema, whole=self.request.count == 1)

    def _ask(self, prompt: Prompt) -> Answer:
        """Wait for an answer; raises EngineError, and what the errand's `require` raises."""
        future = self._batcher.submit(prompt, self._ticket(prompt))
        beats = self._batcher.beats
        while True:
            try:
                served = future.result(timeout=_PATIENCE)
            except TimeoutError:
                beats = self._look(beats)
                continue
            if served.result.finish is Finish.STOP:
                written = len(served.result.tokens) or served.result.completion_tokens
                self._lengths.learn(self.request.schema, written)
            return replace(served.result, notes=(*served.result.notes, *served.notes))

    def _look(self, beats: int) -> int:
        """Say that the model works where it does; let go of what nobody wants."""
        if self._batcher.beats != beats:
            self.request.context.alive()
        try:
            self.request.context.require()
        except PagemillError:
            self.abandoned.set()
            raise
        return self._batcher.beats

    def _ticket(self, prompt: Prompt) -> BatchItem:
        expected = self._lengths.expected(self.request.schema, most=prompt.max_tokens)
        refills = isinstance(self._generator, StreamingGenerator) and self._generator.refills
        alike = 0 if refills else expected  # rows of a static batch wait for the longest
        return BatchItem(
            tokens=self._generator.count_tokens(prompt) + prompt.thinking + expected,
            group=(alike, prompt.temperature, prompt.thinking > 0),
            priority=self.request.context.priority,
            project=self.request.context.project,
            cancelled=self.abandoned.is_set,
        )


def _within(limits: BatchLimits, generator: Generator) -> BatchLimits:
    """The limits that this model can be run with."""
    most = generator.max_tokens if isinstance(generator, StreamingGenerator) else limits.tokens
    rows, tokens = min(limits.rows, generator.max_rows), min(limits.tokens, most)
    return BatchLimits(rows, tokens, limits.wait, generator.concurrency)
