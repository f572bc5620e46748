"""`pagemill watch`: looks into inboxes until told to stop, or once until they are drained."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import watchfiles

from api.process import set_by_signals
from api.watch.bucket import BucketInbox
from api.watch.folder import FolderInbox
from api.watch.sweeper import Sweeper, Tally
from worker.errors import QueueUnavailable
from worker.jobs.app import App, connect
from worker.log import logger
from worker.settings import Settings

_log = logger(__name__)
_DELIVER_EVERY = 0.3
ALIVE = "pagemill-watch.alive"
"""A file in the temporary folder, touched at every look, for a health check."""


def watch(settings: Settings, *, folder: Path | None, bucket: bool, once: bool) -> Tally:
    """Watch a folder, the bucket, or both; what became of the drops. Raises RequestInvalid, ServiceError."""
    app = connect(settings)
    inboxes: list[FolderInbox | BucketInbox] = []
    if folder is not None:
        inboxes.append(
            FolderInbox(folder, pause=settings.watch_seconds, settle_seconds=settings.settle_seconds)
        )
    if bucket:
        inboxes.append(BucketInbox(app.store, pause=settings.bucket_seconds))
    sweepers = [Sweeper(app, inbox) for inbox in inboxes]
    stop, wake = threading.Event(), threading.Event()
    with set_by_signals(stop, wake):
        _start_wakers(app, inboxes, stop, wake)
        try:
            _run(sweepers, stop, wake, once=once)
        finally:
            stop.set()
            app.close()
    return Tally(
        read=sum(sweeper.tally.read for sweeper in sweepers),
        failed=sum(sweeper.tally.failed for sweeper in sweepers),
        waiting=sum(sweeper.tally.waiting for sweeper in sweepers),
    )


def _run(sweepers: Sequence[Sweeper], stop: threading.Event, wake: threading.Event, *, once: bool) -> None:
    alive = Path(tempfile.gettempdir()) / ALIVE
    while not stop.is_set():
        with contextlib.suppress(OSError):  # another user's watcher has the name
            alive.touch()
        woken = wake.is_set()
        wake.clear()
        taken = sum(sweeper.look() for sweeper in sweepers if woken or once or sweeper.is_due())
        for sweeper in sweepers:
            sweeper.deliver()
        busy = any(sweeper.is_busy() for sweeper in sweepers)
        if once and not busy and not taken:
            return
        if not taken:
            pause = min(sweeper.inbox.pause for sweeper in sweepers)
            wake.wait(min(pause, _DELIVER_EVERY) if busy else pause)


def _start_wakers(
    app: App, inboxes: Sequence[FolderInbox | BucketInbox], stop: threading.Event, wake: threading.Event
) -> None:
    """Threads that end a pause early. Without them everything happens as well, only later."""
    for inbox in inboxes:
        if isinstance(inbox, FolderInbox):
            target, args = _await_files, (inbox.inbox, stop, wake)
            threading.Thread(target=target, args=args, name="files", daemon=True).start()
        else:
            threading.Thread(
                target=_await_objects, args=(app, stop, wake), name="objects", daemon=True
            ).start()


def _await_files(folder: Path, stop: threading.Event, wake: threading.Event) -> None:
    try:
        for _ in watchfiles.watch(folder, stop_event=stop, debounce=200, raise_interrupt=False):
            wake.set()
    except (OSError, RuntimeError) as error:  # no such thing on this kind of mount
        _log.info("no_notifications", reason=str(error))


def _await_objects(app: App, stop: threading.Event, wake: threading.Event) -> None:
    while not stop.is_set():
        try:
            if app.broker.await_drop(2.0):
                wake.set()
        except QueueUnavailable:
            stop.wait(5.0)
