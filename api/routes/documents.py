"""Documents in: POST /v1/jobs as a form with files or as JSON naming a source, and POST /v1/uploads."""

from __future__ import annotations

import secrets
from pathlib import PurePosixPath
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, Field

from api import intake
from api.auth import AppDep, Submitter
from api.intake import SourceOptions
from api.limits import limited
from api.problems import responses
from api.store_threads import in_store_thread
from api.views import Submitted, UploadTicket, moment
from schemas.job import HIGHEST_PRIORITY
from worker.errors import RequestInvalid, UnsupportedMedia
from worker.jobs import object_keys

router = APIRouter(prefix="/v1", tags=["documents in"])
_FORM, _JSON = "multipart/form-data", "application/json"
_MOST_FILES = 1000
_LONGEST_FIELD = 2**20


class UploadRequest(BaseModel):
    """A file to be sent straight to the store."""

    filename: str = Field(min_length=1, max_length=255, examples=["plans.pdf"])


_BODY = {
    "required": True,
    "content": {
        _FORM: {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {
                    "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    "kind": {"type": "string"},
                    "schema": {"type": "string", "description": "JSON Schema"},
                    "engine": {"type": "string"},
                    "batch": {"type": "string"},
                    "priority": {"type": "integer", "minimum": 0, "maximum": HIGHEST_PRIORITY},
                    "callback_url": {"type": "string"},
                },
            }
        },
        _JSON: {
            "schema": SourceOptions.model_json_schema(),
            "example": {"source": "inbox/receipt/bill.pdf", "kind": "receipt"},
        },
    },
}

_KNOWN = {200: {"model": Submitted, "description": "Every job was known already"}}


@router.post(
    "/jobs",
    status_code=202,
    response_model=Submitted,
    responses=responses(400, 404, 413, 415, more=_KNOWN),
    openapi_extra={"requestBody": _BODY},
)
async def submit_jobs(
    request: Request,
    response: Response,
    app: AppDep,
    principal: Submitter,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
) -> Submitted:
    """Send documents to be read, a job for each. The same document, kind and engine again is the same job."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    taker = intake.Intake(app, principal, idempotency_key)
    body = limited(request, min(app.settings.max_upload, principal.max_bytes or app.settings.max_upload))
    if media == _FORM:
        async with body.form(max_files=_MOST_FILES, max_part_size=_LONGEST_FIELD) as form:
            taken = await in_store_thread(taker.take_form, form)
    elif media == _JSON:
        taken = await in_store_thread(taker.take_source, await body.body())
    else:
        raise UnsupportedMedia(found=media or "missing", wanted=f"{_FORM} or {_JSON}")
    response.status_code = 202 if taken.any_new else 200
    return taken.view()


@router.post("/uploads", status_code=201, responses=responses(501))
def open_upload(options: UploadRequest, app: AppDep, principal: Submitter) -> UploadTicket:
    """Ask for a form by which a large file may be sent straight to the store, up to the size this key may."""
    if PurePosixPath(options.filename.replace("\\", "/")).name in {"", ".", ".."}:
        raise RequestInvalid(detail=f"{options.filename!r} names no file")
    now, seconds = app.clock(), app.settings.presign_seconds
    key = object_keys.upload(principal.project, f"{int(now)}-{secrets.token_hex(8)}", options.filename)
    most = min(app.settings.max_bytes, principal.max_bytes or app.settings.max_bytes)
    form = app.store.presign_upload(key, until=now + seconds, most=most)
    return UploadTicket(
        source=key, url=form.url, fields=form.fields, max_bytes=most, expires_at=moment(now + seconds)
    )
