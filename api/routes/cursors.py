"""Where a list goes on, as text that nobody needs to understand."""

from __future__ import annotations

import base64
import binascii

from worker.errors import RequestInvalid


def parsed(text: str | None) -> tuple[float, str] | None:
    """The number and the name a cursor stands for; raises RequestInvalid for one that is not ours."""
    if text is None:
        return None
    try:
        at, _, name = base64.urlsafe_b64decode(text.encode()).decode().partition("|")
        return float(at), name.replace("\0", "")
    except (ValueError, binascii.Error, UnicodeError) as error:
        raise RequestInvalid(detail="cursor is not one of ours") from error


def text(at: float, name: str) -> str:
    """The cursor after this one."""
    return base64.urlsafe_b64encode(f"{at!r}|{name}".encode()).decode()
