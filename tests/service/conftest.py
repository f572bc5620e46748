"""Real servers for the tests of the service: one stack for all that do not kill it."""

from __future__ import annotations

import io
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from PIL import Image

from api import app as api_app
from api.deadlines import PromptConnection
from tests.stack import Stack
from worker.jobs.app import App
from worker.jobs.broker import Broker
from worker.jobs.ledger.ledger import Ledger
from worker.jobs.store.memory import MemoryStore
from worker.process.engine_pool import EnginePool
from worker.process.exclusive import SharedExclusiveLock
from worker.process.leases import LeaseKeeper
from worker.process.worker import WorkerState

_numbers = itertools.count()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A queue and a store."""
    with Stack(tmp_path_factory.mktemp("servers")) as stack:
        stack.start_servers()
        yield stack


@pytest.fixture
def app(servers: Stack, tmp_path: Path) -> Iterator[App]:
    """A service of its own on the shared queue: a ledger in a file, objects in memory."""
    settings = servers.settings.model_copy(update={"data_dir": tmp_path})
    made = App(settings, MemoryStore(), Ledger.open(settings.ledger_url), Broker(settings))
    made.broker._redis.flushall()
    yield made
    made.close()


@pytest.fixture
def worker_state(app: App) -> Iterator[WorkerState]:
    """A worker in this process, which works when it is told to."""
    made = WorkerState(app, EnginePool(app.settings), LeaseKeeper(app), SharedExclusiveLock())
    made.leases.start()
    yield made
    made.leases.end()
    made.pool.close()


@pytest.fixture
def http(app: App) -> Iterator[httpx.Client]:
    """The API over real HTTP, without keys."""
    with serving(app) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


@contextmanager
def serving(app: App) -> Iterator[str]:
    """The API on a port of loopback, in a thread; the URL."""
    config = uvicorn.Config(
        api_app.create(app), port=0, log_config=None, timeout_graceful_shutdown=1, http=PromptConnection
    )
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listener.close()


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for something; fail when it does not come."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def picture(pages: int = 1) -> bytes:
    """A small document, another one each time."""
    number = next(_numbers)
    images = [
        Image.new("RGB", (40, 40), (number % 256, number // 256 % 256, page % 256)) for page in range(pages)
    ]
    buffer = io.BytesIO()
    if pages == 1:
        images[0].save(buffer, "PNG")
    else:
        images[0].save(buffer, "TIFF", save_all=True, append_images=images[1:])
    return buffer.getvalue()
