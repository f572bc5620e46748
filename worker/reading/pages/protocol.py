"""What parent and child of the sandbox say to each other: sizes, a JSON header, raw bytes.

No pickle: the parent must not run anything that a captured child could send. Sizes are checked
before memory is taken for them.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, BinaryIO

import numpy as np

from schemas.page import Box, Painted, Word
from worker import errors
from worker.reading.pages.base import Barcode, FormField, Page, PageLimits

MOST_ASPECT = 200
"""How much longer than wide a page may be; recognisers scale one side to a fixed number of pixels."""

_CHARACTERS = 40  # of a word, on average
_MOST_MARKS = 1000  # codes, or form fields, of a page
_MARKED = 200_000  # their characters
_LONGEST_FACT = 500
_LONGEST_FONT = 200
_OF_CHILD = (errors.SourceError, errors.MissingExtra)
_SIZES = struct.Struct(">QQ")  # bytes of the header, bytes of the payload


def send(stream: BinaryIO, header: dict[str, Any], payload: memoryview | None = None) -> None:
    """Write one message."""
    encoded = json.dumps(header).encode()
    stream.write(_SIZES.pack(len(encoded), len(payload or b"")))
    stream.write(encoded)
    if payload is not None:
        stream.write(payload)
    stream.flush()


def most_header(limits: PageLimits) -> int:
    """Bytes of the longest header: words, codes and form fields with their boxes, all characters escaped."""
    return 2**16 + limits.max_words * (12 * _CHARACTERS + 120) + 2 * (12 * _MARKED + 200 * _MOST_MARKS)


def receive(
    read: Callable[[int], bytearray], *, max_header: int, max_payload: int
) -> tuple[dict[str, Any], bytearray]:
    """Read one message; `read(n)` gives exactly n bytes. Raises ValueError on nonsense."""
    header_size, payload_size = _SIZES.unpack(read(_SIZES.size))
    if header_size > max_header or payload_size > max_payload:
        raise ValueError("a message larger than any that was asked for")
    try:
        header = dict(json.loads(read(header_size)))
    except (RecursionError, TypeError) as error:
        raise ValueError("a header that is no object") from error
    return header, read(payload_size)


def page_message(page: Page) -> tuple[dict[str, Any], memoryview]:
    """A page as header and pixels."""
    words = [(w.text, w.box.x0, w.box.y0, w.box.x1, w.box.y1, w.font, w.painted) for w in page.words]
    header = {
        "event": "page",
        "number": page.number,
        "height": page.height,
        "width": page.width,
        "words": words,
        "barcodes": list(_bearable((code.text, code.symbology, code.box) for code in page.barcodes)),
        "form_fields": list(_bearable((one.name, one.value, one.box) for one in page.form_fields)),
    }
    return header, memoryview(np.ascontiguousarray(page.picture).tobytes())


def page_of(header: dict[str, Any], payload: bytearray, *, number: int, limits: PageLimits) -> Page:
    """The page of this number that a message carries, of which nothing is believed.

    Raises PageTooDense, PageTooThin; KeyError, TypeError, ValueError or OverflowError for what is no page.
    """
    height, width = int(header["height"]), int(header["width"])
    if header["number"] != number or min(height, width) < 1 or height * width * 3 != len(payload):
        raise ValueError("not the page that was asked for")
    if max(height, width) > MOST_ASPECT * min(height, width):
        raise errors.PageTooThin(width=width, height=height, limit=MOST_ASPECT)
    picture = np.frombuffer(payload, dtype=np.uint8).reshape((height, width, 3))
    words = tuple(_drawn_word(*word) for word in header["words"])
    require_bearable(words, limits)
    return Page(
        number,
        picture,
        words,
        barcodes=tuple(Barcode(*mark) for mark in _marks(header.get("barcodes", ()))),
        form_fields=tuple(FormField(*mark) for mark in _marks(header.get("form_fields", ()))),
    )


def opened_message(pages: int, invoice: Mapping[str, Any] | None, limits: PageLimits) -> dict[str, Any]:
    """That a document of so many pages is open, and the invoice that it carries, unless that is too long."""
    message = {"event": "opened", "pages": pages, "invoice": invoice}
    return message if len(json.dumps(message)) <= most_header(limits) else message | {"invoice": None}


def invoice_of(header: dict[str, Any]) -> Mapping[str, Any] | None:
    """The invoice that a message speaks of; what is in it is for the reader to check."""
    invoice = header.get("invoice")
    return invoice if isinstance(invoice, dict) else None


def require_bearable(words: Sequence[Word], limits: PageLimits) -> None:
    """Raise PageTooDense for more text than a page may have."""
    if (
        len(words) > limits.max_words
        or sum(len(word.text) for word in words) > _CHARACTERS * limits.max_words
    ):
        raise errors.PageTooDense(limit=limits.max_words)


def page_count_of(header: dict[str, Any], limits: PageLimits) -> int:
    """How many pages a message speaks of; raises ValueError for a number that cannot be."""
    count = header["pages"]
    if not isinstance(count, int) or not 1 <= count <= limits.max_pages:
        raise ValueError("not a number of pages")
    return count


def _bearable(marks: Iterable[tuple[str, str, Box]]) -> Iterator[tuple[Any, ...]]:
    """The first codes or fields of a page that are no more than a page may have."""
    left = _MARKED
    for first, second, box in islice(marks, _MOST_MARKS):
        left -= len(first) + len(second)
        if left >= 0:
            yield first, second, box.x0, box.y0, box.x1, box.y1


def _marks(rows: Any) -> Iterator[tuple[str, str, Box]]:
    """Two texts and a box each; raises ValueError for what is none."""
    for first, *rest in rows[:_MOST_MARKS]:
        second = _word(*rest)
        if not isinstance(first, str):
            raise ValueError("not a code or a field")  # noqa: TRY004 (a message that is no message of ours)
        yield storable(first), second.text, second.box


def _drawn_word(text: Any, *rest: Any) -> Word:
    """A word of a text layer: text, four edges, font and how it is painted; raises ValueError for others."""
    word = _word(text, *rest[:4])
    if len(rest) == 4:
        return word
    font, painted = rest[4:]
    if not isinstance(font, str) or len(font) > _LONGEST_FONT:
        raise ValueError("not a font")
    return replace(word, font=storable(font), painted=Painted(painted))


def _word(text: Any, *edges: Any) -> Word:
    box = Box(*map(float, edges))
    if not isinstance(text, str) or not all(map(math.isfinite, (box.x0, box.y0, box.x1, box.y1))):
        raise ValueError("not a word")
    return Word(storable(text), box)


def storable(text: str) -> str:
    """Text without lone surrogates, which file names and fonts can hold but UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def error_message(error: errors.PagemillError, *, event: str) -> dict[str, Any]:
    """An error as header; facts as text, for that is all a message needs."""
    facts = {key: str(value) for key, value in error.facts.items()}
    return {"event": event, "error": type(error).__name__, "facts": facts}


def error_of(header: dict[str, Any]) -> errors.PagemillError:
    """The error a message carries; one that a child has no business with counts as damage to the file."""
    known = {cls.__name__: cls for cls in errors.all_errors() if issubclass(cls, _OF_CHILD)}
    cls = known.get(str(header.get("error")), errors.CorruptFile)
    facts = header.get("facts")
    told = facts if isinstance(facts, dict) else {}
    return cls(**{str(key): storable(str(value))[:_LONGEST_FACT] for key, value in told.items()})
