"""Which job is next: projects take turns, and a worker gets what its models can read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select, text, true

from worker.jobs.ledger.tables import jobs

# The next job of every project with something waiting, each found by one step into the index; the
# project that was served longest ago comes first. (The loose index scan of the PostgreSQL wiki.)
_NEXT_IN_TURN = """
    WITH RECURSIVE waiting(project) AS (
        SELECT min(project) FROM jobs WHERE state = 'queued' AND queue = :queue
        UNION ALL
        SELECT (SELECT min(project) FROM jobs
                WHERE state = 'queued' AND queue = :queue AND project > waiting.project)
        FROM waiting WHERE waiting.project IS NOT NULL)
    SELECT waiting.project, (
        SELECT id FROM jobs
        WHERE state = 'queued' AND queue = :queue AND project = waiting.project AND due_at <= :now {served}
        ORDER BY priority DESC, created_at LIMIT 1 {skip_locked})
    FROM waiting LEFT JOIN projects ON projects.name = waiting.project
    WHERE waiting.project IS NOT NULL
    ORDER BY CASE WHEN projects.turn <= :now THEN projects.turn ELSE 0 END
"""


_SERVED = "AND (model IS NULL OR model IN :models)"


@dataclass(frozen=True, slots=True)
class Claimant:
    """A worker that asks for a job, and the models whose jobs it takes; None is all of them."""

    worker: str | None = None
    models: Collection[str] | None = None


ANYONE = Claimant()


class NextInTurn:
    """The question as a database understands it."""

    def __init__(self, skip_locked: str) -> None:
        self._of_any = text(_NEXT_IN_TURN.format(skip_locked=skip_locked, served=""))
        self._of_some = text(_NEXT_IN_TURN.format(skip_locked=skip_locked, served=_SERVED)).bindparams(
            bindparam("models", expanding=True)
        )

    def find(
        self, connection: Connection, queue: str, *, now: float, models: Collection[str] | None
    ) -> Sequence[tuple[str, str | None]]:
        """The projects that wait in a queue, and of each its next job, None where it is not due."""
        question = self._of_any if models is None else self._of_some
        given: dict[str, Any] = {"queue": queue, "now": now}
        if models is not None:
            given["models"] = sorted(models)
        return [(row[0], row[1]) for row in connection.execute(question, given)]


def due(connection: Connection, queue: str, *, now: float, models: Collection[str] | None, limit: int) -> int:
    """How many jobs of a queue could be taken at once by workers with these models, counted up to a limit."""
    served = or_(jobs.c.model.is_(None), jobs.c.model.in_(models)) if models is not None else true()
    waiting = and_(text("state = 'queued'"), jobs.c.queue == queue, jobs.c.due_at <= now, served)
    some = select(jobs.c.id).where(waiting).limit(limit).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()
