"""Pagemill: a document and a schema in, validated JSON with the place of every value out.

    import pagemill

    record = pagemill.read("bill.pdf", kind="receipt")
    print(record.data["total"], record.fields["/total"].confidence, record.fields["/total"].citations)
    print(pagemill.ask("bill.pdf", "When is it due?").data["answer"])

What is named here is what Python users are promised; everything else may change. `read`, `ask` and `Reader`
read in this process (extras `raster` and `ocr`, or `local`); `Client` speaks to a running service and
needs no extra.
"""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

from schemas.record import Alternative, Citation, Evidence, Issue, Record
from schemas.registry import Schema
from worker import errors
from worker.errors import PagemillError

if TYPE_CHECKING:
    from api.client import Client
    from pagemill.reader import Reader, ask, read

__version__ = metadata.version("pagemill")
__all__ = [
    "Alternative",
    "Citation",
    "Client",
    "Evidence",
    "Issue",
    "PagemillError",
    "Reader",
    "Record",
    "Schema",
    "__version__",
    "ask",
    "errors",
    "read",
]

_LATER = {
    "Client": "api.client",
    "Reader": "pagemill.reader",
    "ask": "pagemill.reader",
    "read": "pagemill.reader",
}


def __getattr__(name: str) -> Any:
    """What needs other packages is imported when it is first asked for."""
    if name not in _LATER:
        raise AttributeError(f"module 'pagemill' has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)
