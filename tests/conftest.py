"""What tests share: limits that fail fast, and one OCR engine for the whole run."""

from __future__ import annotations

import gc
import secrets
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import hypothesis
import psycopg
import pytest

from tests.postgres import running
from worker.reading.engines.matcher.engine import EmbeddedEngine
from worker.reading.pages.base import PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.settings import Settings

hypothesis.settings.register_profile("shared", deadline=None)  # the machine does other work, too
hypothesis.settings.load_profile("shared")
SAMPLES = Path(__file__).parent.parent / "bench" / "samples"


def pytest_collection_finish() -> None:
    """What imports made stays to the end: to look through it with every collection is a sixth of the work."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def limits() -> PageLimits:
    return PageLimits.of(Settings(page_seconds=20))


@pytest.fixture
def sandbox(limits: PageLimits) -> Iterator[Sandbox]:
    with Sandbox(limits) as opened:
        yield opened


@pytest.fixture(scope="session")
def engine() -> Iterator[EmbeddedEngine]:
    loaded = EmbeddedEngine()
    loaded.warm_up()
    yield loaded
    loaded.close()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny checkpoint of a family."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)  # more wait for each other at this size
    from tests.tiny import BUILDERS

    folder = tmp_path_factory.mktemp("models")
    return cache(lambda family: BUILDERS[family](folder / family))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server.

    It is no folder of pytest's: a later run of pytest closes those to other users, and the server is one.
    """
    with running() as url:
        yield url


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[str]:
    """The URL of an empty database of a test's own."""
    name = f"test_{secrets.token_hex(4)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{postgres_server.rpartition('/')[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def samples() -> Path:
    return SAMPLES
