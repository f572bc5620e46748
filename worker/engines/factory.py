"""Engines by name: the only module that knows them."""

from __future__ import annotations

from worker.engines.base import Engine
from worker.errors import ModelUnavailable
from worker.settings import Settings

NAMES = ("embedded", "fake")


def create(name: str, settings: Settings) -> Engine:
    """The engine of that name; raises ModelUnavailable, MissingExtra."""
    if name == "embedded":
        from worker.engines.embedded.engine import EmbeddedEngine

        return EmbeddedEngine(ocr_runtime=settings.ocr_runtime)
    if name == "fake":
        from worker.engines.fake import FakeEngine

        return FakeEngine(page_seconds=settings.fake_seconds)
    raise ModelUnavailable(detail=f"no engine is called {name!r}; there are: {', '.join(NAMES)}")
