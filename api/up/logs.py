"""The logs of `pagemill up`, kept within a size: their writers append, and know nothing of it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from worker.log import logger

_log = logger(__name__)
MOST_BYTES = 20 * 2**20
KEPT = 3
"""Older parts of a log beside it, `.1` the newest."""


def rotate(logs: Sequence[Path], *, most_bytes: int = MOST_BYTES) -> None:
    """Copy a log that has grown beyond its size to `.1`, and begin it anew.

    What is written between the copy and the cut is lost, a line or two; children keep their handle.
    """
    for log in logs:
        try:
            if log.exists() and log.stat().st_size > most_bytes:
                _move_on(log)
        except OSError as error:  # a full disk: the log is cut all the same, or nothing would free it
            log.write_bytes(b"")
            _log.warning("log_not_kept", log=log.name, reason=error.strerror)


def _move_on(log: Path) -> None:
    for number in range(KEPT - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    with log.open("r+b") as file:
        file.truncate()
