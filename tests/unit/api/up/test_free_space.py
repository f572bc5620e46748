"""A disk that was full, for the store that looks at it too seldom."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.up.free_space import FreeSpace


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """One of a megabyte."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield tmp_path
    subprocess.run(["umount", "-l", tmp_path], check=True)


def test_room_that_is_back_is_told_once_and_not_again_soon(disk: Path) -> None:
    room = FreeSpace(disk)
    filler = disk / "filler"
    told = []
    for _ in range(2):
        told.append(room.is_back())
        filler.write_bytes(bytes(2**20))
        told.append(room.is_back())
        filler.unlink()
        told += [room.is_back(), room.is_back()]
    assert told == [False, False, True, False, False, False, False, False]
