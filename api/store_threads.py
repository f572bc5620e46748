"""Threads for what waits for the store, apart from all others: a store that hangs stops only itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import ParamSpec, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter

from worker.errors import StorageUnavailable

_Arguments = ParamSpec("_Arguments")
_Value = TypeVar("_Value")
_AT_ONCE = 32
_WAITING = 64
_limiter = CapacityLimiter(_AT_ONCE)


async def in_store_thread(
    function: Callable[_Arguments, _Value], *args: _Arguments.args, **options: _Arguments.kwargs
) -> _Value:
    """Call a function that uses the store; raises StorageUnavailable where too many wait for it already."""
    if _limiter.statistics().tasks_waiting >= _WAITING:
        raise StorageUnavailable(detail="too many requests wait for it")
    return await anyio.to_thread.run_sync(partial(function, *args, **options), limiter=_limiter)


async def in_store_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """What an iterator gives that uses the store; raises StorageUnavailable as above."""
    while (piece := await in_store_thread(next, pieces, b"")) != b"":
        yield piece
