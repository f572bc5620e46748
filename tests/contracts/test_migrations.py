"""Ledgers of every released version are opened by this one, on SQLite and on PostgreSQL, with nothing lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, text

from api.cli.main import main
from schemas.job import JobState
from tests.contracts.old_ledgers import JOBS, dump, make, script, upgrade
from worker.errors import LedgerOutdated, LedgerTooNew, LedgerUnavailable, PagemillError
from worker.jobs.ledger import revisions
from worker.jobs.ledger.job_rows import End
from worker.jobs.ledger.ledger import Ledger
from worker.jobs.ledger.lists import Filter
from worker.jobs.ledger.tables import metadata

_ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ledger.sqlite"
        return
    yield request.getfixturevalue("postgres").replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = create_engine(url)
    yield made
    made.dispose()


@pytest.mark.parametrize("revision", revisions.REVISIONS)
def test_a_ledger_of_a_released_version_is_migrated_with_nothing_lost(
    url: str, engine: Engine, revision: str
) -> None:
    make(engine, revision)
    before = dump(engine, revision)
    assert len(before["jobs"]) == JOBS
    with engine.connect() as connection:
        assert revisions.revision_of(connection) == revision
    ledger = Ledger.open(url, migrate=True)
    assert dump(engine, revision) == before
    ledger.check()
    assert ledger.lists.counts() == {
        state: len([row for row in before["jobs"] if state in row]) for state in JobState
    }
    assert len(ledger.access.all_keys()) == 20
    assert len(ledger.access.entries("p0", limit=1000)) == 300
    assert len(list(ledger.lists.all(Filter("p1", batch="march")))) == 167
    ledger.access.note(project="p0", actor="a", action="b", subject="c", now=1.0)
    while (job := ledger.jobs.claim("cpu", token="u", now=5000.0, lease_seconds=9)) is not None:
        ledger.jobs.finish(job.id, token="u", end=End(JobState.DONE), now=5001.0)
    assert ledger.lists.counts()["done"] == 334
    ledger.close()
    Ledger.open(url).close()  # it is today's now


def test_a_new_ledger_is_the_same_as_one_that_was_migrated_and_as_the_tables_say(
    url: str, engine: Engine
) -> None:
    Ledger.open(url).close()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_revisions_are_listed_as_they_lie_there() -> None:
    folder = Path(revisions.__file__).parent / "migrations"
    found = [step.revision for step in ScriptDirectory(str(folder)).walk_revisions()]
    assert tuple(reversed(found)) == revisions.REVISIONS


def test_no_step_is_another_than_it_was_when_it_was_released(url: str, engine: Engine) -> None:
    make(engine, "0001")
    released = {revision: script(engine, revision) for revision in revisions.REVISIONS[1:]}
    noting, released["0002"] = released["0002"][:2], released["0002"][2:]  # that revisions are counted now
    with engine.begin() as connection:
        for statement in noting:
            connection.exec_driver_sql(statement)
    assert {revision: upgrade(engine, revision) for revision in released} == released


def test_an_older_ledger_is_refused_where_it_must_not_be_migrated(url: str, engine: Engine) -> None:
    make(engine, "0001")
    before = dump(engine)
    with pytest.raises(LedgerOutdated, match="run: pagemill migrate"):
        Ledger.open(url)
    assert dump(engine) == before
    with engine.connect() as connection:
        assert revisions.revision_of(connection) == "0001"


@pytest.mark.parametrize("migrate", [True, False])
def test_a_newer_ledger_is_refused_in_words(url: str, engine: Engine, migrate: bool) -> None:
    Ledger.open(url).close()
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerTooNew, match="newer Pagemill"):
        Ledger.open(url, migrate=migrate)


_KILLED = """
import os, signal, sys
from sqlalchemy import Engine, event
from worker.jobs.ledger.ledger import Ledger

Ledger.open("sqlite://").close()  # loads what a migration needs
left = 0

@event.listens_for(Engine, "before_cursor_execute")
def count(connection, cursor, statement, *rest):
    global left
    if statement.lstrip().upper().startswith(("CREATE", "ALTER", "UPDATE", "INSERT")):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

for line in sys.stdin:
    left = int(line)
    child = os.fork()
    if child == 0:
        os.dup2(2, 1)
        Ledger.open(sys.argv[1], migrate=True)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@contextmanager
def killed_after(url: str) -> Iterator[Callable[[int], int]]:
    """Migrates in a process that is killed after so many steps; gives its exit status.

    Each is forked from one that has loaded what it needs, and has no connection.
    """
    command = [sys.executable, "-c", _KILLED, url]
    with subprocess.Popen(
        command, cwd=_ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        asked, answers = parent.stdin, parent.stdout
        assert asked is not None
        assert answers is not None

        def run(steps: int) -> int:
            print(steps, file=asked, flush=True)
            return int(answers.readline())

        yield run


def test_a_migration_that_is_killed_between_any_two_steps_is_made_by_the_next_start(
    url: str, engine: Engine
) -> None:
    make(engine, "0001")
    before = dump(engine)
    with killed_after(url) as killed:
        for steps in range(100):
            status = killed(steps)
            if status == 0:
                break
            assert status == -signal.SIGKILL
            assert dump(engine) == before
            with engine.connect() as connection:
                assert revisions.revision_of(connection) == "0001"
    assert steps >= 2
    ledger = Ledger.open(url)
    ledger.check()
    ledger.close()
    assert dump(engine) == before


def test_many_that_start_at_once_migrate_once(url: str, engine: Engine) -> None:
    make(engine, "0001")
    begun: list[str] = []

    @event.listens_for(Engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO alembic_version"):
            begun.append(statement)

    failed: list[PagemillError] = []

    def start() -> None:
        try:
            Ledger.open(url, migrate=True).close()
        except PagemillError as error:
            failed.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    event.remove(Engine, "before_cursor_execute", note)
    assert failed == []
    assert len(begun) == 1


def test_a_ledger_that_lost_a_table_says_that_it_cannot_be_used(url: str, engine: Engine) -> None:
    ledger = Ledger.open(url)
    ledger.check()
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE jobs DROP COLUMN pages_done"))
    with pytest.raises(LedgerUnavailable):
        ledger.check()
    ledger.close()


def test_pagemill_migrate_says_what_it_did(
    url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make(engine, "0001")
    monkeypatch.setenv("DATABASE_URL", url.replace("+psycopg", ""))
    assert main(["keys", "list"]) == 1  # a database that others may be using is not migrated by the way
    assert "run: pagemill migrate" in capsys.readouterr().err
    assert main(["migrate"]) == 0
    assert f"revision {revisions.TODAYS}" in capsys.readouterr().err
    assert main(["keys", "list"]) == 0
