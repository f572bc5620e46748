"""Which error an HTTP answer is. Servers agree on status codes but little, so their words count, too."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from worker.errors import ModelUnavailable, OutOfMemory, UnsupportedByEngine

_FOR_GOOD = frozenset({501, 505})
_MOST_SAID = 200  # characters of a server's message that are passed on
_MOST_READ = 4000
_TOO_LONG = re.compile(
    r"context.{0,3}(length|size|window)|max_model_len|maximum (model|sequence|prompt|input) length"
    r"|too many tokens|longer than the m(aximum|odel)"
    r"|(prompt|input|request|image) (is )?too (long|large|big)",
    re.IGNORECASE,
)
_IMAGES = re.compile(r"image|multi-?modal|vision|mmproj", re.IGNORECASE)
_NO_IMAGES = re.compile(
    r"(image|multi-?modal|vision)[\w ]{0,20} (is|are) (not supported|unsupported)"
    r"|not? support(ed)? (for )?(\w+ )?(image|multi-?modal|vision)|not a (multi-?modal|vision)"
    r"|unknown variant .?image_url|at most 0 image",
    re.IGNORECASE,
)
_ECHO = re.compile(r"""['"]input['"]\s*:""")
"""Where a server's complaint begins to repeat the request."""


@dataclass(frozen=True, slots=True)
class ServerReply:
    """An HTTP answer: its status, its body, and what it asks to wait."""

    status: int
    body: bytes
    retry_after: str | None = None


class ServerRefusal(Exception):
    """The server does not take a request as it was put: `status`, and what it `said`."""

    def __init__(self, reply: ServerReply) -> None:
        self.status = reply.status
        self.said = _said(reply)
        self.about_images = _IMAGES.search(_complaint(reply)) is not None
        super().__init__(f"{self.status}: {self.said}" if self.said else str(self.status))


def is_final(reply: ServerReply) -> bool:
    """Whether the same request would be answered in the same way again."""
    status = reply.status
    if status in {408, 429}:
        return False
    return status < 500 or status in _FOR_GOOD or _is_too_long(reply) or _refuses_images(reply)


def refusing() -> Callable[[ServerReply], bool]:
    """`is_final` for one probe: some servers answer 500 to a field that they do not know, however often."""
    seen = 0

    def final(reply: ServerReply) -> bool:
        nonlocal seen
        seen += reply.status == 500
        return is_final(reply) or seen > 1

    return final


def require_success(reply: ServerReply, *, probing: bool = False) -> None:
    """Raise what an answer other than 200 means.

    OutOfMemory when the page is too large for the model, UnsupportedByEngine when it takes none,
    ServerRefusal when another request may do (when `probing` at a 500, too), ModelUnavailable else.
    """
    status = reply.status
    if 200 <= status < 300:
        return
    if _is_too_long(reply):
        raise OutOfMemory
    if _refuses_images(reply):
        raise UnsupportedByEngine(detail=f"the server takes no pictures ({status}: {_said(reply)})")
    if status in {400, 404, 415, 422} or (probing and status == 500):
        raise ServerRefusal(reply)
    raise ModelUnavailable(detail=_reason(reply))


def _is_too_long(reply: ServerReply) -> bool:
    return reply.status == 413 or (
        reply.status in {400, 422, 500} and _TOO_LONG.search(_complaint(reply)) is not None
    )


def _refuses_images(reply: ServerReply) -> bool:
    """Some servers answer 500 to a picture, and a schema may speak of images: the words must be plain."""
    return reply.status >= 400 and _NO_IMAGES.search(_complaint(reply)) is not None


def _reason(reply: ServerReply) -> str:
    if reply.status in {401, 403}:
        return f"the server refuses access ({reply.status}); check OPENAI_API_KEY"
    if 300 <= reply.status < 400:
        return f"the server sends on to another address ({reply.status}); set OPENAI_BASE_URL to that one"
    said = _said(reply)
    return f"the server answers {reply.status}" + (f" ({said})" if said else "")


def _complaint(reply: ServerReply) -> str:
    """What is searched for words: the error, up to where it repeats the request."""
    text = reply.body[:_MOST_READ].decode("utf-8", "replace")
    return "" if text.lstrip().startswith("<") else _ECHO.split(text)[0]


def _said(reply: ServerReply) -> str:
    """The message in an error, short, on one line and without pictures; empty for pages of HTML."""
    try:
        found: Any = json.loads(reply.body)
    except (ValueError, RecursionError):
        return ""
    for key in ("error", "message", "detail"):
        if isinstance(found, dict) and key in found:
            found = found[key]
    text = _ECHO.split(found if isinstance(found, str) else "")[0]
    short = " ".join(re.sub(r"data:\S+", "data:…", text).split())[:_MOST_SAID]
    return short.rstrip(" .")
