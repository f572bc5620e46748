"""An inbox in the bucket: `inbox/<kind>/…`, with `outbox/`, `done/` and `failed/` beside it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from api.watch.base import SCHEMA, Drop, beside, is_document
from worker.errors import ObjectMissing, RequestInvalid
from worker.jobs import object_keys
from worker.jobs.store.base import Store
from worker.log import logger

_log = logger(__name__)


class BucketInbox:
    """The keys under `inbox/`. Objects appear whole, so all that is listed is complete."""

    def __init__(self, store: Store, *, pause: float) -> None:
        self.pause = pause
        self._store = store

    def drops(self) -> Iterator[Drop]:
        """Objects that wait."""
        for found in self._store.list(object_keys.INBOX):
            path = found.key.removeprefix(object_keys.INBOX)
            if PurePosixPath(path).as_posix() == path and is_document(PurePosixPath(path)):
                yield Drop(path, found.tag, found.size)

    def unsettled(self) -> bool:
        """Never: objects appear whole."""
        return False

    def schema(self, kind: str) -> Any | None:
        """`inbox/<kind>/schema.json`."""
        try:
            return json.loads(self._store.read(f"{object_keys.INBOX}{kind}/{SCHEMA}"))
        except ObjectMissing:
            return None
        except (ValueError, RecursionError) as error:
            raise RequestInvalid(detail=f"{kind}/{SCHEMA} is not JSON") from error

    @contextmanager
    def open(self, drop: Drop) -> Iterator[BinaryIO]:
        """A copy of the object on disk."""
        with tempfile.TemporaryDirectory(prefix="pagemill-") as folder:
            path = Path(folder) / "drop"
            self._store.fetch(object_keys.INBOX + drop.path, path)
            with path.open("rb") as file:
                yield file

    def deliver(self, drop: Drop, record: bytes) -> None:
        """Into the outbox."""
        self._store.write(f"{object_keys.OUTBOX}{beside(PurePosixPath(drop.path), '.json')}", record)

    def settle(self, drop: Drop) -> None:
        """To `done/`."""
        self._move(drop, object_keys.DONE)

    def refuse(self, drop: Drop, reason: str) -> None:
        """To `failed/`."""
        target = self._move(drop, object_keys.FAILED)
        if target is not None:
            text = reason.encode("utf-8", "replace") + b"\n"
            self._store.write(str(beside(PurePosixPath(target), ".txt")), text)

    def _move(self, drop: Drop, where: str) -> str | None:
        """Copy, then delete, if it is still what was read; the key it has now."""
        key = object_keys.INBOX + drop.path
        if not self._is_same(drop):
            return None
        target = self._free(where + drop.path)
        self._store.copy(key, target)
        if not self._is_same(drop):  # somebody wrote anew while we copied
            self._store.delete(target)
            return None
        self._store.delete(key)
        return target

    def _is_same(self, drop: Drop) -> bool:
        found = self._store.stat(object_keys.INBOX + drop.path)
        if found is not None and found.tag == drop.mark:
            return True
        _log.info("drop_changed", path=drop.path)
        return False

    def _free(self, key: str) -> str:
        """The key, or where it is taken, the same with a number."""
        number, path = 1, PurePosixPath(key)
        while self._store.stat(str(path)) is not None:
            number += 1
            path = PurePosixPath(key).with_name(f"{PurePosixPath(key).stem}-{number}{path.suffix}")
        return str(path)
