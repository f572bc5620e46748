"""`pagemill worker`, whose fake engine holds the interpreter for good at pages 77 pixels wide."""

from __future__ import annotations

import re
import sys

from api.cli.main import main
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.fake import FakeEngine

POISONED_WIDTH = 77
_plain = FakeEngine.read


def _read(self: FakeEngine, request: Request) -> Reading:
    for page in request.pages:
        if page.width == POISONED_WIDTH:
            re.match("(a|a)*b", "a" * 60)
    return _plain(self, request)


if __name__ == "__main__":
    FakeEngine.read = _read  # type: ignore[method-assign]
    sys.exit(main())
