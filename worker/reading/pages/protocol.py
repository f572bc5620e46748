"""What parent and child of the sandbox say to each other: sizes, a JSON header, raw bytes.

No pickle: the parent must not run anything that a captured child could send. Sizes are checked
before memory is taken for them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

from schemas.page import Box, Painted, Word
from worker import errors
from worker.reading.pages.base import Page

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
    words = [(w.text, w.font, w.painted, w.box.x0, w.box.y0, w.box.x1, w.box.y1) for w in page.words]
    header = {
        "event": "page",
        "number": page.number,
        "height": page.height,
        "width": page.width,
        "words": words,
    }
    return header, memoryview(np.ascontiguousarray(page.picture).tobytes())


def page_of(header: dict[str, Any], payload: bytearray) -> Page:
    """The page a message carries; raises ValueError when the numbers do not fit together."""
    shape = (int(header["height"]), int(header["width"]), 3)
    picture = np.frombuffer(payload, dtype=np.uint8).reshape(shape)
    words = tuple(
        Word(storable(str(text)), Box(*map(float, box)), font=storable(str(font)), painted=Painted(painted))
        for text, font, painted, *box in header["words"]
    )
    return Page(int(header["number"]), picture, words)


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
