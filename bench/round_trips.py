"""Round trips of one job's life, counted where they are made: statements, transactions, objects, messages."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine, event

from worker.jobs.app import App
from worker.jobs.submit import SubmitOptions, submit


def of_a_job(
    app: App, document: bytes, options: SubmitOptions, *, work: Callable[[App], object]
) -> Counter[str]:
    """How often a job needs the ledger (`statements`, `commits`), `store` and `queue`, from submission to end.

    `work` reads the job, with the parts it is given. Where the ledger is a server, a transaction that writes
    begins and ends with a round trip each; on SQLite nothing leaves the process.
    """
    counts: Counter[str] = Counter()
    store: Any = _Watched(app.store, "store", counts)
    broker: Any = _Watched(app.broker, "queue", counts)
    watched = replace(app, store=store, broker=broker)
    with _counted(counts):
        submit(watched, io.BytesIO(document), "a.png", options=options, actor="bench")
        work(watched)
    return counts


class _Watched:
    """A part whose calls are counted."""

    def __init__(self, part: object, name: str, counts: Counter[str]) -> None:
        self._part, self._name, self._counts = part, name, counts

    def __getattr__(self, name: str) -> Any:
        self._counts[self._name] += 1
        return getattr(self._part, name)


@contextmanager
def _counted(counts: Counter[str]) -> Iterator[None]:
    """What the ledgers of this process are asked for as long as the block runs."""

    def statement(*about: Any) -> None:
        counts["statements"] += not about[2].startswith(("BEGIN", "PRAGMA"))  # SQLite's, within the process

    def commit(connection: Any) -> None:
        counts["commits"] += "writes" in connection.get_execution_options()  # reading has nothing to commit

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", commit)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", statement)
        event.remove(Engine, "commit", commit)
