"""A lock that lets many in together, or one alone.

A job whose worker died may have killed it. On its next attempts it is read alone, so that when it
kills again, no other job loses an attempt to it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class SharedExclusiveLock:
    """A lock that is shared or exclusive; those who want to be alone go first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._alone = False
        self._wanting = 0

    @contextmanager
    def enter(self, *, alone: bool) -> Iterator[None]:
        """Wait until one may be inside, together with others or alone."""
        (self._enter_alone if alone else self._enter_shared)()
        try:
            yield
        finally:
            with self._changed:
                self._alone = False
                self._inside -= 1
                self._changed.notify_all()

    def await_open(self) -> None:
        """Wait while somebody is inside alone, or wants to be."""
        with self._changed:
            self._changed.wait_for(self._is_open)

    def _is_open(self) -> bool:
        return not self._alone and not self._wanting

    def _enter_shared(self) -> None:
        with self._changed:
            self._changed.wait_for(self._is_open)
            self._inside += 1

    def _enter_alone(self) -> None:
        with self._changed:
            self._wanting += 1
            self._changed.wait_for(lambda: self._inside == 0)
            self._wanting -= 1
            self._alone = True
            self._inside += 1
