"""Changes of jobs as server-sent events, looked for once per project and process however many listen."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi.concurrency import run_in_threadpool

from api.views import JobView
from schemas.job import Job
from worker.errors import PagemillError
from worker.jobs.app import App

_LOOK_EVERY = 0.5
_OVERLAP = 2.0  # seconds looked back: commits overtake each other
_REMEMBERED = 10_000
_BEHIND = 1000  # changes that a listener may have before it


@dataclass(frozen=True, slots=True)
class JobChange:
    """How a job stood at a time (seconds since 1970), and the event that says so."""

    job_id: str
    at: float
    event: str

    @classmethod
    def of(cls, job: Job) -> JobChange:
        """The last one of a job."""
        event = f"id: {job.updated_at!r}\nevent: job\ndata: {JobView.of(job).model_dump_json()}\n\n"
        return cls(job.id, job.updated_at, event)


class SeenChanges:
    """Which changes were told already, as far back as anybody looks."""

    def __init__(self) -> None:
        self._marks: OrderedDict[tuple[str, float], None] = OrderedDict()

    def news(self, changes: Iterable[JobChange]) -> Iterator[JobChange]:
        """Those that were not told yet."""
        for change in changes:
            mark = (change.job_id, change.at)
            if mark not in self._marks:
                self._marks[mark] = None
                yield change
            if len(self._marks) > _REMEMBERED:
                self._marks.popitem(last=False)


class Listener:
    """Somebody who is told of changes; who does not keep up is given up, and may come again."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[JobChange] = asyncio.Queue(_BEHIND)
        self.is_over = False

    def tell(self, change: JobChange) -> None:
        """Put it behind the others that wait."""
        try:
            self._waiting.put_nowait(change)
        except asyncio.QueueFull:
            self.is_over = True

    async def next(self, seconds: float) -> JobChange | None:
        """The next change, or None where none comes in time."""
        try:
            async with asyncio.timeout(seconds):
                return await self._waiting.get()
        except TimeoutError:
            return None


class _Stream:
    """The changes of one project, from a time on, for all who listen."""

    def __init__(self, app: App, project: str, since: float) -> None:
        self.listeners: set[Listener] = set()
        self.task = asyncio.create_task(self._look(app, project, since))

    async def _look(self, app: App, project: str, since: float) -> None:
        told = SeenChanges()
        try:
            while True:
                found = await run_in_threadpool(_changes, app, project, since - _OVERLAP)
                for change in told.news(found):
                    since = max(since, change.at)
                    for listener in self.listeners:
                        listener.tell(change)
                await asyncio.sleep(_LOOK_EVERY)
        finally:
            for listener in self.listeners:
                listener.is_over = True


class EventStreams:
    """The streams that somebody listens to."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._streams: dict[str, _Stream] = {}

    @asynccontextmanager
    async def listening(self, project: str, now: float) -> AsyncIterator[Listener]:
        """A listener that is told of each change of the project from now on, and some before it."""
        stream = self._streams.get(project)
        if stream is None or stream.task.done():
            stream = self._streams[project] = _Stream(self._app, project, now)
        listener = Listener()
        stream.listeners.add(listener)
        try:
            yield listener
        finally:
            stream.listeners.discard(listener)
            if not stream.listeners:
                stream.task.cancel()
                if self._streams.get(project) is stream:
                    del self._streams[project]

    async def since(self, project: str, moment: float) -> Sequence[JobChange]:
        """What changed after a time, or shortly before it."""
        return await run_in_threadpool(_changes, self._app, project, moment - _OVERLAP)


def _changes(app: App, project: str, after: float) -> list[JobChange]:
    """Every change since a time; none while the ledger is away, so that streams live on."""
    found: list[JobChange] = []
    cursor = (after, "")
    try:
        while page := app.ledger.lists.changes(project, after=cursor):
            found.extend(map(JobChange.of, page))
            cursor = (page[-1].updated_at, page[-1].id)
    except PagemillError:
        return found
    return found
