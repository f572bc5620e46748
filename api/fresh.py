"""Answers that cost something, made at most so often however many ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class Fresh(Generic[_Value]):
    """A value that is made anew when it is older than some seconds; one thread makes it, others wait.

    Making it takes no more than a `share` of the time: what has become slow is made less often.
    """

    def __init__(
        self,
        make: Callable[[], _Value],
        *,
        seconds: float,
        share: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make = make
        self._clock = clock
        self._seconds = seconds
        self._share = share
        self._lock = threading.Lock()
        self._made: tuple[float, _Value] | None = None  # until when it is fresh enough

    def get(self) -> _Value:
        """The value; raises what making it raises, each time anew."""
        with self._lock:
            began = self._clock()
            if self._made is None or began > self._made[0]:
                value = self._make()
                took = self._clock() - began
                self._made = (began + max(self._seconds, took / self._share), value)
            return self._made[1]
