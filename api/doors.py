"""What every answer carries, and who is let in before any route is looked for."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.auth import require_local
from worker.errors import Forbidden

_NOTHING = "default-src 'none'; frame-ancestors 'none'"
_DOCS = (  # its page starts itself by a script within it
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'"
)
_ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


class Doors:
    """Middleware: without keys, nobody from elsewhere, on any path; and headers that browsers obey."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        policy = _DOCS if scope["path"] == "/docs" else _NOTHING

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", policy)
            await send(message)

        try:
            if scope["app"].state.parts.settings.auth == "off":
                require_local(Headers(scope=scope), method=scope["method"], path=scope["path"])
        except Forbidden as error:
            await problems.answer(error)(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)
