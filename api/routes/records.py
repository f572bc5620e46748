"""Records: read, corrected, reviewed, checked; their history and the schema they keep to."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from api.auth import AppDep, ReaderOf, Reviewer
from api.export import prose
from api.intake import require_json
from api.problems import responses
from api.review_views import CheckRequest, HistoryView, IssuesView, RecordView, ReviewRequest, RevisionView
from api.routes.named_job import PENDING, JobId, find_job, note, pending
from api.store_threads import in_store_thread
from schemas.job import FINISHED, Job, JobState, KindRef
from schemas.review import Revision
from worker.errors import RequestInvalid, WrongState
from worker.jobs import kinds
from worker.jobs.app import App
from worker.jobs.review import revise, stored
from worker.jobs.review.revise import ReviewOrder


class RecordForm(StrEnum):
    """The form of a record: whole, or the text of one of kind `text`."""

    JSON = "json"
    MD = "md"
    TXT = "txt"


router = APIRouter(prefix="/v1/jobs", tags=["records"])
_TEXTS = {media: {"schema": {"type": "string"}} for media in prose.MEDIA.values()}
_UNCHANGED: dict[str, Any] = {"description": "It is at the revision that If-None-Match names"}


@router.get(
    "/{job_id}/record",
    response_model=RecordView,
    responses=responses(404, 409, 410, more={200: {"content": _TEXTS}, 202: PENDING, 304: _UNCHANGED}),
)
async def get_record(
    job_id: JobId,
    app: AppDep,
    principal: ReaderOf,
    revision: Annotated[int | None, Query(ge=0, le=10**6, description="0 is as read")] = None,
    if_none_match: Annotated[str | None, Header(max_length=255)] = None,
    format: Annotated[RecordForm, Query(description="md and txt: of kind text")] = RecordForm.JSON,  # noqa: A002 (its name in the URL)
) -> Response:
    """What was read, with what people said of it laid over it; of a failed job, why.

    As `md` or `txt`, the text alone of a record of kind `text`: Markdown or plain text.
    """
    job = await run_in_threadpool(find_job, app, job_id, principal.project)
    if job.state is JobState.CANCELLED:
        raise WrongState(state=job.state)
    if job.state not in FINISHED:
        return pending(job)
    found = await in_store_thread(_found, app, job, revision)
    tag = _tag(found, format)
    if if_none_match is not None and if_none_match.strip().removeprefix("W/") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    answer = _answer(found) if format is RecordForm.JSON else _text(found, prose.ProseForm(format))
    await run_in_threadpool(note, app, job, "read", principal)
    return answer


@router.put("/{job_id}/record", response_model=RecordView, responses=responses(404, 409, 410, 412))
async def correct_record(
    job_id: JobId,
    data: Annotated[dict[str, Any], Body(description="The whole data, corrected.")],
    app: AppDep,
    principal: Reviewer,
    if_match: Annotated[str | None, Header(max_length=255, description="The ETag of the record")] = None,
) -> Response:
    """Correct the data of a record as a whole, sent alone or in the record. What was read stays beside it."""
    data = data["data"] if "record_version" in data and "data" in data else data
    wanted = _revision(if_match)

    def correct() -> Response:
        find_job(app, job_id, principal.project)
        who = {"project": principal.project, "actor": principal.actor}
        return _answer(revise.correct(app, job_id, require_json(data), **who, if_match=wanted))

    return await in_store_thread(correct)


@router.post("/{job_id}/review", response_model=RecordView, responses=responses(404, 409, 410))
async def review_record(job_id: JobId, review: ReviewRequest, app: AppDep, principal: Reviewer) -> Response:
    """Confirm and change values of a revision, and accept, reject or postpone the document.

    All of it is done, or nothing.
    """
    await run_in_threadpool(find_job, app, job_id, principal.project)
    require_json(review.model_dump())
    order = ReviewOrder(
        review.revision, review.changes, review.decision, review.reason, sign_off=review.sign_off
    )
    made = await in_store_thread(
        revise.review, app, job_id, order, project=principal.project, actor=principal.actor
    )
    return _answer(made)


@router.post("/{job_id}/check", responses=responses(404, 410))
async def check_data(job_id: JobId, check: CheckRequest, app: AppDep, principal: Reviewer) -> IssuesView:
    """What would be wrong with these data by the schema and the rules of the kind; nothing is stored."""
    job = await run_in_threadpool(find_job, app, job_id, principal.project)
    data = require_json(check.data)
    return IssuesView(issues=list(await in_store_thread(revise.check, app, job, data)))


@router.get("/{job_id}/history", responses=responses(404, 410))
async def list_revisions(
    job_id: JobId, app: AppDep, principal: ReaderOf, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> HistoryView:
    """Who changed what and when, the newest revision first."""
    job = await run_in_threadpool(find_job, app, job_id, principal.project)
    found = await in_store_thread(stored.history, app, job, limit=limit)
    return HistoryView(revisions=[RevisionView.of(revision) for revision in found])


@router.get("/{job_id}/schema", responses=responses(404, 410))
async def get_job_schema(job_id: JobId, app: AppDep, principal: ReaderOf) -> dict[str, Any]:
    """The JSON Schema that the record keeps to, in the version that was read by."""
    spec = (await run_in_threadpool(find_job, app, job_id, principal.project)).spec
    ref = KindRef(spec.kind, spec.kind_version, spec.schema_sha256)
    return dict((await in_store_thread(kinds.load, app, spec.project, ref)).json_schema)


def _found(app: App, job: Job, revision: int | None) -> Revision:
    """The record at a revision, or as it stands, which the ledger is told where it does not know it yet."""
    if revision is not None:
        return stored.at_revision(app, job, revision)
    found = stored.newest(app, job)
    revise.tell_ledger(app, job, found)
    return found


def _answer(revision: Revision) -> Response:
    view = RecordView.of(revision).model_dump(mode="json")
    return JSONResponse(view, headers={"ETag": _tag(revision), "Cache-Control": "private, no-cache"})


def _text(revision: Revision, form: prose.ProseForm) -> Response:
    """The text alone; raises RequestInvalid for a record of another kind."""
    text = prose.render(revision.record.data, form)
    headers = {"ETag": _tag(revision, RecordForm(form)), "Cache-Control": "private, no-cache"}
    return Response(text, media_type=prose.MEDIA[form], headers=headers)


def _tag(revision: Revision, form: RecordForm = RecordForm.JSON) -> str:
    return f'"{revision.revision}"' if form is RecordForm.JSON else f'"{revision.revision}-{form}"'


def _revision(if_match: str | None) -> int | None:
    """The revision that If-Match names; None for any. Raises RequestInvalid."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().strip('"')
    if not (text.isascii() and text.isdigit()):
        raise RequestInvalid(detail="If-Match is not the ETag of a record")
    return int(text)
