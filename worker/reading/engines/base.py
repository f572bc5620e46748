"""The contract of an engine: pages and a schema in, data with evidence out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

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
class Reading:
    """What an engine made of a request.

    `data` follows the schema, null where nothing was found; `evidence` tells of each value that is not
    null, by JSON Pointer, how sure it is and where it stands; `has_text` whether any page had text that
    could have been read; `issues` say what could not be done, `notes` what was done otherwise than usual.
    """

    data: dict[str, Any]
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    has_text: bool = False
    issues: tuple[Issue, ...] = ()
    tokens: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Engine(Protocol):
    """Reads documents, one for each call of `read`. One engine per process.

    How a model is run (loaded, its tokens counted, its rows cancelled) is the contract of `Generator` in
    `engines/vision/base.py`.

    `read` may be called from several threads: whether they share batches, or wait, is the engine's affair.
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

    def read(self, request: Request) -> Reading:
        """Read a document; raises EngineError, and what the request's context raises."""
        ...

    def close(self) -> None:
        """Free what the engine holds."""
        ...
