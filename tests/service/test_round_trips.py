"""What one job costs in round trips: a number that grows without being noticed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench import round_trips
from tests.service.conftest import picture
from worker.jobs import kinds
from worker.jobs.app import App
from worker.jobs.ledger.ledger import Ledger
from worker.jobs.submit import SubmitOptions
from worker.process.worker import WorkerState


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_a_job_asks_each_part_no_more_than_it_has_to(
    app: App, worker_state: WorkerState, request: pytest.FixtureRequest, database: str
) -> None:
    ledger = app.ledger
    if database == "postgres":
        url = request.getfixturevalue("postgres").replace("postgresql://", "postgresql+psycopg://")
        ledger = Ledger.open(url, migrate=True)
    here = replace(app, ledger=ledger)
    options = SubmitOptions("default", kinds.find(here, "default", "receipt"), "fake")

    def work(watched: App) -> None:
        replace(worker_state, app=watched).work("cpu")

    round_trips.of_a_job(here, picture(), options, work=work)  # the first of a project enters it, too
    counts = round_trips.of_a_job(here, picture(), options, work=work)
    assert here.ledger.lists.counts() == {"done": 2}
    lock = int(database == "postgres")  # SQLite has one writer
    assert counts == {
        "statements": 5 + lock + 3 + 4,  # to open: is it there (twice), job, event, audit; to claim; to end
        "commits": 3,
        "store": 4,  # source, job, source again, record
        "queue": 1,
    }
    if ledger is not app.ledger:
        ledger.close()
