"""An inbox in a folder: `inbox/<kind>/…`, with `outbox`, `done` and `failed` beside it.

A file is complete when its size and time have stood still for a while. Looking again and again is
the truth, which works on every kind of mount; notifications only make it look earlier.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from api.process import hold
from api.watch.base import SCHEMA, Drop, beside, is_document
from worker.errors import RequestInvalid, StorageUnavailable
from worker.log import logger

_log = logger(__name__)
_EMPTY_PATIENCE = 10  # an empty file waits so many times longer: a scanner may not have begun to fill it
_DEEPEST = 32


class FolderInbox:
    """One folder, and one watcher for it at a time."""

    def __init__(self, root: Path, *, pause: float, settle_seconds: float) -> None:
        self.pause = pause
        self._root = root
        self._settle = settle_seconds
        self._seen: dict[str, tuple[str, float]] = {}  # path to mark, and when it was first seen with it
        self._unsettled = False
        for name in ("inbox", "outbox", "done", "failed"):
            (root / name).mkdir(parents=True, exist_ok=True)
        self._lock = hold(root / ".pagemill.lock", otherwise=f"another watcher has {root}")

    @property
    def inbox(self) -> Path:
        """The folder that is watched."""
        return self._root / "inbox"

    def drops(self) -> Iterator[Drop]:
        """Files that stand still."""
        now, seen = time.monotonic(), {}
        self._unsettled = False
        with _translated():
            for path, found in _files(self.inbox, PurePosixPath()):
                mark, since = _mark(found), now
                if self._seen.get(str(path), ("", 0.0))[0] == mark:
                    since = self._seen[str(path)][1]
                seen[str(path)] = (mark, since)
                patience = self._settle if found.st_size else self._settle * _EMPTY_PATIENCE
                if now - since >= patience:
                    yield Drop(str(path), mark, found.st_size)
                else:
                    self._unsettled = True
        self._seen = seen

    def unsettled(self) -> bool:
        """Whether the last look saw a file that may still grow."""
        return self._unsettled

    def schema(self, kind: str) -> Any | None:
        """`inbox/<kind>/schema.json`."""
        path = self.inbox / kind / SCHEMA
        try:
            return json.loads(path.read_text(encoding="utf-8-sig"))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, RecursionError) as error:
            raise RequestInvalid(detail=f"{kind}/{SCHEMA} is not JSON") from error

    @contextmanager
    def open(self, drop: Drop) -> Iterator[BinaryIO]:
        """The file itself."""
        with _translated(), (self.inbox / drop.path).open("rb") as file:
            yield file

    def deliver(self, drop: Drop, record: bytes) -> None:
        """Written beside its name, then named, so that nobody reads half of it."""
        _write(self._root / "outbox" / beside(PurePosixPath(drop.path), ".json"), record)

    def settle(self, drop: Drop) -> None:
        """To `done`."""
        self._move(drop, "done")

    def refuse(self, drop: Drop, reason: str) -> None:
        """To `failed`."""
        moved = self._move(drop, "failed")
        if moved is not None:
            target = moved.with_name(beside(PurePosixPath(moved.name), ".txt").name)
            _write(target, reason.encode("utf-8", "replace") + b"\n")

    def close(self) -> None:
        """Let another watcher have the folder."""
        os.close(self._lock)

    def _move(self, drop: Drop, where: str) -> Path | None:
        source = self.inbox / drop.path
        with _translated():
            if not source.is_file() or _mark(source.stat()) != drop.mark:
                _log.info("drop_changed", path=drop.path)
                return None
            target = _free(self._root / where / drop.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(source, target)
        self._seen.pop(drop.path, None)
        return target


def _files(folder: Path, below: PurePosixPath) -> Iterator[tuple[PurePosixPath, os.stat_result]]:
    """Regular files that are meant, by path; links are not followed, they lead anywhere."""
    if len(below.parts) > _DEEPEST:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            path = below / entry.name
            if not is_document(path):
                continue
            with contextlib.suppress(FileNotFoundError):  # moved away while we look
                if entry.is_dir(follow_symlinks=False):
                    yield from _files(Path(entry.path), path)
                    continue
                found = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(found.st_mode):
                    yield path, found


def _mark(found: os.stat_result) -> str:
    return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ino}"


def _free(path: Path) -> Path:
    """The path, or where it is taken, the same with a number."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free


def _write(path: Path, content: bytes) -> None:
    with _translated():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{secrets.token_hex(8)}.part")
        partial.write_bytes(content)
        partial.replace(path)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(detail=f"{error.strerror or type(error).__name__}") from error
