"""How many jobs are in each state: what the chips of a list say."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.auth import ReaderOf
from api.fresh import FreshOfEach
from api.problems import responses
from api.views import CountsView, moment, seconds_of
from schemas.job import JobState
from worker.jobs.app import App
from worker.jobs.ledger.lists import Filter

router = APIRouter(prefix="/v1/counts", tags=["jobs"])
_SHARE = 0.05  # of the time, for counting the same jobs; with a million of them it takes a third of a second
_CHEAP = 0.05  # seconds

Counted = FreshOfEach[Filter, CountsView]


@router.get("", responses=responses())
def count_jobs(
    request: Request,
    principal: ReaderOf,
    kind: Annotated[str | None, Query(max_length=64)] = None,
    batch: Annotated[str | None, Query(max_length=128)] = None,
    since: Annotated[datetime | None, Query(description="Those that came then or later")] = None,
    q: Annotated[str | None, Query(max_length=100, description="In names of files and in values")] = None,
) -> CountsView:
    """How many jobs of the project are in each state, all states named."""
    wanted = Filter(principal.project, kind=kind, batch=batch, since=seconds_of(since), text=q)
    counted: Counted = request.app.state.counted
    return counted.get(wanted)


def counted(app: App) -> Counted:
    """How many jobs are in each state; what takes long is counted less often."""

    def count(wanted: Filter) -> CountsView:
        at, found = app.clock(), app.ledger.lists.counts(wanted)
        return CountsView(states={state: found.get(state, 0) for state in JobState}, at=moment(at))

    return FreshOfEach(count, share=_SHARE, cheap=_CHEAP)
