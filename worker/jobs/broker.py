"""The queue: Celery on Redis or Valkey. Its messages say that there is work, not which.

A worker that gets a message takes the next job from the ledger, so fairness, priority, retries and
cancelling have one owner, and a message that is lost, doubled or late does no harm: the sweep
rings again while jobs are due. For the same reason no message needs its visibility prolonged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import redis
from celery import Celery
from kombu.exceptions import KombuError

from worker.errors import QueueUnavailable
from worker.jobs.object_keys import Drawing
from worker.settings import Settings

WORK = "pagemill.work"
DRAW = "pagemill.draw"

_AT_ONCE = 0  # kombu on Redis: 0 is served first
_IN_TURN = 6
_STEPS = [0, 3, 6, 9]
_SEPARATOR = ":"
_SWEEP_LOCK = "pagemill:sweep"
_INBOX = "pagemill:inbox"
_WORKER = "pagemill:worker:2:"  # and the form of what is reported
_LIVES = "pagemill:lives:"  # for how many milliseconds a report is believed
_DRAWING = "pagemill:drawing:"
_DRAWN_WITHIN = 30  # seconds
_FOREIGN = (KombuError, redis.RedisError, OSError)


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """What a worker says of itself: the engines it has loaded, and the models whose jobs it takes."""

    engines: Sequence[str]
    models: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class WorkerSign:
    """A worker that lives, what it has, and how many seconds ago it said so."""

    name: str
    has: WorkerReport
    ago: float


class Broker:
    """Sends messages, and looks at the lists they wait in."""

    def __init__(self, settings: Settings) -> None:
        self.celery = make_celery(settings)
        self._redis = redis.Redis.from_url(
            settings.redis_url, socket_timeout=5, socket_connect_timeout=2, health_check_interval=25
        )

    def wake(self, queue: str, count: int = 1) -> None:
        """Say that there is work for a queue, so many times; raises QueueUnavailable."""
        with _translated(), self.celery.producer_pool.acquire(block=True, timeout=10) as producer:
            for _ in range(count):
                self.celery.send_task(
                    WORK, args=(queue,), queue=queue, priority=_IN_TURN, producer=producer, retry=False
                )

    def ask_to_draw(self, queue: str, *, job_id: str, page: int, what: Drawing = Drawing.PICTURE) -> None:
        """Ask a worker to draw a page, ahead of everything else; raises QueueUnavailable.

        Asking again within a while does nothing: somebody is at it.
        """
        with _translated():
            if not self._redis.set(f"{_DRAWING}{job_id}:{page}:{what}", "1", nx=True, ex=_DRAWN_WITHIN):
                return
            self.celery.send_task(
                DRAW, args=(job_id, page, what.value), queue=queue, priority=_AT_ONCE, retry=False
            )

    def depth(self, queue: str) -> int:
        """Messages that wait in a queue; raises QueueUnavailable."""
        with _translated():
            return sum(int(self._redis.llen(name)) for name in _lists(queue))

    def take_sweep(self, seconds: float) -> bool:
        """Whether this process is the one to sweep for the next seconds; raises QueueUnavailable."""
        with _translated():
            return bool(self._redis.set(_SWEEP_LOCK, "1", nx=True, px=max(1, int(seconds * 1000))))

    def report(self, worker: str, has: WorkerReport, *, seconds: float) -> None:
        """Let others know for so long that this worker lives, and what it has; raises QueueUnavailable."""
        lives = max(1, int(seconds * 1000))
        with _translated(), self._redis.pipeline() as pipe:
            pipe.set(f"{_WORKER}{worker}", json.dumps(asdict(has)), px=lives)
            pipe.set(f"{_LIVES}{worker}", lives, px=lives)
            pipe.execute()

    def workers(self) -> Mapping[str, WorkerReport]:
        """The workers that reported lately; raises QueueUnavailable."""
        with _translated():
            names = list(self._redis.scan_iter(f"{_WORKER}*"))
            found = zip(names, self._redis.mget(names) if names else [], strict=True)
            return {
                name.decode(): WorkerReport(**json.loads(text)) for name, text in found if text is not None
            }

    def signs(self) -> Sequence[WorkerSign]:
        """The workers that reported lately, by name, and when they did; raises QueueUnavailable."""
        found = []
        for key, has in sorted(self.workers().items()):
            name = key.removeprefix(_WORKER)
            with _translated(), self._redis.pipeline() as pipe:
                pipe.get(f"{_LIVES}{name}")
                pipe.pttl(f"{_LIVES}{name}")
                lives, left = pipe.execute()
            if lives is not None and left >= 0:  # else it has just been forgotten
                found.append(WorkerSign(name, has, max(0.0, (int(lives) - left) / 1000)))
        return found

    def count_request(self, key_id: str, minute: int) -> int:
        """Requests of a key in a minute, this one included; raises QueueUnavailable."""
        name = f"pagemill:rate:{key_id}:{minute}"
        with _translated(), self._redis.pipeline() as pipe:
            pipe.incr(name)
            pipe.expire(name, 120)
            return int(pipe.execute()[0])

    def announce_drop(self) -> None:
        """Wake the one who watches the bucket's inbox; raises QueueUnavailable."""
        with _translated(), self._redis.pipeline() as pipe:
            pipe.lpush(_INBOX, "1")
            pipe.ltrim(_INBOX, 0, 0)  # once is enough, however many came
            pipe.execute()

    def await_drop(self, seconds: float) -> bool:
        """Wait for the bucket's inbox to be announced; False when nothing came. Raises QueueUnavailable."""
        with _translated():
            return self._redis.blpop([_INBOX], timeout=max(0.1, min(seconds, 4.0))) is not None

    def check(self) -> None:
        """Raise QueueUnavailable when it does not answer."""
        with _translated():
            self._redis.ping()

    def close(self) -> None:
        """Let go of connections."""
        self.celery.close()
        self._redis.close()


def make_celery(settings: Settings) -> Celery:
    """The Celery application, with the settings that were tried against real failures."""
    app = Celery("pagemill", broker=settings.redis_url, set_as_current=False)
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,  # the ledger knows how jobs end
        task_default_queue="cpu",
        worker_prefetch_multiplier=1,
        worker_send_task_events=False,
        worker_enable_remote_control=False,  # whoever reaches the queue could end every worker
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,  # threads cannot be cancelled
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": 3600,
            "health_check_interval": 25,
            "socket_keepalive": True,
            "socket_timeout": 30,
            "socket_connect_timeout": 5,
            "queue_order_strategy": "priority",
            "priority_steps": _STEPS,
            "sep": _SEPARATOR,
        },
    )
    return app


def _lists(queue: str) -> Iterator[str]:
    """The Redis lists of a queue, one per priority."""
    yield queue
    for step in _STEPS[1:]:
        yield f"{queue}{_SEPARATOR}{step}"


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _FOREIGN as error:
        raise QueueUnavailable(detail=type(error).__name__) from error
