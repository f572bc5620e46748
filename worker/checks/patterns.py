"""Regular expressions of users, within a time limit: one can take longer than anybody lives."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

import regex

_SECONDS = 0.5  # for all the matches in one text
_until: ContextVar[float] = ContextVar("until", default=float("inf"))  # on the clock that never steps back

Broken = regex.error
"""Raised for what is no regular expression."""

MOST_STEPS = 20_000
"""Steps an expression may be compiled to: 31 characters can ask for a thousand million."""

_VERBOSE = re.compile(r"\(\?[a-zA-Z]*x")
_TOKEN = re.compile(
    r"(?P<skipped>\(\?\#[^)]*\))|(?P<atom>\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\()|(?P<close>\))"
    r"|\{(?P<least>\d*)(?:,(?P<most>\d*))?\}|(?P<rest>.)",
    re.DOTALL,
)


class Pattern:
    """A compiled expression. What it has not found in time counts as not there."""

    def __init__(self, expression: str, *, ignore_case: bool = False) -> None:
        _require_light(expression)
        self._compiled = regex.compile(expression, regex.IGNORECASE if ignore_case else 0)

    def search(self, text: str) -> regex.Match[str] | None:
        """The first match."""
        return next(self.finditer(text), None)

    def finditer(self, text: str) -> Iterator[regex.Match[str]]:
        """Every match, as long as the time lasts."""
        until = min(time.monotonic() + _SECONDS, _until.get())
        matches = self._compiled.finditer(text, timeout=_SECONDS)
        while time.monotonic() < until:
            try:
                yield next(matches)
            except (StopIteration, TimeoutError):
                return


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let all that is looked for inside, by this thread, take so long together."""
    token = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(token)


def found(expression: str, text: str) -> bool:
    """Whether an expression matches anywhere; raises Broken, TimeoutError."""
    _require_light(expression)
    seconds = min(_SECONDS, _until.get() - time.monotonic())
    if seconds <= 0:
        raise TimeoutError("the time for regular expressions is used up")
    return regex.search(expression, text, timeout=seconds) is not None


def steps(expression: str) -> int:
    """About how many steps an expression is compiled to: what is repeated counts as often as it is."""
    totals, last = [0], 0
    for token in _TOKEN.finditer(_without_comments(expression)):
        if token["open"]:
            totals.append(0)
        elif token["close"] and len(totals) > 1:
            last = max(1, totals.pop())
            totals[-1] += last
        elif token["least"] is not None:
            often = max(int(token["least"] or 0), int(token["most"] or 0), 1)
            totals[-1] += last * (often - 1)
            last *= often
        elif token["atom"] or (token["rest"] and not token["rest"].isspace()):
            last = 1
            totals[-1] += last
    return sum(totals)


def _without_comments(expression: str) -> str:
    return re.sub(r"(?<!\\)#.*", "", expression) if _VERBOSE.search(expression) else expression


@lru_cache(maxsize=1024)
def _require_light(expression: str) -> None:
    """Raise Broken for what would take gigabytes to compile."""
    if steps(expression) > MOST_STEPS:
        raise Broken(f"more than {MOST_STEPS} steps")
