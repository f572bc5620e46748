"""What tests from file to record share: the processes in which files are opened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from worker.reading.pages.base import PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.settings import Settings


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One for all documents of a module, as in a worker."""
    with Sandbox(PageLimits.of(Settings(page_seconds=20))) as opened:
        yield opened
