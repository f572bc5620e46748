"""What parent and child of the sandbox say to each other: sizes, a JSON header, raw bytes.

No pickle: the parent must not run anything that a captured child could send. Sizes are checked
before memory is taken for them.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np

from schemas.page import Box, Word
from worker import errors
from worker.reading.pages.base import Barcode, FormField, Page

_MOST_OF_INVOICE = 8 * 2**20  # bytes
_MOST_MARKS = 2000  # codes, or form fields, of a page
_LONGEST_MARK = 5000

MAX_HEADER = 64 * 2**20
"""Bytes; the words of the fullest newspaper page take less than one MiB."""

_SIZES = struct.Struct(">QQ")  # bytes of the header, bytes of the payload


def send(stream: BinaryIO, header: dict[str, Any], payload: memoryview | None = None) -> None:
    """Write one message."""
    encoded = json.dumps(header).encode()
    stream.write(_SIZES.pack(len(encoded), len(payload or b"")))
    stream.write(encoded)
    if payload is not None:
        stream.write(payload)
    stream.flush()


def receive(read: Callable[[int], bytearray], *, max_payload: int) -> tuple[dict[str, Any], bytearray]:
    """Read one message; `read(n)` gives exactly n bytes. Raises ValueError on nonsense."""
    header_size, payload_size = _SIZES.unpack(read(_SIZES.size))
    if header_size > MAX_HEADER or payload_size > max_payload:
        raise ValueError("a message larger than any that was asked for")
    header = json.loads(read(header_size))
    return header, read(payload_size)


def page_message(page: Page) -> tuple[dict[str, Any], memoryview]:
    """A page as header and pixels."""
    words = [(w.text, w.box.x0, w.box.y0, w.box.x1, w.box.y1) for w in page.words]
    header = {
        "event": "page",
        "number": page.number,
        "text_layer": page.text_layer,
        "height": page.height,
        "width": page.width,
        "words": words,
        "barcodes": [(code.text, code.symbology, *_edges(code.box)) for code in page.barcodes],
        "form_fields": [(field.name, field.value, *_edges(field.box)) for field in page.form_fields],
    }
    return header, memoryview(np.ascontiguousarray(page.picture).tobytes())


def page_of(header: dict[str, Any], payload: bytearray) -> Page:
    """The page a message carries; raises ValueError when the numbers do not fit together."""
    shape = (int(header["height"]), int(header["width"]), 3)
    picture = np.frombuffer(payload, dtype=np.uint8).reshape(shape)
    words = tuple(Word(storable(str(t)), Box(*map(float, box))) for t, *box in header["words"])
    return Page(
        int(header["number"]),
        picture,
        words,
        text_layer=bool(header["text_layer"]),
        barcodes=tuple(Barcode(*mark) for mark in _marks_of(header["barcodes"])),
        form_fields=tuple(FormField(*mark) for mark in _marks_of(header["form_fields"])),
    )


def opened_message(pages: int, invoice: Mapping[str, Any] | None) -> dict[str, Any]:
    """That a document of so many pages is open, and the invoice that it carries."""
    message = {"event": "opened", "pages": pages, "invoice": invoice}
    return message if len(json.dumps(message)) <= _MOST_OF_INVOICE else message | {"invoice": None}


def _marks_of(rows: Any) -> Iterator[tuple[str, str, Box]]:
    """Two texts and a box each, of which nothing is believed."""
    for first, second, *edges in rows[:_MOST_MARKS]:
        box = Box(*map(float, edges))
        if all(map(math.isfinite, _edges(box))):
            yield storable(str(first))[:_LONGEST_MARK], storable(str(second))[:_LONGEST_MARK], box


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.x0, box.y0, box.x1, box.y1


def storable(text: str) -> str:
    """Text without lone surrogates, which file names and fonts can hold but UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def error_message(error: errors.PagemillError, *, event: str) -> dict[str, Any]:
    """An error as header; facts as text, for that is all a message needs."""
    facts = {key: str(value) for key, value in error.facts.items()}
    return {"event": event, "error": type(error).__name__, "facts": facts}


def error_of(header: dict[str, Any]) -> errors.PagemillError:
    """The error a message carries; an unknown one counts as damage to the file."""
    known = {cls.__name__: cls for cls in errors.all_errors()}
    cls = known.get(str(header.get("error")), errors.CorruptFile)
    return cls(**{str(key): str(value) for key, value in dict(header.get("facts", {})).items()})
