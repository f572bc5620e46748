"""Temporary folders that name the process they belong to, so that those of killed ones are removed."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path


class OwnedFolder:
    """A folder of this process, for nobody else to read, gone when it is closed or the process ends.

    What a process left behind that was killed goes when the next one makes a folder with the same prefix.
    """

    def __init__(self, prefix: str) -> None:
        _remove_left_behind(prefix)
        self._folder = tempfile.TemporaryDirectory(prefix=f"{prefix}{os.getpid()}-")

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self._folder.name)

    def close(self) -> None:
        """Remove it with all that is in it."""
        self._folder.cleanup()


def _remove_left_behind(prefix: str) -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        owner = folder.name.removeprefix(prefix).partition("-")[0]
        if owner.isdigit() and not _lives(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
