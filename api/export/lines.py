"""JSON Lines: every record whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from api.export.columns import Column, rows
from worker.jobs.app import App
from worker.jobs.ledger.lists import Filter


def write(app: App, wanted: Filter, _columns: Sequence[Column]) -> Iterator[bytes]:
    """A record a line."""
    for row in rows(app, wanted):
        yield json.dumps(row.record, ensure_ascii=False).encode() + b"\n"
