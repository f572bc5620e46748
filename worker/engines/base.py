"""The contract of an engine: pages and a schema in, data with evidence out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from schemas.page import Line
from schemas.record import Evidence, Issue
from schemas.registry import Schema
from worker.raster.base import Page


@dataclass(frozen=True, slots=True)
class Request:
    """One document to read. `pages` may be drawn as they are asked for and is read once."""

    schema: Schema
    pages: Iterable[Page]


@dataclass(frozen=True, slots=True)
class Reply:
    """What an engine made of a request.

    `data` follows the schema, null where nothing was found; `evidence` is keyed by JSON Pointer
    and may be empty for engines that cannot point at the page; `lines` are the lines of each page
    by number, for those engines' values to be found in; `issues` say what could not be done.
    """

    data: dict[str, Any]
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    lines: Mapping[int, tuple[Line, ...]] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    tokens: Mapping[str, int] = field(default_factory=dict)


class Engine(Protocol):
    """Reads documents; batch first, one is a batch of one. One engine per process.

    `read` may be called from several threads; an engine that reads one batch at a time lets them wait.
    """

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def model(self) -> str | None:
        """The model that reads, as its makers call it."""
        ...

    @property
    def revision(self) -> str | None:
        """Which version of the model, where it has any."""
        ...

    def warm_up(self) -> None:
        """Load everything that the first document would otherwise wait for."""
        ...

    def read(self, requests: Sequence[Request]) -> Sequence[Reply]:
        """Read each request; raises EngineError when a whole batch cannot be read."""
        ...

    def close(self) -> None:
        """Free what the engine holds."""
        ...
