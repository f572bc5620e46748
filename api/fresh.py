"""Answers that cost something, made at most so often however many ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class Fresh(Generic[_Value]):
    """A value that is made anew when it is older than some seconds; one thread makes it, others wait."""

    def __init__(self, make: Callable[[], _Value], *, seconds: float) -> None:
        self._make = make
        self._seconds = seconds
        self._lock = threading.Lock()
        self._made: tuple[float, _Value] | None = None

    def get(self) -> _Value:
        """The value; raises what making it raises, each time anew."""
        with self._lock:
            now = time.monotonic()
            if self._made is None or now - self._made[0] > self._seconds:
                self._made = (now, self._make())
            return self._made[1]
