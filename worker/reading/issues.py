"""What is told of pages in a record, worded once for the pipeline and all engines."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.record import Issue, Severity
from worker.errors import PagemillError


def page_not_read(number: int, error: PagemillError) -> Issue:
    """A page that is missing from the record, and why."""
    message = f"page {number} could not be read: {error}"
    return Issue(code=error.code, severity=Severity.ERROR, message=message)


def fields_not_read(number: int, fields: str, error: PagemillError) -> Issue:
    """Fields of a wide schema that no answer came for on a page whose other fields were read."""
    message = f"{fields} could not be read on page {number}: {error}"
    return Issue(code=error.code, severity=Severity.ERROR, message=message)


def blank_page(number: int, *, severity: Severity) -> Issue:
    """A page with no ink on it."""
    return Issue(code="blank_page", severity=severity, message=f"page {number} is blank")


def unreadable_page(number: int) -> Issue:
    """A page with ink on it, of which not a line could be read."""
    message = (
        f"nothing on page {number} could be read: it holds no text, is too poor a picture, "
        "or its script is none that the recogniser knows (Latin, Greek, Chinese, Japanese)"
    )
    return Issue(code="unreadable_page", severity=Severity.ERROR, message=message)


def unsupported_script(number: int, script: str) -> Issue:
    """A page written in a script that the recogniser has no letters for; `unknown` where it has no name."""
    written = "letters of an unknown script" if script == "unknown" else f"{script} letters"
    message = (
        f"page {number} is written in {written}, for which the recogniser has none "
        "(it knows Latin, Greek, Chinese and Japanese); a vision-language model may read it"
    )
    return Issue(code="unsupported_script", severity=Severity.ERROR, message=message)


def text_layer_ignored(number: int, reasons: Iterable[str]) -> Issue:
    """A page whose text layer says other things than its picture, in part or as a whole."""
    message = (
        f"the text layer of page {number} contradicts what is printed; its picture was read there: "
        f"{'; '.join(reasons)}"
    )
    return Issue(code="text_layer_ignored", severity=Severity.INFO, message=message)
