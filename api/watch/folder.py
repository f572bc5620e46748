"""An inbox in a folder: `inbox/<kind>/…`, with `outbox`, `done` and `failed` beside it.

A file is complete when its size and time have stood still for a while. Looking again and again is
the truth, which works on every kind of mount; notifications only make it look earlier.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from api.process import hold
from api.watch.base import SCHEMA, Drop, beside, is_document, numbered
from worker.checks.schema_limits import MOST_BYTES
from worker.errors import ObjectMissing, RequestInvalid, SchemaTooLarge, StorageUnavailable
from worker.log import logger

_log = logger(__name__)
_EMPTY_PATIENCE = 10  # an empty file waits so many times longer: a scanner may not have begun to fill it
_DEEPEST = 32
_LONGEST_SCHEMA = 2 * MOST_BYTES  # the same schema takes more when it is written with indents
_PARTIAL = ".part"


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
        self._links: set[PurePosixPath] = set()
        for name in ("outbox", "failed"):  # of a watcher that was killed while it wrote
            for partial in (root / name).rglob(f".*{_PARTIAL}"):
                partial.unlink(missing_ok=True)

    @property
    def inbox(self) -> Path:
        """The folder that is watched."""
        return self._root / "inbox"

    def drops(self) -> Iterator[Drop]:
        """Files that stand still."""
        now, seen = time.monotonic(), {}
        self._unsettled = False
        with _translated():
            for path, found in _files(self.inbox, PurePosixPath(), self._note_link):
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
        """`inbox/<kind>/schema.json`, if it is a file and no link: that could lead to any other's."""
        try:
            with _opened(self.inbox / kind / SCHEMA) as file:
                text = file.read(_LONGEST_SCHEMA + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise RequestInvalid(detail=f"{kind}/{SCHEMA} is no file that can be read") from error
        if len(text) > _LONGEST_SCHEMA:
            raise SchemaTooLarge(found=len(text), limit=_LONGEST_SCHEMA, what="bytes")
        try:
            return json.loads(text.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise RequestInvalid(detail=f"{kind}/{SCHEMA} is not JSON") from error

    @contextmanager
    def open(self, drop: Drop) -> Iterator[BinaryIO]:
        """The file itself, the very one that was seen; raises ObjectMissing for another in its place."""
        with _translated(), _opened(self.inbox / drop.path) as file:
            if _mark(os.fstat(file.fileno())) != drop.mark:
                raise ObjectMissing(key=drop.path)
            yield file

    def deliver(self, drop: Drop, record: bytes) -> None:
        """To `outbox` and `done`."""
        with _translated():
            source = self.inbox / drop.path
            if source.is_file() and _mark(source.stat()) != drop.mark:
                _log.info("drop_changed", path=drop.path)
                return
            original, result = self._free(drop, ("done", ""), ("outbox", ".json"), content=record)
        _write(result, record)
        self._move(drop, original)

    def refuse(self, drop: Drop, reason: str) -> None:
        """To `failed`."""
        text = reason.encode("utf-8", "replace") + b"\n"
        with _translated():
            original, why = self._free(drop, ("failed", ""), ("failed", ".txt"), content=text)
        if self._move(drop, original):
            _write(why, text)

    def close(self) -> None:
        """Let another watcher have the folder."""
        os.close(self._lock)

    def _move(self, drop: Drop, target: Path) -> bool:
        source = self.inbox / drop.path
        with _translated():
            if not source.is_file() or _mark(source.stat()) != drop.mark:
                _log.info("drop_changed", path=drop.path)
                return False
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(source, target)
        self._seen.pop(drop.path, None)
        return True

    def _free(
        self, drop: Drop, original: tuple[str, str], other: tuple[str, str], *, content: bytes
    ) -> tuple[Path, Path]:
        """Places for the original and what is written for it, each a folder and a suffix, with one number."""
        for number in count(1):
            path = numbered(PurePosixPath(drop.path), number)
            place, beside_it = (self._root / where / beside(path, end) for where, end in (original, other))
            if not place.exists() and _is_ours(beside_it, content):
                return place, beside_it
        raise AssertionError("numbers have no end")

    def _note_link(self, path: PurePosixPath) -> None:
        """Say once that something is left alone: who put it there may wait for it."""
        if path not in self._links:
            self._links.add(path)
            _log.warning("link_passed_over", path=str(path), why="links are not followed, they lead anywhere")


def _files(
    folder: Path, below: PurePosixPath, note_link: Callable[[PurePosixPath], None]
) -> Iterator[tuple[PurePosixPath, os.stat_result]]:
    """Regular files that are meant, by path; links are not followed."""
    if len(below.parts) > _DEEPEST:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            path = below / entry.name
            if not is_document(path):
                continue
            with contextlib.suppress(FileNotFoundError):  # moved away while we look
                if entry.is_dir(follow_symlinks=False):
                    yield from _files(Path(entry.path), path, note_link)
                    continue
                found = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(found.st_mode):
                    yield path, found
                elif stat.S_ISLNK(found.st_mode):
                    note_link(path)


def _opened(path: Path) -> BinaryIO:
    """A regular file, and no link to one; raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "no regular file")
    return os.fdopen(handle, "rb")


def _is_ours(path: Path, content: bytes) -> bool:
    """Whether a path is free, or holds what a watcher wrote that was killed before it was done."""
    try:
        return path.read_bytes() == content
    except FileNotFoundError:
        return True
    except IsADirectoryError:
        return False


def _mark(found: os.stat_result) -> str:
    return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ino}"


def _write(path: Path, content: bytes) -> None:
    """Written beside its name, then named, so that nobody reads half of it; a full disk leaves nothing."""
    partial = path.with_name(f".{secrets.token_hex(8)}{_PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        _log.error("cannot_write", folder=str(path.parent), reason=error.strerror)
        raise StorageUnavailable(detail=f"{error.strerror or type(error).__name__}") from error


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(detail=f"{error.strerror or type(error).__name__}") from error
