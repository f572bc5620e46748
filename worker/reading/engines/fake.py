"""An engine that reads nothing: the double for tests, demos and load tests."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from schemas import pointer
from schemas.json_schema.fields import Field
from schemas.record import Evidence
from worker.reading.engines.base import Reading, Request

_UNSEEN = 0.2  # nobody saw these values on a page


class FakeEngine:
    """Answers every request with the same values, or with nulls; pages are drawn and counted, at any pace."""

    name = "fake"
    model = None
    revision = None

    def __init__(self, answers: Mapping[str, Any] | None = None, *, page_seconds: float = 0.0) -> None:
        self._answers = dict(answers or {})
        self._page_seconds = page_seconds

    def warm_up(self) -> None:
        """Nothing to load."""

    def read(self, request: Request) -> Reading:
        """The canned values where the schema has a field of that name, null elsewhere."""
        pages = 0
        for _ in request.pages:
            time.sleep(self._page_seconds)
            pages += 1
            request.after_page()
        data = _blank(request.schema.root)
        data.update({name: value for name, value in self._answers.items() if name in data})
        evidence = {
            at: Evidence(confidence=_UNSEEN) for at, value in pointer.leaves(data) if value is not None
        }
        return Reading(data=data, evidence=evidence, tokens={"pages": pages})

    def close(self) -> None:
        """Nothing to free."""


def _blank(field: Field) -> Any:
    if field.is_object:
        return {child.name: _blank(child) for child in field.properties}
    return [] if field.is_array else None
