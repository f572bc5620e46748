"""Time that a connection has: for the head of a request, for each piece of its body, for doing nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive
from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_SECONDS = 10.0
"""For a request to begin, and for its head to be complete."""

PIECE_SECONDS = 30.0
"""For the next piece of a body."""

MOST_CONNECTIONS = 900
"""Open at a time, below the 1,024 descriptors that a process is usually given."""


class PromptConnection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # one of two classes, by what is installed
    """A connection that is closed when no request comes in time, or none becomes complete."""

    def connection_made(self, transport: Any) -> None:
        """Begin to watch."""
        super().connection_made(transport)
        self._seen: Any = None
        self._watch = self.loop.call_later(HEAD_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """End to watch."""
        self._watch.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        idle = self.cycle is None or self.cycle.response_complete
        if idle and self._seen is self.cycle:
            self.transport.close()
            return
        self._seen = self.cycle
        self._watch = self.loop.call_later(HEAD_SECONDS, self._look)


def prompt(receive: Receive) -> Receive:
    """The same, but each piece of the body comes in time: raises HTTPException (408)."""
    complete = False

    async def receive_in_time() -> Message:
        nonlocal complete
        if complete:  # what comes then is that the other side has gone, which may take for ever
            return await receive()
        try:
            async with asyncio.timeout(PIECE_SECONDS):
                message = await receive()
        except TimeoutError as error:
            raise HTTPException(408, headers={"Connection": "close"}) from error
        complete = not message.get("more_body", False)
        return message

    return receive_in_time
