"""The bare loop that `bench.overhead` compares with: a Celery worker that gets an object and puts another."""

from __future__ import annotations

import sys

import redis
from celery import Celery

from worker import settings
from worker.jobs.broker import make_celery
from worker.jobs.store import factory

RECORD_BYTES = 1500
TASK = "bare"


def serve(threads: str) -> None:
    """Work until SIGTERM."""
    found = settings.load()
    store = factory.create(found)
    counter = redis.Redis.from_url(found.redis_url)
    app: Celery = make_celery(found)

    @app.task(name=TASK)  # type: ignore[untyped-decorator]
    def move(batch: str, number: int) -> None:
        store.read(f"bare/{batch}/{number}.in")
        store.write(f"bare/{batch}/{number}.out", b"x" * RECORD_BYTES)
        counter.incr(f"bare:{batch}")

    app.worker_main(
        [
            "--quiet",
            "worker",
            "--pool=threads",
            f"--concurrency={threads}",
            "--queues=bare",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
        ]
    )


if __name__ == "__main__":
    serve(sys.argv[1])
