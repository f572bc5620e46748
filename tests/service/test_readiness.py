"""Whether the service is ready, and which part is not."""

from __future__ import annotations

import time

import httpx
import pytest
from sqlalchemy import create_engine

from tests.service.calls import post
from tests.service.conftest import serving, until
from worker.jobs.app import App
from worker.jobs.broker import Broker, WorkerReport
from worker.process.worker import WorkerState


def test_how_the_service_does(http: httpx.Client, app: App, worker_state: WorkerState) -> None:
    assert http.get("/livez").json() == {"status": "alive"}
    assert http.get("/readyz").json() == {
        "ready": True,
        "queue": "ok",
        "store": "ok",
        "ledger": "ok",
        "model": "no worker",
    }
    app.broker.report("w1", WorkerReport(["embedded"]), seconds=30)
    until(lambda: http.get("/readyz").json()["model"] == "embedded")
    post(http)
    post(http, b"no document")
    worker_state.work("cpu")
    text = http.get("/metrics").text
    for line in (
        'pagemill_jobs{state="done"} 1.0',
        'pagemill_jobs{state="queued"} 1.0',
        'pagemill_workers{state="alive"} 1.0',
        'pagemill_queue_messages{queue="cpu"} 2.0',
        'pagemill_up{part="queue"} 1.0',
    ):
        assert line in text
    assert "pagemill_oldest_waiting_seconds" in text
    assert http.get("/version").json()["version"]


def test_readiness_names_the_part_that_is_away(app: App) -> None:
    lonely = app.settings.model_copy(update={"redis_url": "redis://127.0.0.1:9/0"})
    broken = App(lonely, app.store, app.ledger, Broker(lonely))
    with serving(broken) as url, httpx.Client(base_url=url, timeout=30) as http:
        answer = http.get("/readyz")
        assert (answer.status_code, answer.json()["queue"]) == (503, "queue_unavailable")
        assert post(http).status_code == 202  # taken all the same: the sweep will ring
        assert 'pagemill_up{part="queue"} 0.0' in http.get("/metrics").text
    assert app.ledger.jobs.due("cpu", now=time.time()) == 1


@pytest.mark.parametrize(
    "change", ["ALTER TABLE jobs DROP COLUMN pages_done", "ALTER TABLE jobs RENAME TO what_it_was_called"]
)
def test_a_ledger_that_todays_tables_cannot_read_is_not_ready(app: App, change: str) -> None:
    with serving(app) as url, httpx.Client(base_url=url, timeout=30) as http:
        assert http.get("/readyz").status_code == 200
        engine = create_engine(app.settings.ledger_url)
        with engine.begin() as connection:
            connection.exec_driver_sql(change)
        engine.dispose()
        until(lambda: http.get("/readyz").status_code == 503)
        told = http.get("/readyz").json()
        assert (told["ready"], told["ledger"], told["queue"]) == (False, "ledger_unavailable", "ok")
