"""Waiting until what was started can be used."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import httpx
import redis
from pydantic import SecretStr

from api.up.children import Child
from worker.errors import PagemillError, PartFalls, QueueUnavailable, Unreachable
from worker.jobs.store import factory
from worker.settings import Settings

WITHIN = 60.0  # seconds
_WITHIN_GIVEN = 5.0  # for what the settings name, which should run already
_MOST_FALLS = 3
_LOOK_EVERY = 0.05
_PROBE = "ready"


def await_servers(settings: Settings, env: Mapping[str, str], stop: threading.Event) -> None:
    """Wait for the queue, then for the store and its bucket; raises QueueUnavailable, StorageUnavailable."""
    within = WITHIN if "REDIS_URL" in env else _WITHIN_GIVEN
    queue = redis.Redis.from_url(env.get("REDIS_URL", settings.redis_url), socket_connect_timeout=1)
    _await(lambda: _ping(queue), stop, within=within)
    queue.close()
    within = _WITHIN_GIVEN
    if "S3_ENDPOINT_URL" in env:
        within = WITHIN
        settings = settings.model_copy(
            update={
                "s3_endpoint_url": env["S3_ENDPOINT_URL"],
                "s3_access_key": env["AWS_ACCESS_KEY_ID"],
                "s3_secret_key": SecretStr(env["AWS_SECRET_ACCESS_KEY"]),
            }
        )
    store = factory.create(settings, retries=0)
    _await(store.prepare, stop, within=within)
    _await(lambda: store.write(_PROBE, b""), stop, within=within)
    store.close()


def await_parts(
    url: str, children: Sequence[Child], stop: threading.Event, *, log: Path, within: float = WITHIN
) -> None:
    """Wait for the API to be ready and a worker to have reported; raises Unreachable, PartFalls.

    A worker that runs a model reports when it has loaded it: `within` must be long enough for that.
    """

    def ask() -> None:
        for child in children:
            child.tend()
            if child.falls >= _MOST_FALLS:
                raise PartFalls(part=child.name, log=log)
        try:
            answer = httpx.get(f"{url}/readyz", timeout=2.0, trust_env=False)
        except httpx.HTTPError as error:
            raise Unreachable(url=url, detail=type(error).__name__) from error
        if not answer.is_success or _model(answer) in {None, "no worker"}:
            raise Unreachable(url=url, detail=answer.text[:200])

    _await(ask, stop, within=within)


def _model(answer: httpx.Response) -> str | None:
    """What the workers have loaded; None when somebody else has answered."""
    try:
        return str(answer.json()["model"])
    except (ValueError, LookupError, TypeError):
        return None


def _await(attempt: Callable[[], None], stop: threading.Event, *, within: float) -> None:
    """Try until it works; raises the last error when that takes too long."""
    until = time.monotonic() + within
    while not stop.is_set():
        try:
            attempt()
        except PagemillError as error:
            if time.monotonic() > until or not error.retryable:
                raise
            stop.wait(_LOOK_EVERY)
        else:
            return


def _ping(queue: redis.Redis) -> None:
    try:
        queue.ping()
    except redis.RedisError as error:
        raise QueueUnavailable(detail=type(error).__name__) from error
