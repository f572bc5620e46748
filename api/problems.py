"""Errors as `application/problem+json` (RFC 9457), each with a stable `code`."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from worker.errors import PagemillError, RateLimited, RequestInvalid, UploadTooLarge
from worker.log import logger

_log = logger(__name__)
MEDIA_TYPE = "application/problem+json"
_TOO_BUSY = 503
_OF_FRAMEWORK = {
    404: ("not_found", "There is nothing at this address; /docs lists those there are."),
    405: ("method_not_allowed", "This address takes other methods; /docs lists them."),
    408: ("request_timeout", "The rest of the request did not come in time; send it again."),
    413: ("too_large", "The request is larger than the service takes."),
}


class Problem(BaseModel):
    """Why a request was not done."""

    type: str = Field("about:blank", description="Always about:blank: `code` says more.")
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    code: str = Field(description="Stable, for programs.", examples=["not_found"])
    detail: str = Field(
        description="For people, with what to do.", examples=["There is no job of that name."]
    )
    revision: int | None = Field(None, description="Of stale_revision: the one the record is at.")
    open: list[str] | None = Field(None, description="Of open_flags: the places that are open.")


def responses(
    *statuses: int, more: Mapping[int, dict[str, Any]] = MappingProxyType({})
) -> dict[int | str, dict[str, Any]]:
    """What the OpenAPI document says about errors, those of every route and the given ones, and `more`."""
    every = (401, 403, 422, 429, 503)
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    errors: dict[int | str, dict[str, Any]] = {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in sorted({*every, *statuses})
    }
    return errors | dict(more)


def answer(error: PagemillError) -> JSONResponse:
    """An error as a response."""
    headers: Mapping[str, str] = {}
    if isinstance(error, RateLimited):
        headers = {"Retry-After": str(error.facts["seconds"])}
    elif error.http == _TOO_BUSY:
        headers = {"Retry-After": "5"}
    elif isinstance(error, UploadTooLarge):
        headers = {"Connection": "close"}  # or the rest of the upload would still be read, to be thrown away
    elif error.http == HTTPStatus.UNAUTHORIZED:
        headers = {"WWW-Authenticate": "Bearer"}
    facts = {"revision": error.facts.get("current"), "open": error.facts.get("open")}
    return _problem(error.http, error.code, str(error), headers, **facts)


def install(api: FastAPI) -> None:
    """Answer every exception this way."""
    api.add_exception_handler(PagemillError, _of_ours)
    api.add_exception_handler(RequestValidationError, _of_validation)
    api.add_exception_handler(HTTPException, _of_framework)
    api.add_exception_handler(Exception, _of_nobody)


async def _of_ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PagemillError)
    if error.http >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request_failed", code=error.code, path=request.url.path, reason=str(error))
    else:
        _log.info("request_refused", code=error.code, path=request.url.path)
    return answer(error)


async def _of_validation(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    wrong = "; ".join(
        f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()[:10]
    )
    return answer(RequestInvalid(detail=wrong))


async def _of_nobody(request: Request, error: Exception) -> JSONResponse:
    """What nobody foresaw: the framework logs it after this answer."""
    _log.error("internal_error", path=request.url.path, error=type(error).__name__)
    return answer(PagemillError(reason=type(error).__name__))


async def _of_framework(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    plain = ("request_invalid", f"The request cannot be understood: {str(error.detail).rstrip('.')}.")
    code, detail = _OF_FRAMEWORK.get(error.status_code, plain)
    return _problem(error.status_code, code, detail, error.headers or {})


def _problem(status: int, code: str, detail: str, headers: Mapping[str, str], **facts: Any) -> JSONResponse:
    problem = Problem(title=HTTPStatus(status).phrase, status=status, code=code, detail=detail, **facts)
    return JSONResponse(
        problem.model_dump(exclude_none=True), status, headers=dict(headers), media_type=MEDIA_TYPE
    )
