"""Logs: one event a line on stderr, JSON or text, with the job and page at hand bound to it.

Events have fixed names; what varies stands in fields. Values of documents are never logged.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

_NOISY = (
    "alembic",
    "celery.app.trace",
    "celery.worker.strategy",
    "httpcore",
    "httpx",
    "kombu",
    "urllib3",
    "watchfiles",
)


def configure(*, level: str, form: str, process: str) -> None:
    """Send the logs of this process, and of the libraries in it, to stderr."""

    def name_process(_logger: object, _method: str, event: EventDict) -> EventDict:
        return {"process": process, **event}

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        name_process,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    wrap = structlog.stdlib.ProcessorFormatter.wrap_for_formatter
    structlog.configure(
        processors=[*shared, wrap],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove, renderer])
    )
    logging.captureWarnings(capture=True)
    logging.basicConfig(level=_number(level), handlers=[handler], force=True)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def logger(name: str) -> FilteringBoundLogger:
    """The logger of a module."""
    return cast("FilteringBoundLogger", structlog.stdlib.get_logger(name))


@contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Add fields to every event inside."""
    with structlog.contextvars.bound_contextvars(**fields):
        yield


def at_page(number: int) -> None:
    """Let the events of this thread name the page at hand, until what bound `page` ends."""
    structlog.contextvars.bind_contextvars(page=number)


def _number(level: str) -> int:
    return logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
