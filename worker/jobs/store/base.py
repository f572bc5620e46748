"""The contract of a store: objects by key, each written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

CHUNK = 1 << 20
"""Bytes that are moved at a time."""


@dataclass(frozen=True, slots=True)
class Stat:
    """An object: its key, its size in bytes, and a tag that changes with its content."""

    key: str
    size: int
    tag: str


@dataclass(frozen=True, slots=True)
class UploadForm:
    """Where to POST a file as `multipart/form-data`: these fields first, the file last, as `file`."""

    url: str
    fields: Mapping[str, str]


class Store(Protocol):
    """Objects by key. Keys are relative POSIX paths.

    Every method raises StorageUnavailable when the store cannot be reached or refuses the
    credentials, after retrying with backoff; the ones that read raise ObjectMissing.
    """

    def create(self, key: str, data: bytes | BinaryIO, *, size: int | None = None) -> bool:
        """Write an object that is not there yet; False when it is (the first writer wins).

        `data` is bytes, or a seekable stream of `size` bytes.
        """
        ...

    def write(self, key: str, data: bytes) -> None:
        """Write an object, whether or not it is there."""
        ...

    def read(self, key: str) -> bytes:
        """A small object, whole."""
        ...

    def open(self, key: str) -> AbstractContextManager[Iterator[bytes]]:
        """An object in pieces."""
        ...

    def fetch(self, key: str, path: Path) -> None:
        """An object as a file, at `path` only when it is complete."""
        ...

    def stat(self, key: str) -> Stat | None:
        """What is known of an object; None when there is none."""
        ...

    def list(self, prefix: str) -> Iterator[Stat]:
        """Every object whose key begins with `prefix`, in no particular order."""
        ...

    def copy(self, key: str, to: str) -> None:
        """Write an object again under another key, without its bytes leaving the store."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; nothing happens when there is none."""
        ...

    def presign_upload(self, key: str, *, until: float, most: int) -> UploadForm:
        """A form with which anyone may send this object, of 1 to `most` bytes, until then.

        `until` is in seconds since 1970, by whatever clock the caller goes. Raises UnsupportedByStore.
        """
        ...

    def prepare(self) -> None:
        """Make the bucket or folder where it is missing."""
        ...

    def check(self) -> None:
        """Raise StorageUnavailable when the store is not there to be written to."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


def spool(pieces: Iterator[bytes], path: Path) -> None:
    """Write pieces to a file that gets its name only once it is complete."""
    partial = path.with_name(path.name + ".part")
    with partial.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    partial.replace(path)
