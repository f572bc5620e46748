"""`pagemill`, whose fake engine hangs on pages 77 pixels wide, and keeps the interpreter meanwhile."""

from __future__ import annotations

import re
import sys
import time

from api.cli.main import main
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.fake import FakeEngine

_plain = FakeEngine.read


def read(self: FakeEngine, request: Request) -> Reading:
    """Hang, or be in the middle of a page while a neighbour does."""
    for page in request.pages:
        if page.width == 77:
            time.sleep(3)  # a sign of life names both
            re.match("(a|a)*b", "a" * 60)
        time.sleep(6)
    return _plain(self, request)


if __name__ == "__main__":
    FakeEngine.read = read  # type: ignore[method-assign]
    sys.exit(main())
