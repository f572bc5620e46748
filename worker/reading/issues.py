"""What is told of pages in a record, worded once for the pipeline and all engines."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.record import Issue, Severity
from worker.errors import PagemillError


def page_not_read(number: int, error: PagemillError) -> Issue:
    """A page that is missing from the record, and why."""
    message = f"page {number} could not be read: {error}"
    return Issue(code=error.code, severity=Severity.ERROR, message=message)


def text_layer_ignored(number: int, reasons: Iterable[str]) -> Issue:
    """A page whose text layer says other things than its picture, in part or as a whole."""
    message = (
        f"the text layer of page {number} contradicts what is printed; its picture was read there: "
        f"{'; '.join(reasons)}"
    )
    return Issue(code="text_layer_ignored", severity=Severity.INFO, message=message)
