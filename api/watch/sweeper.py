"""From an inbox to jobs, and from their outcomes to the outbox.

It remembers nothing that it could not find out again: a file stays in the inbox until its outcome
is delivered, and submitting it a second time leads to the same job.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from api.auth import DEFAULT_PROJECT
from api.watch.base import Drop, Inbox
from schemas.job import READ, Job, KindRef
from worker.errors import NotFound, ObjectMissing, PagemillError, RequestInvalid, ServiceError, TooLarge
from worker.jobs import kinds, outcome
from worker.jobs.app import App
from worker.jobs.submit import SubmitOptions, submit
from worker.log import logger

_log = logger(__name__)
_AT_ONCE = 200
_SUBMITTERS = 4
_ACTOR = "inbox"


@dataclass(slots=True)
class Tally:
    """What has become of the drops so far."""

    read: int = 0
    failed: int = 0
    waiting: int = 0  # could not be taken yet, because a part of the service is away


@dataclass(slots=True)
class Sweeper:
    """Works one inbox; `look` and `deliver` are called in turn, by one thread."""

    app: App
    inbox: Inbox
    project: str = DEFAULT_PROJECT
    tally: Tally = field(default_factory=Tally)
    _in_hand: dict[Drop, str] = field(default_factory=dict)
    _looked_at: float = float("-inf")
    _waits: int = 0
    _tried: dict[Drop, float] = field(default_factory=dict)  # those that could not be taken, and when

    def is_due(self) -> bool:
        """Whether it is time to look again."""
        return time.monotonic() - self._looked_at >= self.inbox.pause

    def is_busy(self) -> bool:
        """Whether jobs are awaited or files may still grow."""
        return bool(self._in_hand) or self.inbox.unsettled()

    def look(self) -> int:
        """Submit what is new, and let go of what is gone; how many drops were taken."""
        self._looked_at = time.monotonic()
        try:
            there = list(self.inbox.drops())
        except ServiceError as error:
            _log.warning("inbox_unavailable", reason=str(error))
            self.tally.waiting = 1
            return 0
        self._waits = 0
        self._in_hand = {drop: self._in_hand[drop] for drop in there if drop in self._in_hand}
        self._tried = {drop: self._tried[drop] for drop in there if drop in self._tried}
        fresh = sorted((drop for drop in there if drop not in self._in_hand), key=self._last_tried)[:_AT_ONCE]
        with ThreadPoolExecutor(_SUBMITTERS) as pool:
            for drop, job_id in zip(fresh, pool.map(self._take, fresh), strict=True):
                if job_id is not None:
                    self._in_hand[drop] = job_id
        self.tally.waiting = self._waits
        if len(fresh) - self._waits == _AT_ONCE:
            self._looked_at = float("-inf")  # there may be more
        return len(fresh) - self._waits

    def deliver(self) -> None:
        """Bring the outcomes of jobs that have ended to where their files came from."""
        try:
            ended = self.app.ledger.lists.ended(list(self._in_hand.values()))
        except ServiceError as error:
            _log.warning("ledger_unavailable", reason=str(error))
            return
        for drop, job_id in list(self._in_hand.items()):
            if job_id in ended and self._finish(drop, ended[job_id]):
                del self._in_hand[drop]

    def _last_tried(self, drop: Drop) -> float:
        """Those that have to wait go to the end, so that they hold up no others."""
        return self._tried.get(drop, 0.0)

    def _take(self, drop: Drop) -> str | None:
        """Submit a drop; None when it was refused, or will be tried again."""
        try:
            self._require_size(drop)
            kind = self._kind(drop)
            options = SubmitOptions(self.project, kind, self.app.settings.engine)
            with self.inbox.open(drop) as file:
                job, _ = submit(self.app, file, drop.name, options=options, actor=_ACTOR)
        except ObjectMissing:  # somebody took it away
            return None
        except ServiceError as error:
            self._waits += 1
            self._tried[drop] = time.monotonic()
            _log.warning("drop_waits", path=drop.path, code=error.code, reason=str(error))
            return None
        except PagemillError as error:
            self._refuse(drop, f"{error.code}: {error}")
            return None
        except Exception as error:  # noqa: BLE001 (the border of a document: the others must still be taken)
            _log.exception("internal_error")
            self._refuse(drop, f"internal: {type(error).__name__}")
            return None
        return job.id

    def _require_size(self, drop: Drop) -> None:
        """Raise TooLarge before a byte of it is moved."""
        if drop.size > self.app.settings.max_bytes:
            raise TooLarge(size=drop.size, limit=self.app.settings.max_bytes)

    def _kind(self, drop: Drop) -> KindRef:
        if drop.kind is None:
            raise RequestInvalid(
                detail="put documents into a folder named for their kind, e.g. inbox/receipt"
            )
        raw = self.inbox.schema(drop.kind)
        if raw is not None:
            return kinds.store_schema(self.app, self.project, raw, name=drop.kind)
        try:
            return kinds.find(self.app, self.project, drop.kind)
        except NotFound as error:
            reason = f"{str(error).rstrip('.')}; or put a schema.json into the folder"
            raise RequestInvalid(detail=reason) from error

    def _finish(self, drop: Drop, job: Job | None) -> bool:
        """Deliver one outcome; False when it has to be tried again."""
        try:
            if job is None:
                self._refuse(drop, "erased: the job was erased")
            elif job.state in READ:
                record = outcome.current(self.app, job)
                self.inbox.deliver(drop, json.dumps(record, ensure_ascii=False).encode())
                self.tally.read += 1
                _log.info("delivered", path=drop.path, job=job.id, state=job.state)
            else:
                self._refuse(drop, f"{job.error_code or job.state}: {job.error_message or job.state}")
        except ServiceError as error:
            _log.warning("outbox_unavailable", path=drop.path, reason=str(error))
            return False
        return True

    def _refuse(self, drop: Drop, reason: str) -> None:
        try:
            self.inbox.refuse(drop, reason)
        except ServiceError as error:
            _log.warning("failed_folder_unavailable", path=drop.path, reason=str(error))
            return
        self.tally.failed += 1
        _log.warning("refused", path=drop.path, reason=reason)
