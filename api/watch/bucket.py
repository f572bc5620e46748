"""An inbox in the bucket: `inbox/<kind>/…`, with `outbox/`, `done/` and `failed/` beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from api.watch.base import SCHEMA, Drop, beside, is_document, numbered
from worker.errors import ObjectMissing, RequestInvalid
from worker.jobs import object_keys
from worker.jobs.store.base import Store
from worker.log import logger
from worker.owned_folders import OwnedFolder

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
        with closing(OwnedFolder("pagemill-drop-")) as folder:
            path = folder.path / "drop"
            self._store.fetch(object_keys.INBOX + drop.path, path)
            with path.open("rb") as file:
                yield file

    def deliver(self, drop: Drop, record: bytes) -> None:
        """To `outbox/` and `done/`."""
        if self._has_changed(drop):
            return
        original, result = self._free(
            drop, (object_keys.DONE, ""), (object_keys.OUTBOX, ".json"), content=record
        )
        self._store.write(result, record)
        self._move(drop, original)

    def refuse(self, drop: Drop, reason: str) -> None:
        """To `failed/`."""
        text = reason.encode("utf-8", "replace") + b"\n"
        original, why = self._free(drop, (object_keys.FAILED, ""), (object_keys.FAILED, ".txt"), content=text)
        if self._move(drop, original):
            self._store.write(why, text)

    def _move(self, drop: Drop, target: str) -> bool:
        """Copy, then delete, if it is still what was read."""
        key = object_keys.INBOX + drop.path
        if not self._is_same(drop):
            return False
        self._store.copy(key, target)
        if not self._is_same(drop):  # somebody wrote anew while we copied
            self._store.delete(target)
            return False
        self._store.delete(key)
        return True

    def _has_changed(self, drop: Drop) -> bool:
        found = self._store.stat(object_keys.INBOX + drop.path)
        return found is not None and found.tag != drop.mark

    def _is_same(self, drop: Drop) -> bool:
        found = self._store.stat(object_keys.INBOX + drop.path)
        if found is not None and found.tag == drop.mark:
            return True
        _log.info("drop_changed", path=drop.path)
        return False

    def _free(
        self, drop: Drop, original: tuple[str, str], other: tuple[str, str], *, content: bytes
    ) -> tuple[str, str]:
        """Keys for the original and what is written for it, each a folder and a suffix, with one number."""
        for number in count(1):
            path = numbered(PurePosixPath(drop.path), number)
            place, beside_it = (f"{where}{beside(path, suffix)}" for where, suffix in (original, other))
            if self._store.stat(place) is None and self._is_ours(beside_it, content):
                return place, beside_it
        raise AssertionError("numbers have no end")

    def _is_ours(self, key: str, content: bytes) -> bool:
        """Whether a key is free, or holds what a watcher wrote that was killed before it was done."""
        try:
            return self._store.read(key) == content
        except ObjectMissing:
            return True
