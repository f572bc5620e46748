"""When a disk that was full has room again: the store that `up` brings along would notice a minute later.

SeaweedFS looks at the free space once a minute, and lets nobody write from a look that found too little until
the next. Started anew it looks at once.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

_TOO_LITTLE = 0.01  # of the disk: what SeaweedFS keeps free
_LOOKS_ITSELF = 60.0  # seconds


class FreeSpace:
    """The free space of the disk that a folder is on, looked at again and again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._was_full = False
        self._told_at = -_LOOKS_ITSELF

    def is_back(self) -> bool:
        """Whether there is room, and was none: said once, and once a minute where it comes and goes."""
        if _free(self._folder) < _TOO_LITTLE:
            self._was_full = True
            return False
        now = time.monotonic()
        if not self._was_full or now - self._told_at < _LOOKS_ITSELF:
            return False
        self._was_full, self._told_at = False, now
        return True


def _free(folder: Path) -> float:
    disk = os.statvfs(folder)
    return disk.f_bavail / max(1, disk.f_blocks)
