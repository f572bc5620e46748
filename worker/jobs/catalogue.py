"""The engines there are, as far as those who do not run them need to know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from schemas import extensions
from worker.errors import RequestInvalid
from worker.settings import Settings


class EngineFacts(Protocol):
    """What an engine's entry point tells (`worker/reading/engines/registry.py` says more)."""

    @property
    def queue(self) -> str:
        """Where its jobs wait."""
        ...

    @property
    def model(self) -> str:
        """The model it always reads with; empty: that of PAGEMILL_MODEL."""
        ...


def entry(name: str) -> EngineFacts:
    """An engine by name; raises RequestInvalid."""
    try:
        found: EngineFacts = extensions.load("engines", name)
    except KeyError:
        known = ", ".join(extensions.names("engines"))
        raise RequestInvalid(detail=f"no engine is called {name!r}; there are: {known}") from None
    except extensions.ExtensionBroken as error:
        raise RequestInvalid(detail=str(error)) from error
    return found


def queues() -> frozenset[str]:
    """Where jobs may wait, for all engines that load."""
    return frozenset(found.queue for found in _entries())


def models_served(settings: Settings) -> frozenset[str]:
    """The models of jobs that a worker set to these may read: those that come with engines, and its own."""
    return frozenset({*settings.model_keys_served, *(found.model for found in _entries())} - {""})


def _entries() -> Iterator[EngineFacts]:
    for name in extensions.names("engines"):
        try:
            yield entry(name)
        except RequestInvalid:  # another package's, and broken: whoever asks for it is told
            continue
