"""Streams of events: what many listeners cost, and what ends one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from api import event_streams
from api.routes import events
from schemas.job import Job
from tests.service.calls import add_key, bearer
from tests.service.conftest import serving, until
from tests.service.jobs import send
from tests.service.test_trust import keyed
from worker.jobs.app import App
from worker.jobs.ledger.lists import Lists


@contextmanager
def listener(url: str, headers: dict[str, str]) -> Iterator[Iterator[str]]:
    """The lines of a stream that has begun."""
    with httpx.stream("GET", f"{url}/v1/events", headers=headers, timeout=20) as stream:
        lines = stream.iter_lines()
        assert next(lines) == ": connected"
        yield lines


def first_job(lines: Iterator[str]) -> str:
    data = next(line for line in lines if line.startswith("data: "))
    return str(json.loads(data.removeprefix("data: "))["id"])


def test_the_ledger_is_asked_once_for_all_who_listen(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    changes = Lists.changes

    def counted(self: Lists, project: str, **options: Any) -> Sequence[Job]:
        asked.append(project)
        return changes(self, project, **options)

    monkeypatch.setattr(Lists, "changes", counted)
    with serving(app) as url, ExitStack() as held:
        streams = [held.enter_context(listener(url, {})) for _ in range(20)]
        until(lambda: len(asked) >= 21)  # each looks once at what was before it
        before = len(asked)
        until(lambda: len(asked) >= before + 4)
        job = send(app)
        assert {first_job(lines) for lines in streams} == {job.id}
        assert len(asked) < before + 20
        held.close()
        until(lambda: not _grows(asked))


def _grows(asked: list[str]) -> bool:
    """Whether somebody still looks, once all have gone."""
    before = len(asked)
    try:
        until(lambda: len(asked) > before, seconds=2)
    except AssertionError:
        return False
    return True


def test_a_stream_ends_with_its_key(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_LOOK_EVERY", 0.3)
    with serving(keyed(app)) as url:
        admin, reader = add_key(app, "default", "admin"), add_key(app, "default", "read")
        with listener(url, bearer(reader)) as lines, listener(url, bearer(add_key(app))) as other:
            assert next(line for line in lines if line) == ": still here"
            key_id = reader.split("_")[1]
            assert httpx.delete(f"{url}/v1/keys/{key_id}", headers=bearer(admin)).status_code == 204
            assert set(lines) <= {"", ": still here"}
            assert next(line for line in other if line) == ": still here"


def test_who_does_not_read_is_given_up(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_streams, "_BEHIND", 3)
    one = event_streams.Listener()
    for at in range(4):
        assert not one.is_over
        one.tell(event_streams.JobChange("a", float(at), ""))
    assert one.is_over
