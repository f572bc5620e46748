"""The contract of an inbox, and which names in one are documents."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Protocol

SCHEMA = "schema.json"
"""A kind's folder may hold its own schema under this name."""

_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart", ".swp")
_NOT_DOCUMENTS = frozenset({"thumbs.db", "desktop.ini", "lost+found", "@eadir", "#recycle"})
_LONGEST_NAME = 255  # bytes
_HIDDEN = (".", "~$", "~")


@dataclass(frozen=True, slots=True)
class Drop:
    """Something in an inbox: its path there, kind first, a mark that changes with its content, its bytes."""

    path: str
    mark: str
    size: int

    @property
    def kind(self) -> str | None:
        """The folder it lies in; None when it lies in none."""
        parts = PurePosixPath(self.path).parts
        return parts[0] if len(parts) > 1 else None

    @property
    def name(self) -> str:
        """Its file name."""
        return PurePosixPath(self.path).name


class Inbox(Protocol):
    """Where documents are dropped. Methods raise StorageUnavailable when it is away."""

    @property
    def pause(self) -> float:
        """Seconds between two looks when nothing announces a drop."""
        ...

    def drops(self) -> Iterator[Drop]:
        """What is complete and waits, each time anew until it is settled or refused."""
        ...

    def unsettled(self) -> bool:
        """Whether something is there that is not known to be complete."""
        ...

    def schema(self, kind: str) -> Any | None:
        """The schema a kind's folder holds, as JSON; None where there is none."""
        ...

    def open(self, drop: Drop) -> AbstractContextManager[BinaryIO]:
        """Its bytes, as a seekable file."""
        ...

    def deliver(self, drop: Drop, record: bytes) -> None:
        """Put the record into the outbox, with `.json` behind the path, and move the original to `done`.

        Where another document had the path before, both get the same number: a scanner that counts anew
        overwrites nothing. One that has changed meanwhile stays, and is read again.
        """
        ...

    def refuse(self, drop: Drop, reason: str) -> None:
        """Move the original to `failed` with the reason beside it, unless it has changed meanwhile."""
        ...


def beside(path: PurePosixPath, suffix: str) -> PurePosixPath:
    """The path with a suffix more; a name that would become too long for a file system is shortened."""
    name = path.name + suffix
    if len(os.fsencode(name)) <= _LONGEST_NAME:
        return path.with_name(name)
    mark = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:12]
    short = os.fsencode(path.name)[: _LONGEST_NAME - len(mark) - len(suffix) - 1].decode("utf-8", "ignore")
    return path.with_name(f"{short}-{mark}{suffix}")


def numbered(path: PurePosixPath, number: int) -> PurePosixPath:
    """The path with a number before its suffix; a name that would become too long is shortened."""
    if number == 1:
        return path
    return beside(path.with_name(path.stem), f"-{number}{path.suffix}")


def is_document(path: PurePosixPath) -> bool:
    """Whether a path in an inbox is meant to be read: not hidden, not unfinished, not a schema."""
    if len(path.parts) == 2 and path.name == SCHEMA:
        return False
    for part in path.parts:
        low = part.lower()
        if low.startswith(_HIDDEN) or low.endswith(_UNFINISHED) or low in _NOT_DOCUMENTS or part == "..":
            return False
    return True
