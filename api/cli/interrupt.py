"""Ctrl-C, also where a library swallows it, as some do while they are loaded."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def heeded() -> Iterator[Callable[[], None]]:
    """Yields a function, to be called now and then, that raises KeyboardInterrupt if Ctrl-C was pressed."""
    pressed = threading.Event()

    def press(_number: int, _frame: FrameType | None) -> None:
        pressed.set()
        raise KeyboardInterrupt

    def require() -> None:
        if pressed.is_set():
            raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:  # a shell lets what runs in the background ignore it
        signal.signal(signal.SIGINT, press)
    try:
        yield require
    finally:
        signal.signal(signal.SIGINT, before)
