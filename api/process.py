"""What processes share that run until they are stopped: signals, and the hold on a folder."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.errors import RequestInvalid


@contextmanager
def set_by_signals(*events: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set these events for as long as the block runs."""

    def handle(_number: int, _frame: object) -> None:
        for event in events:
            event.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def hold(path: Path, *, otherwise: str) -> int:
    """Lock a file until the handle is closed; raises RequestInvalid, in these words, where another has it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise RequestInvalid(detail=otherwise) from error
    return handle
