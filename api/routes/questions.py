"""Questions about a document: POST /v1/jobs/{id}/ask."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from api.auth import AppDep, Submitter
from api.intake import require_json
from api.problems import responses
from api.routes.named_job import JobId, find_job
from api.store_threads import in_store_thread
from api.views import JobView
from schemas.question import MOST_SIGNS
from worker.errors import NotFound, ObjectMissing, RequestInvalid
from worker.jobs import ask, catalogue
from worker.jobs.ask import QuestionOrder

router = APIRouter(prefix="/v1/jobs", tags=["questions"])
_KNOWN = {200: {"model": JobView, "description": "It was asked before"}}
_ID = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class QuestionRequest(BaseModel):
    """A question, the form of its answer, and what it follows."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(min_length=1, max_length=MOST_SIGNS, examples=["When is it due?"])
    schema_: dict[str, Any] | None = Field(
        None, alias="schema", description="JSON Schema of the answer; else it is in words, with quotes."
    )
    after: _ID | None = Field(None, description="Job of the question that this one follows.")
    engine: str | None = Field(None, description="Engine that answers; else the one that read it.")


@router.post(
    "/{job_id}/ask", status_code=202, response_model=JobView, responses=responses(404, 409, 410, more=_KNOWN)
)
async def ask_job(
    job_id: JobId, asked: QuestionRequest, response: Response, app: AppDep, principal: Submitter
) -> JobView:
    """Ask something about a job's document. The answer is the record of the job that this makes."""
    job = await run_in_threadpool(find_job, app, job_id, principal.project)
    before = None
    if asked.after is not None:
        before = await run_in_threadpool(find_job, app, asked.after, principal.project)
    if not asked.question.strip():
        raise RequestInvalid(detail="the question is empty")
    if asked.engine is not None:
        catalogue.entry(asked.engine)
    text, schema = require_json([asked.question, asked.schema_])
    order = QuestionOrder(text, schema, before, asked.engine)
    try:
        made, new = await in_store_thread(ask.ask, app, job, order, actor=principal.actor)
    except ObjectMissing as error:
        raise NotFound(what="document of this job: it was erased") from error
    response.status_code = 202 if new else 200
    return JobView.of(made)
