"""What the process does in which files are opened: requests taken, pages sent.

It reads requests as JSON lines from stdin, answers in the form of `protocol`, and ends when stdin
does, so it never outlives its parent. Its memory is limited for good, its processor time anew
for every page; a decoder that crashes, hangs or eats memory takes only this process with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from worker.errors import CorruptFile, PagemillError, SourceMemory
from worker.reading.pages import codes, protocol
from worker.reading.pages.base import OpenDocument, Page, PageLimits
from worker.reading.pages.factory import open_document
from worker.reading.pages.invoice_xml.parse import MOST_BYTES, invoice_of


def serve() -> None:
    """Serve requests until stdin ends."""
    answers = os.fdopen(os.dup(1), "wb", buffering=2**20)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)  # decoders print warnings; stdout carries pages
    os.dup2(silent, 2)
    for number in (signal.SIGINT, signal.SIGTERM):  # it ends with its parent, when there is nothing to read
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(BrokenPipeError):
        for line in sys.stdin:
            _serve(json.loads(line), answers)


def _serve(request: dict[str, Any], answers: BinaryIO) -> None:
    limits = PageLimits(**request["limits"])
    try:
        _limit_memory(limits)
        _limit_time(limits)
        document = open_document(Path(request["path"]), pdf_backend=request["pdf_backend"], limits=limits)
    except PagemillError as error:
        protocol.send(answers, protocol.error_message(error, event="failed"))
    except MemoryError:
        too_much = SourceMemory(limit=limits.max_memory)
        protocol.send(answers, protocol.error_message(too_much, event="failed"))
    except OSError:
        unreadable = CorruptFile(kind="", detail="it cannot be read from disk")
        protocol.send(answers, protocol.error_message(unreadable, event="failed"))
    except Exception:  # noqa: BLE001 (the border of this process: no decoder may take it down)
        unknown = CorruptFile(kind="", detail="its decoder failed on it")
        protocol.send(answers, protocol.error_message(unknown, event="failed"))
    else:
        invoice = _invoice(document, limits)
        protocol.send(answers, protocol.opened_message(document.page_count, invoice, limits))
        with contextlib.closing(document):
            _send_pages(document, request["first"], limits, answers)
        protocol.send(answers, {"event": "closed"})


def _send_pages(document: OpenDocument, first: int, limits: PageLimits, answers: BinaryIO) -> None:
    for index in range(first, document.page_count):
        _limit_time(limits)
        try:
            page = _checked(document.page(index, limits), limits)
        except PagemillError as error:
            message = protocol.error_message(error, event="page_failed")
            protocol.send(answers, message | {"number": index + 1})
        except MemoryError:
            message = protocol.error_message(SourceMemory(limit=limits.max_memory), event="page_failed")
            protocol.send(answers, message | {"number": index + 1})
        except Exception:  # noqa: BLE001 (as above)
            unknown = CorruptFile(kind="", detail=f"the decoder failed on page {index + 1}")
            protocol.send(
                answers, protocol.error_message(unknown, event="page_failed") | {"number": index + 1}
            )
        else:
            protocol.send(answers, *protocol.page_message(page))


def _checked(page: Page, limits: PageLimits) -> Page:
    protocol.require_bearable(page.words, limits)
    found = codes.barcodes(page.picture) if limits.embedded_data else ()
    return replace(page, barcodes=found)


def _invoice(document: OpenDocument, limits: PageLimits) -> Mapping[str, Any] | None:
    """The invoice that a document carries; whatever its attachments do, the pages are still read."""
    try:
        return invoice_of(document.attachments(MOST_BYTES)) if limits.embedded_data else None
    except Exception:  # noqa: BLE001 (as above)
        return None


def _limit_memory(limits: PageLimits) -> None:
    _limit(resource.RLIMIT_AS, limits.max_memory)


def _limit_time(limits: PageLimits) -> None:
    """Give this process the processor time of one more page."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + limits.page_seconds) + 1
    _limit(resource.RLIMIT_CPU, seconds)


def _limit(what: int, wanted: int) -> None:
    """Set a limit, never above what the system allows this process at most."""
    _, hard = resource.getrlimit(what)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(what, (most, hard))
