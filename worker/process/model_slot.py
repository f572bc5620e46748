"""A slot for one model at a time: those who read with the same one share it, the others wait their turn."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK = 1.0  # seconds between two looks whether waiting is still wanted


class ModelSlot:
    """First come, first in; whoever wants the model that is inside comes in beside those who read with it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside: Counter[str] = Counter()
        self._waiting: list[object] = []

    @contextmanager
    def enter(self, name: str, *, while_waiting: Callable[[], None]) -> Iterator[None]:
        """Be inside with a model. `while_waiting` is called about once a second; it may end the wait."""
        place = object()
        with self._changed:
            self._waiting.append(place)
            try:
                while self._waiting[0] is not place or not self._is_free_for(name):
                    self._changed.wait(timeout=_LOOK)
                    while_waiting()
                self._inside[name] += 1
            finally:
                self._waiting.remove(place)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._inside[name] -= 1
                self._changed.notify_all()

    def _is_free_for(self, name: str) -> bool:
        return not any(count for other, count in self._inside.items() if other != name)
