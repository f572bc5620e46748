"""Trying again, within a budget of seconds: with pauses that grow, or as long as the server asks for.

One try may take all the time that is left, for a long answer is no fault. So what is tried again is
what fails early: connections, 408, 429 and errors of the server.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from worker.reading.engines.openai_http.faults import ServerReply, is_final

_FIRST = 0.5  # seconds of the first pause at most; each further one is twice as long
_LONGEST = 30.0


class Broken(Exception):
    """The connection did not bring an answer."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Time and chance. `clock` only counts seconds, `today` knows the date, `chance` is 0 to 1."""

    clock: Callable[[], float] = time.monotonic
    today: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random


async def persistently(
    send: Callable[[float], Awaitable[ServerReply]],
    *,
    seconds: float,
    pace: Pace,
    final: Callable[[ServerReply], bool] = is_final,
) -> ServerReply:
    """The first answer that is `final`, or the last one; raises Broken if the last try was.

    `send` is told how many seconds are left. Nothing is waited for that would end after them.
    """
    until = pace.clock() + seconds
    tries = 0
    while True:
        outcome = await _tried(send, until - pace.clock())
        asked = outcome.retry_after if isinstance(outcome, ServerReply) else None
        if isinstance(outcome, ServerReply) and final(outcome):
            return outcome
        wait = pause(tries, asked, pace=pace)
        if pace.clock() + wait >= until:
            break
        await pace.sleep(wait)
        tries += 1
    if isinstance(outcome, Broken):
        raise outcome
    return outcome


async def _tried(send: Callable[[float], Awaitable[ServerReply]], left: float) -> ServerReply | Broken:
    try:
        return await send(max(left, 0.0))
    except Broken as error:
        return error


def pause(tries: int, retry_after: str | None, *, pace: Pace) -> float:
    """Seconds to wait after a try that failed; `tries` is how many there were before it."""
    asked = _asked(retry_after, pace)
    if asked is not None:
        return asked
    return min(_LONGEST, _FIRST * 2.0 ** min(tries, 10)) * (0.5 + 0.5 * pace.chance())


def _asked(retry_after: str | None, pace: Pace) -> float | None:
    """What a Retry-After header asks for: seconds, or a date; None when it is neither."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        seconds = _until(retry_after, pace)
    return None if math.isnan(seconds) else max(seconds, 0.0)


def _until(date: str, pace: Pace) -> float:
    try:
        found = parsedate_to_datetime(date)
    except ValueError:
        return math.nan
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() - pace.today()
