"""Sizes of requests and the time of their pieces, checked while they are read."""

from __future__ import annotations

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.deadlines import prompt
from worker.checks.schema_limits import MOST_BYTES
from worker.errors import RequestInvalid, UploadTooLarge

MOST_ELSEWHERE = 16 * 2**20
"""Bytes of any request that is not an upload."""

_MOST_FOR_KIND = 2 * MOST_BYTES  # the same schema takes more when it is written with indents


def limited(request: Request, most: int) -> Request:
    """The same request, whose body ends in 413 beyond `most` bytes; raises UploadTooLarge if it says so."""
    _require(request.scope, most)
    return Request(request.scope, _counting(prompt(request.receive), most))


class SmallBodies:
    """Middleware: every body is small, but on the routes named."""

    def __init__(self, app: ASGIApp, *, except_path: str) -> None:
        self._app = app
        self._except_path = except_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] != "http" or scope["path"] == self._except_path:
            await self._app(scope, receive, send)
            return
        most = _MOST_FOR_KIND if scope["path"].startswith("/v1/kinds/") else MOST_ELSEWHERE
        try:
            _require(scope, most)
        except (UploadTooLarge, RequestInvalid) as error:
            await problems.answer(error)(scope, receive, send)
            return
        await self._app(scope, _counting(prompt(receive), most), send)


def _require(scope: Scope, most: int) -> None:
    """Refuse by what the request says of itself, before any of it is read."""
    told = dict(scope["headers"]).get(b"content-length", b"0")
    if not told.isdigit():
        raise RequestInvalid(detail="Content-Length is not a number")
    if int(told) > most:
        raise UploadTooLarge(limit=most)


def _counting(receive: Receive, most: int) -> Receive:
    """Refuse by what comes, whatever the request said."""
    taken = 0

    async def receive_counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:  # the framework lets only its own exception through where it reads the body
            raise HTTPException(413, headers={"Connection": "close"})
        return message

    return receive_counted
