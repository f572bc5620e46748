"""Answers that cost something, made at most so often however many ask."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Fresh(Generic[_Value]):
    """A value that is made anew when it is older than some seconds; one thread makes it, others wait.

    Making it takes no more than a `share` of the time: what has become slow is made less often. What takes
    less than `cheap` seconds is made each time.
    """

    def __init__(
        self,
        make: Callable[[], _Value],
        *,
        seconds: float,
        share: float = 1.0,
        cheap: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make = make
        self._clock = clock
        self._seconds = seconds
        self._share = share
        self._cheap = cheap
        self._lock = threading.Lock()
        self._made: tuple[float, _Value] | None = None  # until when it is fresh enough

    def get(self) -> _Value:
        """The value; raises what making it raises, each time anew."""
        with self._lock:
            began = self._clock()
            if self._made is None or began > self._made[0]:
                value = self._make()
                took = self._clock() - began
                keeps = max(self._seconds, took / self._share) if took >= self._cheap else 0.0
                self._made = (began + keeps, value)
            return self._made[1]


class FreshOfEach(Generic[_Key, _Value]):
    """The same for values that have keys, of which those asked for last are kept."""

    def __init__(
        self, make: Callable[[_Key], _Value], *, share: float, cheap: float, most: int = 1000
    ) -> None:
        self._make = make
        self._share = share
        self._cheap = cheap
        self._most = most
        self._lock = threading.Lock()
        self._values: OrderedDict[_Key, Fresh[_Value]] = OrderedDict()

    def get(self, key: _Key) -> _Value:
        """The value of a key; raises what making it raises."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                found = Fresh(lambda: self._make(key), seconds=0, share=self._share, cheap=self._cheap)
                self._values[key] = found
            self._values.move_to_end(key)
            if len(self._values) > self._most:
                self._values.popitem(last=False)
        return found.get()
