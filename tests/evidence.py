"""Documents that carry evidence of their own, and readers of which it is known how sure they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from schemas import pointer, registry
from schemas.record import Citation, Evidence, Record
from worker.reading import pipeline
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.fake import FakeEngine
from worker.reading.pages.base import PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.settings import Settings

INVOICE = registry.kind("invoice")
Read = Callable[..., Record]


@pytest.fixture(scope="module")
def read() -> Iterator[Read]:
    """Gives the record of a file by an engine that reads nothing, unless it is given another."""
    with ExitStack() as open_:

        @cache
        def sandbox(pdf_backend: str, **settings: Any) -> Sandbox:
            limits = PageLimits.of(Settings(**settings))
            return open_.enter_context(Sandbox(limits, pdf_backend=pdf_backend))

        def record(
            path: Path,
            *,
            engine: Any = None,
            schema: registry.Schema = INVOICE,
            pdf_backend: str = "auto",
            **settings: Any,
        ) -> Record:
            source = pipeline.Source(path.name, "0" * 64, sandbox(pdf_backend, **settings).open(path))
            return pipeline.extract(source, schema, engine=engine or FakeEngine())

        yield record


class Reader(FakeEngine):
    """Answers with values that it is sure to have seen."""

    def __init__(self, answers: dict[str, Any], confidence: float = 0.9) -> None:
        super().__init__(answers)
        self._confidence = confidence

    def read(self, request: Request) -> Reading:
        reading = super().read(request)
        evidence = {
            at: Evidence(
                confidence=self._confidence,
                citations=(Citation(page=1, box=(0, 0, 0.1, 0.1), text=str(pointer.get(reading.data, at))),),
            )
            for at in reading.evidence
        }
        return Reading(reading.data, evidence, has_text=True)
