"""How many jobs are in each state: what the chips of a list say."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import AppDep, ReaderOf
from api.problems import responses
from api.views import CountsView, seconds_of
from schemas.job import JobState
from worker.jobs.ledger.lists import Filter

router = APIRouter(prefix="/v1/counts", tags=["jobs"])


@router.get("", responses=responses())
def count_jobs(
    app: AppDep,
    principal: ReaderOf,
    kind: Annotated[str | None, Query(max_length=64)] = None,
    batch: Annotated[str | None, Query(max_length=128)] = None,
    since: Annotated[datetime | None, Query(description="Those that came then or later")] = None,
    q: Annotated[str | None, Query(max_length=100, description="In names of files and in values")] = None,
) -> CountsView:
    """How many jobs of the project are in each state, all states named."""
    wanted = Filter(principal.project, kind=kind, batch=batch, since=seconds_of(since), text=q)
    found = app.ledger.lists.counts(wanted)
    return CountsView(states={state: found.get(state, 0) for state in JobState})
