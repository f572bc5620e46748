"""Waiting until what was started can be used."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence

import httpx
import redis
from pydantic import SecretStr

from api.up.children import Child
from worker.errors import PagemillError, QueueUnavailable, Unreachable
from worker.settings import Settings
from worker.storage import factory

_WITHIN = 60.0  # seconds
_LOOK_EVERY = 0.05
_PROBE = "ready"


def await_servers(settings: Settings, env: Mapping[str, str], stop: threading.Event) -> None:
    """Wait for the queue, then for the store and its bucket; raises QueueUnavailable, StorageUnavailable."""
    queue = redis.Redis.from_url(env.get("REDIS_URL", settings.redis_url), socket_connect_timeout=1)
    _await(lambda: _ping(queue), stop)
    queue.close()
    if "S3_ENDPOINT_URL" in env:
        settings = settings.model_copy(update={
            "s3_endpoint_url": env["S3_ENDPOINT_URL"], "s3_access_key": env["AWS_ACCESS_KEY_ID"],
            "s3_secret_key": SecretStr(env["AWS_SECRET_ACCESS_KEY"]),
        })  # fmt: skip
    store = factory.create(settings, retries=0)
    _await(store.prepare, stop)
    _await(lambda: store.write(_PROBE, b""), stop)
    store.close()


def await_parts(url: str, children: Sequence[Child], stop: threading.Event) -> None:
    """Wait for the API to be ready and a worker to have reported; raises Unreachable."""

    def ask() -> None:
        for child in children:
            child.tend()
        try:
            answer = httpx.get(f"{url}/readyz", timeout=2.0, trust_env=False)
        except httpx.HTTPError as error:
            raise Unreachable(url=url, detail=type(error).__name__) from error
        if not answer.is_success or answer.json()["model"] == "no worker":
            raise Unreachable(url=url, detail=answer.text[:200])

    _await(ask, stop)


def _await(attempt: Callable[[], None], stop: threading.Event) -> None:
    """Try until it works; raises the last error when that takes too long."""
    until = time.monotonic() + _WITHIN
    while not stop.is_set():
        try:
            attempt()
        except PagemillError:
            if time.monotonic() > until:
                raise
            stop.wait(_LOOK_EVERY)
        else:
            return


def _ping(queue: redis.Redis) -> None:
    try:
        queue.ping()
    except redis.RedisError as error:
        raise QueueUnavailable(detail=type(error).__name__) from error
