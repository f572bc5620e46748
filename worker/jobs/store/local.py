"""Objects as files in a folder: for one machine without an object store."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from worker.errors import ObjectMissing, StorageUnavailable, UnsupportedByStore
from worker.jobs.store.base import CHUNK, Stat, UploadForm, spool

_UNFINISHED = ".unfinished-"


class LocalStore:
    """Files under a root. An object appears under its name whole, by link or rename, never in part."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def create(self, key: str, data: bytes | BinaryIO, *, size: int | None = None) -> bool:
        """Write beside the name, then link to it: linking fails where the name is taken."""
        path = self._path(key)
        if path.exists():
            return False
        with self._translated(), self._beside(path) as (unfinished, file):
            _copy(data, file, size)
            file.flush()
            os.fsync(file.fileno())
            try:
                path.hardlink_to(unfinished)
            except FileExistsError:
                return False
            return True

    def write(self, key: str, data: bytes) -> None:
        """Write beside the name, then take its place."""
        path = self._path(key)
        with self._translated(), self._beside(path) as (unfinished, file):
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            unfinished.replace(path)

    def read(self, key: str) -> bytes:
        """A file's content."""
        with self._translated(key):
            return self._path(key).read_bytes()

    @contextmanager
    def open(self, key: str) -> Iterator[Iterator[bytes]]:
        """A file in pieces."""
        with self._translated(key), self._path(key).open("rb") as file:
            yield iter(lambda: file.read(CHUNK), b"")

    def fetch(self, key: str, path: Path) -> None:
        """A copy of the file."""
        with self.open(key) as pieces:
            spool(pieces, path)

    def stat(self, key: str) -> Stat | None:
        """Size and tag of a file."""
        with self._translated():
            return self._stat(key, self._path(key))

    def list(self, prefix: str) -> Iterator[Stat]:
        """Files whose key begins with `prefix`."""
        folder = self._root.joinpath(*PurePosixPath(prefix).parts)
        start = folder if prefix.endswith("/") else folder.parent
        with self._translated():
            for place, _, names in os.walk(start, onerror=_unless_gone):
                for path in (Path(place, name) for name in names if not name.startswith(_UNFINISHED)):
                    key = path.relative_to(self._root).as_posix()
                    stat = self._stat(key, path) if key.startswith(prefix) else None
                    if stat is not None:
                        yield stat

    def copy(self, key: str, to: str) -> None:
        """A second file with the same bytes."""
        with self._translated(key), self._path(key).open("rb") as source:
            target = self._path(to)
            with self._beside(target) as (unfinished, file):
                _copy(source, file, None)
                unfinished.replace(target)

    def delete(self, key: str) -> None:
        """Remove a file, and the folders it leaves empty."""
        path = self._path(key)
        with self._translated():
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                for folder in path.parents:
                    if folder == self._root:
                        break
                    folder.rmdir()

    def presign_upload(self, key: str, *, until: float, most: int) -> UploadForm:
        """A folder has no address."""
        raise UnsupportedByStore(what=f"uploading {key}, of up to {most} bytes, by URL until {until:.0f}")

    def prepare(self) -> None:
        """Make the folder."""
        with self._translated():
            self._root.mkdir(parents=True, exist_ok=True)

    def check(self) -> None:
        """The folder can be written to."""
        with self._translated():
            self._root.mkdir(parents=True, exist_ok=True)
        if not os.access(self._root, os.W_OK):
            raise StorageUnavailable(detail="the folder cannot be written to")

    def close(self) -> None:
        """Nothing to let go of."""

    def _path(self, key: str) -> Path:
        parts = PurePosixPath(key).parts
        if not parts or key.startswith("/") or ".." in parts or "\0" in key:
            raise ObjectMissing(key=key)
        return self._root.joinpath(*parts)

    @contextmanager
    def _beside(self, path: Path) -> Iterator[tuple[Path, BinaryIO]]:
        unfinished = path.with_name(_UNFINISHED + secrets.token_hex(8))
        try:
            with _opened(unfinished) as file:
                yield unfinished, file
        finally:
            unfinished.unlink(missing_ok=True)

    @contextmanager
    def _translated(self, key: str = "") -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise ObjectMissing(key=key) from error
        except OSError as error:
            raise StorageUnavailable(detail=error.strerror or type(error).__name__) from error

    @staticmethod
    def _stat(key: str, path: Path) -> Stat | None:
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Stat(key, found.st_size, f"{found.st_mtime_ns}-{found.st_ino}")


def _unless_gone(error: OSError) -> None:
    """A folder may be removed by `delete` while it is walked; other troubles are told."""
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error


def _opened(path: Path) -> BinaryIO:
    """A new file; its folder may be removed by `delete` between making and using it, so try again."""
    for _ in range(10):
        with contextlib.suppress(FileNotFoundError):
            path.parent.mkdir(parents=True, exist_ok=True)
            return path.open("xb")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb")


def _copy(data: bytes | BinaryIO, file: BinaryIO, size: int | None) -> None:
    if isinstance(data, bytes):
        file.write(data)
        return
    left = size
    while piece := data.read(CHUNK if left is None else min(CHUNK, left)):
        file.write(piece)
        left = None if left is None else left - len(piece)
