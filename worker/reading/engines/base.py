"""The contract of an engine: pages and a schema in, data with evidence out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from schemas.page import Line
from schemas.record import Evidence, Issue
from schemas.registry import Schema
from worker.reading.pages.base import Page


@dataclass(frozen=True, slots=True)
class RequestContext:
    """For whom a document is read, and whether it still is.

    `job` is the id that the record bears; without one it is made of what is read and by what.
    `require` raises Cancelled, LeaseLost or Stopped when the reading should not go on; `alive` is
    called whenever a model has made a step, so that a long wait can be told from a hanging GPU.
    """

    job: str | None = None
    project: str = ""
    priority: int = 0
    require: Callable[[], None] = lambda: None
    alive: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Request:
    """One document to read.

    `pages` may be drawn as they are asked for and is gone through once, `count` of them. An engine calls
    `after_page` in the thread that goes through them, once for each that it has read or given up.
    """

    schema: Schema
    pages: Iterable[Page]
    count: int = 1
    context: RequestContext = RequestContext()
    after_page: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Other:
    """Another value that was read for the same place in the data, on another page."""

    value: Any
    page: int
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class TokenEvidence:
    """What a model that cannot point at the page tells of a value.

    `probability` is the geometric mean of those of its tokens, before anything constrained them;
    `allowed` the least probability that the schema left at one of them. None: not told.
    """

    page: int
    probability: float | None = None
    allowed: float | None = None
    others: tuple[Other, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What an engine made of a request.

    `data` follows the schema, null where nothing was found; `evidence` is keyed by JSON Pointer
    and may be empty for engines that cannot point at the page; `lines` are the lines of each page
    by number, for those engines' values to be found in, each page turned `turns[number]` quarters
    counter-clockwise; `token_evidence` is what such an engine tells of its values by JSON Pointer; `issues`
    say what could not be done, `notes` what was done otherwise than usual.
    """

    data: dict[str, Any]
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    lines: Mapping[int, tuple[Line, ...]] = field(default_factory=dict)
    turns: Mapping[int, int] = field(default_factory=dict)
    token_evidence: Mapping[str, TokenEvidence] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    tokens: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Engine(Protocol):
    """Reads documents; batch first, one is a batch of one. One engine per process.

    How a model is run (loaded, its tokens counted, its rows cancelled) is the contract of `Generator` in
    `engines/vision/base.py`.

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

    def read(self, requests: Sequence[Request]) -> Sequence[Reading]:
        """Read each request; raises EngineError when a whole batch cannot be read."""
        ...

    def close(self) -> None:
        """Free what the engine holds."""
        ...
