"""Records of chosen jobs as one file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.auth import AppDep, ReaderOf
from api.export.tables import EXPORTED, Format, answer
from api.problems import responses
from worker.errors import NotFound
from worker.jobs import audit
from worker.jobs.ledger.lists import Filter

router = APIRouter(prefix="/v1/exports", tags=["jobs"])
_MOST = 1000


class ExportRequest(BaseModel):
    """Which records are wanted, in which form."""

    model_config = ConfigDict(extra="forbid")

    jobs: list[Annotated[str, Field(pattern="^[0-9a-f]{32}$")]] = Field(min_length=1, max_length=_MOST)
    format: Format = Format.JSONL


@router.post("", response_class=StreamingResponse, responses=responses(404, more=EXPORTED))
def export_jobs(options: ExportRequest, app: AppDep, principal: ReaderOf) -> StreamingResponse:
    """The records of these jobs, failed ones without data: whole as JSON Lines, or a row each."""
    wanted = Filter(principal.project, ids=tuple(options.jobs))
    if not app.ledger.lists.page(wanted, limit=1):
        raise NotFound(what="job with one of these ids")
    subject = f"{len(options.jobs)} jobs"
    audit.note(app, project=principal.project, actor=principal.actor, action="export", subject=subject)
    return answer(app, wanted, options.format, name="pagemill")
