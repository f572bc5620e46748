"""The ports behind the API that `pagemill up` opens: none serves anybody without credentials."""

from __future__ import annotations

import re
import stat
import time
from pathlib import Path

import httpx
import pytest
import redis

from tests.service.conftest import until
from tests.service.test_jobs import send
from tests.stack import Stack
from worker.jobs.app import App
from worker.jobs.broker import make_celery

CANARY = "a record nobody may read"


def ports(stack: Stack) -> dict[str, int]:
    """The ports of the store by the name of the part."""
    found = (re.fullmatch(r"-(.+)\.port=(\d+)", argument) for argument in stack.store.command)
    return {match[1]: int(match[2]) for match in found if match}


def asked(method: str, port: int, path: str, **options: object) -> tuple[int, str]:
    try:
        answer = httpx.request(method, f"http://127.0.0.1:{port}{path}", timeout=5, **options)  # type: ignore[arg-type]
    except httpx.HTTPError as error:
        return 0, type(error).__name__
    return answer.status_code, answer.text


@pytest.mark.parametrize("part", ["s3", "filer", "master", "volume"])
def test_no_port_of_the_store_gives_takes_or_loses_anything(servers: Stack, part: str) -> None:
    app = servers.app()
    app.store.write("canary/record.json", CANARY.encode())
    port = ports(servers)[part]
    for path in ("/buckets/test/canary/record.json", "/test/canary/record.json", "/buckets/test/canary/"):
        for method in ("GET", "PUT", "POST", "DELETE"):
            code, text = asked(method, port, path, content=b"forged", params={"recursive": "true"})
            assert not 200 <= code < 300, (method, path, code)
            assert CANARY not in text
    assert app.store.read("canary/record.json") == CANARY.encode()
    app.close()


def test_what_the_master_tells_lets_nobody_write(servers: Stack) -> None:
    app = servers.app()
    app.store.write("canary/record.json", CANARY.encode())
    port = ports(servers)["master"]
    code, text = asked("GET", port, "/dir/assign")
    if code == 200:
        told = re.search(r'"fid":"([^"]+)".*"url":"[^:]+:(\d+)"', text)
        assert told
        code, _ = asked("POST", int(told[2]), f"/{told[1]}", files={"file": b"forged"})
        assert code in {401, 403}
    app.close()


def test_the_queue_asks_for_a_password(servers: Stack) -> None:
    port = int(servers.env["REDIS_URL"].rpartition(":")[2].partition("/")[0])
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=port).keys("*")
    seen = " ".join(servers.queue.command)
    assert "a-password" not in seen  # every user of the machine sees the command
    for name in ("queue.conf",):
        assert stat.S_IMODE((servers.queue.folder / name).stat().st_mode) == 0o600
    for name in ("security.toml", "identities.json"):
        assert stat.S_IMODE((servers.store.folder / name).stat().st_mode) == 0o600


def test_workers_obey_nobody(tmp_path: Path) -> None:
    with Stack(tmp_path / "stack") as stack:
        stack.start_servers()
        stack.start("worker")
        app: App = stack.app()
        until(app.broker.workers)
        celery = make_celery(stack.settings)
        celery.control.shutdown()
        assert celery.control.inspect(timeout=1).conf() is None
        time.sleep(1)
        job = send(app)
        until(lambda: app.ledger.jobs.get(job.id).finished_at is not None)
        app.close()
        celery.close()
        assert stack._processes["worker"].poll() is None
