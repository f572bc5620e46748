"""The engines there are, as far as those who do not run them need to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from worker.errors import RequestInvalid


@dataclass(frozen=True, slots=True)
class Entry:
    """An engine: the queue its workers serve, and the model it reads with (empty: that of PAGEMILL_MODEL)."""

    queue: str
    model: str = ""


ENGINES: Mapping[str, Entry] = MappingProxyType(
    {
        "embedded": Entry(queue="cpu", model="PP-OCRv6-small"),
        "transformers": Entry(queue="gpu"),
        "cogvlm2": Entry(queue="gpu"),
        "sail_vl2": Entry(queue="gpu"),
        "openai": Entry(queue="cpu"),
        "fake": Entry(queue="cpu"),
    }
)


def entry(name: str) -> Entry:
    """An engine by name; raises RequestInvalid."""
    try:
        return ENGINES[name]
    except KeyError:
        raise RequestInvalid(
            detail=f"no engine is called {name!r}; there are: {', '.join(ENGINES)}"
        ) from None
