"""Regular expressions of users, within a time limit: one can take longer than anybody lives."""

from __future__ import annotations

import time
from collections.abc import Iterator

import regex

_SECONDS = 0.5  # for all the matches in one text

Broken = regex.error
"""Raised for what is no regular expression."""


class Pattern:
    """A compiled expression. What it has not found in time counts as not there."""

    def __init__(self, expression: str, *, ignore_case: bool = False) -> None:
        self._compiled = regex.compile(expression, regex.IGNORECASE if ignore_case else 0)

    def search(self, text: str) -> regex.Match[str] | None:
        """The first match."""
        return next(self.finditer(text), None)

    def finditer(self, text: str) -> Iterator[regex.Match[str]]:
        """Every match, as long as the time lasts."""
        until = time.monotonic() + _SECONDS
        matches = self._compiled.finditer(text, timeout=_SECONDS)
        while time.monotonic() < until:
            try:
                yield next(matches)
            except (StopIteration, TimeoutError):
                return


def found(expression: str, text: str) -> bool:
    """Whether an expression matches anywhere; raises Broken, TimeoutError."""
    return regex.search(expression, text, timeout=_SECONDS) is not None
