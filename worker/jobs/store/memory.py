"""Objects in a dictionary: the double for tests."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from worker.errors import ObjectMissing, UnsupportedByStore
from worker.jobs.store.base import CHUNK, Stat, UploadForm, spool


class MemoryStore:
    """Forgets everything with its process."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def create(self, key: str, data: bytes | BinaryIO, *, size: int | None = None) -> bool:
        """Keep a new object."""
        content = data if isinstance(data, bytes) else data.read(-1 if size is None else size)
        with self._lock:
            if key in self._objects:
                return False
            self._objects[key] = content
            return True

    def write(self, key: str, data: bytes) -> None:
        """Keep an object."""
        with self._lock:
            self._objects[key] = data

    def read(self, key: str) -> bytes:
        """An object."""
        with self._lock:
            if key not in self._objects:
                raise ObjectMissing(key=key)
            return self._objects[key]

    @contextmanager
    def open(self, key: str) -> Iterator[Iterator[bytes]]:
        """An object in pieces."""
        content = self.read(key)
        yield (content[at : at + CHUNK] for at in range(0, len(content), CHUNK))

    def fetch(self, key: str, path: Path) -> None:
        """An object as a file."""
        with self.open(key) as pieces:
            spool(pieces, path)

    def stat(self, key: str) -> Stat | None:
        """Size and tag."""
        with self._lock:
            content = self._objects.get(key)
        return None if content is None else Stat(key, len(content), hashlib.sha256(content).hexdigest())

    def list(self, prefix: str) -> Iterator[Stat]:
        """Keys that begin with `prefix`."""
        with self._lock:
            keys = [key for key in self._objects if key.startswith(prefix)]
        for key in keys:
            stat = self.stat(key)
            if stat is not None:
                yield stat

    def copy(self, key: str, to: str) -> None:
        """The same bytes under another key."""
        self.write(to, self.read(key))

    def delete(self, key: str) -> None:
        """Forget an object."""
        with self._lock:
            self._objects.pop(key, None)

    def presign_upload(self, key: str, *, until: float, most: int) -> UploadForm:
        """Memory has no address."""
        raise UnsupportedByStore(what=f"uploading {key}, of up to {most} bytes, by URL until {until:.0f}")

    def prepare(self) -> None:
        """Nothing to make."""

    def check(self) -> None:
        """Always there."""

    def close(self) -> None:
        """Nothing to let go of."""
