"""An inbox in the bucket: `inbox/<kind>/…`, with `outbox/`, `done/` and `failed/` beside it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from api.watch.base import SCHEMA, Drop, is_document
from worker.errors import ObjectMissing
from worker.jobs import layout
from worker.log import logger
from worker.refusals import RequestInvalid
from worker.storage.base import Store

_log = logger(__name__)


class BucketInbox:
    """The keys under `inbox/`. Objects appear whole, so all that is listed is complete."""

    def __init__(self, store: Store, *, pause: float) -> None:
        self.pause = pause
        self._store = store

    def drops(self) -> Iterator[Drop]:
        """Objects that wait."""
        for found in self._store.list(layout.INBOX):
            path = found.key.removeprefix(layout.INBOX)
            if PurePosixPath(path).as_posix() == path and is_document(PurePosixPath(path)):
                yield Drop(path, found.tag)

    def unsettled(self) -> bool:
        """Never: objects appear whole."""
        return False

    def schema(self, kind: str) -> Any | None:
        """`inbox/<kind>/schema.json`."""
        try:
            return json.loads(self._store.read(f"{layout.INBOX}{kind}/{SCHEMA}"))
        except ObjectMissing:
            return None
        except ValueError as error:
            raise RequestInvalid(detail=f"{kind}/{SCHEMA} is not JSON") from error

    @contextmanager
    def open(self, drop: Drop) -> Iterator[BinaryIO]:
        """A copy of the object on disk."""
        with tempfile.TemporaryDirectory(prefix="pagemill-") as folder:
            path = Path(folder) / "drop"
            self._store.fetch(layout.INBOX + drop.path, path)
            with path.open("rb") as file:
                yield file

    def deliver(self, drop: Drop, record: bytes) -> None:
        """Into the outbox."""
        self._store.write(f"{layout.OUTBOX}{drop.path}.json", record)

    def settle(self, drop: Drop) -> None:
        """To `done/`."""
        self._move(drop, layout.DONE)

    def refuse(self, drop: Drop, reason: str) -> None:
        """To `failed/`."""
        if self._move(drop, layout.FAILED):
            self._store.write(f"{layout.FAILED}{drop.path}.txt", reason.encode() + b"\n")

    def _move(self, drop: Drop, where: str) -> bool:
        key = layout.INBOX + drop.path
        found = self._store.stat(key)
        if found is None or found.tag != drop.mark:
            _log.info("drop_changed", path=drop.path)
            return False
        self._store.copy(key, where + drop.path)
        self._store.delete(key)
        return True
