"""Asking the model for one document: prompts go to the batcher, for as long as somebody wants the answers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial

from worker.errors import PagemillError
from worker.reading.engines.base import RequestContext
from worker.reading.engines.vision.answer_lengths import Lengths
from worker.reading.engines.vision.base import Answer, Finish, Generator, Prompt, StreamingGenerator
from worker.reading.engines.vision.batcher import Batcher
from worker.reading.engines.vision.packing import BatchItem, BatchResult
from worker.reading.engines.vision.question import FieldQuestion

_PATIENCE = 0.5  # seconds between two looks whether an answer is still wanted


class Asker:
    """Asks and waits. `abandoned` is set when nobody wants the document any more."""

    def __init__(
        self,
        batcher: Batcher[Prompt, Answer],
        generator: Generator,
        lengths: Lengths,
        context: RequestContext,
    ) -> None:
        self.abandoned = threading.Event()
        self._batcher = batcher
        self._generator = generator
        self._lengths = lengths
        self._context = context

    def ask(self, prompts: Sequence[Prompt], question: FieldQuestion) -> list[Answer]:
        """The answers to some prompts that are all about the same question, rows of a batch where they fit.

        Raises EngineError, and what the context's `require` raises.
        """
        under_way = [self._batcher.submit(prompt, self._ticket(prompt, question)) for prompt in prompts]
        return list(map(partial(self._answer, question=question), under_way))

    def _answer(self, future: Future[BatchResult[Answer]], question: FieldQuestion) -> Answer:
        beats = self._batcher.beats
        while True:
            try:
                served = future.result(timeout=_PATIENCE)
            except TimeoutError:
                beats = self._look(beats)
                continue
            if served.result.finish is Finish.STOP:
                written = len(served.result.tokens) or served.result.completion_tokens
                self._lengths.learn(question.key, written)
            return replace(served.result, notes=(*served.result.notes, *served.notes))

    def _look(self, beats: int) -> int:
        """Say that the model works where it does; let go of what nobody wants."""
        if self._batcher.beats != beats:
            self._context.alive()
        try:
            self._context.require()
        except PagemillError:
            self.abandoned.set()
            raise
        return self._batcher.beats

    def _ticket(self, prompt: Prompt, question: FieldQuestion) -> BatchItem:
        expected = self._lengths.expected(question.key, question.root, most=prompt.max_tokens)
        refills = isinstance(self._generator, StreamingGenerator) and self._generator.refills
        # rows of a static batch wait for the longest, and are answered in one way
        alike = () if refills else (expected, prompt.temperature, prompt.adapter)
        return BatchItem(
            tokens=self._generator.count_tokens(prompt) + prompt.thinking + expected,
            group=(*alike, prompt.thinking > 0),
            priority=self._context.priority,
            project=self._context.project,
            cancelled=self.abandoned.is_set,
        )
