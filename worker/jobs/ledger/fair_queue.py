"""Which job is next: projects take turns, and a worker gets what its models can read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select, text, true

from worker.jobs.ledger.tables import jobs

# The next job of projects with something waiting, after one by name and up to another, each found by one
# step into the index. (The loose index scan of the PostgreSQL wiki.)
_NEXT_OF_EACH = """
    WITH RECURSIVE waiting(project, number) AS (
        SELECT min(project), 1 FROM jobs WHERE state = 'queued' AND queue = :queue AND project > :after
        UNION ALL
        SELECT (SELECT min(project) FROM jobs
                WHERE state = 'queued' AND queue = :queue AND project > waiting.project), number + 1
        FROM waiting WHERE waiting.project IS NOT NULL AND number < :most)
    SELECT waiting.project, (
        SELECT id FROM jobs
        WHERE state = 'queued' AND queue = :queue AND project = waiting.project AND due_at <= :now {served}
        ORDER BY priority DESC, created_at LIMIT 1 {skip_locked}),
        CASE WHEN projects.turn <= :now THEN projects.turn ELSE 0 END
    FROM waiting LEFT JOIN projects ON projects.name = waiting.project
    WHERE waiting.project IS NOT NULL
        AND (CAST(:until AS VARCHAR(64)) IS NULL OR waiting.project <= :until)
    ORDER BY waiting.number
"""
_AT_ONCE = 64  # projects; with more the price of a claim would grow
_SERVED = "AND (model IS NULL OR model IN :models)"


@dataclass(frozen=True, slots=True)
class Claimant:
    """A worker that asks for a job, and the models whose jobs it takes; None is all of them."""

    worker: str | None = None
    models: Collection[str] | None = None


ANYONE = Claimant()


@dataclass(frozen=True, slots=True)
class WaitingProject:
    """A project that waits, its next job (None: not due yet), and when it had its last turn."""

    project: str
    job_id: str | None
    turn: float


class NextInTurn:
    """The question as a database understands it, and how far by name a process has come with it."""

    def __init__(self, skip_locked: str) -> None:
        self._of_any = text(_NEXT_OF_EACH.format(skip_locked=skip_locked, served=""))
        self._of_some = text(_NEXT_OF_EACH.format(skip_locked=skip_locked, served=_SERVED)).bindparams(
            bindparam("models", expanding=True)
        )
        self._come_to: dict[str, str] = {}

    def find(
        self, connection: Connection, queue: str, *, now: float, models: Collection[str] | None
    ) -> Iterator[Sequence[WaitingProject]]:
        """The projects that wait in a queue, so many at once, of these the one served longest ago first.

        They begin where the last call has left off and go round, each project once: where few wait, the first
        ones are all; where many do, each claim sees others.
        """
        given: dict[str, Any] = {"queue": queue, "now": now}
        if models is not None:
            given["models"] = sorted(models)
        question = self._of_any if models is None else self._of_some
        began = self._come_to.get(queue, "")
        ranges: list[tuple[str, str | None]] = [(began, None), ("", began)] if began else [("", None)]
        while ranges:
            found: list[WaitingProject] = []
            while ranges and (most := _AT_ONCE - len(found)):
                after, until = ranges.pop(0)
                part = given | {"after": after, "until": until, "most": most}
                some = [WaitingProject(*row) for row in connection.execute(question, part)]
                if len(some) == most:
                    ranges.insert(0, (some[-1].project, until))
                found += some
            self._come_to[queue] = found[-1].project if ranges else ""
            yield sorted(found, key=lambda waiting: waiting.turn)


def due(connection: Connection, queue: str, *, now: float, models: Collection[str] | None, limit: int) -> int:
    """How many jobs of a queue could be taken at once by workers with these models, counted up to a limit."""
    served = or_(jobs.c.model.is_(None), jobs.c.model.in_(models)) if models is not None else true()
    waiting = and_(text("state = 'queued'"), jobs.c.queue == queue, jobs.c.due_at <= now, served)
    some = select(jobs.c.id).where(waiting).limit(limit).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()
