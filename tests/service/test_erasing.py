"""Documents that are erased and sent at the same moment, on both databases and every store."""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from schemas.job import Job
from tests.service.conftest import picture
from tests.service.jobs import send
from tests.stack import Stack
from worker.errors import IncarnationGone, NotFound
from worker.jobs import change, kinds, object_keys
from worker.jobs.app import App
from worker.jobs.broker import Broker
from worker.jobs.ledger.ledger import IN_MEMORY, Ledger
from worker.jobs.ledger.lists import Filter
from worker.jobs.rebuild import rebuild
from worker.jobs.store import factory
from worker.jobs.store.base import Store
from worker.jobs.store.memory import MemoryStore
from worker.jobs.sweep import tidy

_PAUSES = random.SystemRandom()
_ROUNDS = 25  # of each pair of database and store: 150


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "sqlite":
        made = Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite")
    else:
        url = request.getfixturevalue("postgres").replace("postgresql://", "postgresql+psycopg://")
        made = Ledger.open(url)
    yield made
    made.close()


@pytest.fixture(params=["memory", "local", "s3"])
def store(request: pytest.FixtureRequest, servers: Stack, tmp_path: Path) -> Iterator[Store]:
    settings = servers.settings.model_copy(
        update={"data_dir": tmp_path, "s3_bucket": f"e-{secrets.token_hex(4)}"}
    )
    local = settings.model_copy(update={"s3_endpoint_url": None})
    made: Store = MemoryStore()
    if request.param != "memory":
        made = factory.create(local if request.param == "local" else settings)
    made.prepare()
    yield made
    made.close()


@pytest.fixture
def racing(servers: Stack, ledger: Ledger, store: Store) -> Iterator[App]:
    app = App(servers.settings, store, ledger, Broker(servers.settings))
    yield app
    app.beside.shutdown()
    app.broker.close()


def at_once(*actions: Callable[[], object]) -> None:
    """Run them in threads, begun within 20 ms of each other."""

    def begin(action: Callable[[], object]) -> None:
        time.sleep(_PAUSES.uniform(0, 0.02))
        try:
            action()
        except (NotFound, IncarnationGone) as error:
            refused.append(error)

    refused: list[Exception] = []
    threads = [threading.Thread(target=begin, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def assert_whole(app: App) -> list[Job]:
    """Every job that is there has its source and what was asked for."""
    jobs = list(app.ledger.lists.all(Filter("default")))
    for job in jobs:
        assert app.store.stat(object_keys.source(job.spec)) is not None, job.spec
        assert app.store.stat(object_keys.asked(job.spec)) is not None, job.spec
    return jobs


def known(app: App) -> set[tuple[str, int, int]]:
    return {(job.id, job.spec.incarnation, job.spec.source_incarnation) for job in assert_whole(app)}


def test_never_a_job_without_its_source(racing: App) -> None:
    form = kinds.find(racing, "default", "form")
    for number in range(_ROUNDS):
        document = picture()
        job = send(racing, document)
        erase = partial(change.erase, racing, job.id, project="default", actor="t")
        again = partial(send, racing, document)
        twin = partial(send, racing, document, kind=form)
        at_once(*((erase, again), (erase, twin, again), (erase, erase, again, again))[number % 3])
        assert_whole(racing)
    tidy(
        App(
            racing.settings,
            racing.store,
            racing.ledger,
            racing.broker,
            other_clock=lambda: time.time() + 3600,
        )
    )
    assert len(known(racing)) >= _ROUNDS // 3  # at least those that came as twins
    fresh = App(racing.settings, racing.store, Ledger.open(IN_MEMORY), racing.broker)
    rebuild(fresh)
    assert known(fresh) == known(racing)
    fresh.ledger.close()
    kept = {object_keys.source(job.spec) for job in assert_whole(racing)}
    assert {stat.key for stat in racing.store.list("projects/default/sources/")} == kept
