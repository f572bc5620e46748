"""Whether values that an engine gives without places find theirs.

    python -m bench.grounding RECEIPTS/manifest.jsonl [--most N] [--cache FOLDER]

OCR stands in for the page and the labelled values for the model. Prints the share of right values whose
citation overlaps the labelled print (IoU of 0.5 or more) on labelled receipts; on drawn bills and
invoices with many equal values, how many values cite their own row and their own place; and with one
digit or letter of a value changed, how many are not cited as if they were found. OCR is kept in the
cache, outside of this repository.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import pickle
import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench.draw import bills, invoices, receipts
from bench.draw.paper import Drawn
from schemas import pointer, registry
from schemas.page import Box, Line, even_edges, union
from schemas.record import Evidence
from schemas.values import amounts, dates
from schemas.values.folding import letters_and_digits
from worker.reading.engines.vision import grounding
from worker.reading.pages.base import Page
from worker.reading.text.sources import OcrLines

FOUND = 0.6  # the confidence of a value that is cited as exactly found
OVERLAP = 0.5
CHANGES = 12  # per document
Lines = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A page as read, the values given for it, and where they are printed."""

    kind: str
    lines: Lines
    data: Mapping[str, Any]
    boxes: Mapping[str, Sequence[Box]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("manifest", type=Path)
    options.add_argument("--most", type=int, default=1000, help="how many receipts")
    options.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "pagemill-ocr")
    options.add_argument("--verbose", action="store_true", help="name every miss")
    arguments = options.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    eye = Eye(arguments.cache)
    labelled = list(scanned(arguments.manifest, eye, arguments.most))
    drawn = [case(document, eye) for document in documents(random.Random(11))]
    places("labelled receipts", labelled, verbose=arguments.verbose)
    places("drawn bills and invoices", drawn, verbose=arguments.verbose)
    changed("labelled receipts", labelled, verbose=arguments.verbose)
    changed("drawn bills and invoices", drawn, verbose=arguments.verbose)
    speed()


class Eye:
    """OCR of pictures, each read once."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._source = OcrLines()

    def read(self, picture: Image.Image) -> Lines:
        """The lines of an upright picture."""
        pixels = np.asarray(picture.convert("RGB"))
        kept = self._cache / f"{hashlib.sha256(pixels.tobytes()).hexdigest()}.pickle"
        if not kept.exists():
            read = self._source(Page(1, pixels)).tight()
            kept.write_bytes(pickle.dumps((read.quarter_turns, read.lines)))
        turns, lines = pickle.loads(kept.read_bytes())  # noqa: S301 (written above)
        return lines if turns == 0 else ()


def scanned(manifest: Path, eye: Eye, most: int) -> Iterator[Case]:
    """Receipts with the boxes of their printed lines."""
    rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    for row in [row for row in rows if "lines" in row][:most]:
        expected = row["expected"]
        data = {
            "company": expected["company"],
            "address": expected["address"],
            "date": expected.get("date_iso"),
            "total": expected.get("total_value"),
        }
        printed = [_line(entry["text"], Box(*entry["box"])) for entry in row["lines"]]
        boxes = {f"/{name}": list(_printed(value, printed)) for name, value in data.items() if value}
        lines = eye.read(Image.open(manifest.parent / row["files"][0]))
        yield Case("receipt", lines, data, {at: found for at, found in boxes.items() if found})


def _line(text: str, box: Box) -> Line:
    return Line(text, box, 1.0, even_edges(box, len(text)))


def _printed(value: Any, lines: Sequence[Line]) -> Iterator[Box]:
    """Where the labelled lines say a value: each place of a number or a day, all lines of a text."""
    if isinstance(value, float):
        for line in lines:
            for word in line.text.split():
                number = amounts.number(word.lstrip("RM$:"))
                if number is not None and float(number) == value:
                    at = line.text.index(word)
                    yield line.span_box(at, at + len(word))
        return
    for line in lines:
        for day in dates.find(line.text):
            if value in {day.iso, day.swapped}:
                yield line.span_box(day.start, day.end)
    wanted = letters_and_digits(value)
    parts = [line for line in lines if _is_part(letters_and_digits(line.text), wanted)]
    if parts and sum(len(letters_and_digits(line.text)) for line in parts) == len(wanted):
        yield union(line.box for line in parts)


def _is_part(text: str, wanted: str) -> bool:
    return len(text) > 1 and text in wanted


def documents(rng: random.Random) -> Iterator[Drawn]:
    """Drawn documents with known rows."""
    for number in range(12):
        yield bills.draw(rng, f"bill_{number}", rows=rng.randrange(6, 30))
    for number in range(10):
        yield receipts.draw(rng, f"receipt_{number}")
        yield invoices.draw(rng, f"invoice_{number}")


def case(drawn: Drawn, eye: Eye) -> Case:
    width, height = drawn.image.size
    boxes = {
        at: [
            Box(
                min(x for x, _ in q) / width,
                min(y for _, y in q) / height,
                max(x for x, _ in q) / width,
                max(y for _, y in q) / height,
            )
            for q in quads
        ]
        for at, quads in drawn.quads.items()
    }
    return Case(drawn.kind, eye.read(drawn.image), drawn.expected, boxes)


def located(one: Case, data: Any) -> dict[str, Evidence]:
    return grounding.locate(data, {1: one.lines}, root=registry.kind(one.kind).root)


def places(name: str, cases: Sequence[Case], *, verbose: bool) -> None:
    """Citations against the labelled boxes; in lists, against the row of the value as well."""
    overlap: list[bool] = []
    rows: list[bool] = []
    for number, one in enumerate(cases):
        found = located(one, one.data)
        for at, boxes in one.boxes.items():
            cited = [Box(*citation.box) for citation in found[at].citations]
            hull = union(cited) if cited else Box(0, 0, 0, 0)
            right = max(hull.iou(box) for box in (*boxes, union(boxes))) >= OVERLAP
            overlap.append(right)
            if any(part.isdigit() for part in pointer.split(at)):
                rows.append(any(box.y0 <= hull.cy <= box.y1 for box in boxes))
            if verbose and not right:
                print(number, at, pointer.get(one.data, at), [c.text for c in found[at].citations])
    print(f"{name}: {share(overlap)} of values overlap their print, own row {share(rows)}")


def changed(name: str, cases: Sequence[Case], *, verbose: bool) -> None:
    """One value of a document at a time given with one digit or letter changed."""
    rng = random.Random(12)
    refused: list[bool] = []
    for number, one in enumerate(cases):
        for at in rng.sample(sorted(one.boxes), min(CHANGES, len(one.boxes))):
            data = altered(rng, one.data, at)
            evidence = located(one, data)[at]
            refused.append(evidence.confidence < FOUND)
            if verbose and not refused[-1]:
                print(number, at, pointer.get(one.data, at), "->", pointer.get(data, at), evidence.citations)
    print(f"{name}: {share(refused)} of changed values are not cited as found")


def altered(rng: random.Random, data: Mapping[str, Any], at: str) -> Any:
    """The data with one digit or letter of a value replaced by another."""
    copied = copy.deepcopy(dict(data))
    *parents, last = pointer.split(at)
    holder = pointer.get(copied, pointer.join(*parents))
    key = int(last) if isinstance(holder, list) else last
    value = holder[key]
    text = f"{value:.2f}" if isinstance(value, float) else str(value)
    index = rng.choice([i for i, char in enumerate(text) if char.isalnum()])
    letters = "0123456789" if text[index].isdigit() else "abcdefghijklmnopqrstuvwxyz"
    other = rng.choice([char for char in letters if char != text[index].lower()])
    text = text[:index] + other + text[index + 1 :]
    holder[key] = type(value)(text) if isinstance(value, int | float) else text
    return copied


def speed() -> None:
    """A list of 500 equal-looking rows over 40 pages."""
    rng = random.Random(13)
    items, pages = [], {}
    for page in range(1, 41):
        lines = [_line(f"Page {page} of 40", Box(0.1, 0.02, 0.3, 0.03))]
        for row in range(50):
            y = 0.05 + 0.018 * row
            count, price = rng.choice((1, 1, 2)), rng.choice((1.0, 2.5, 5.0))
            lines.append(_line("Coffee", Box(0.1, y, 0.3, y + 0.01)))
            lines.append(_line(str(count), Box(0.5, y, 0.51, y + 0.01)))
            lines.append(_line(f"{price:.2f}", Box(0.7, y, 0.75, y + 0.01)))
            if row % 4 == 0:
                items.append({"description": "Coffee", "quantity": count, "amount": price})
        pages[page] = tuple(lines)
    started = time.perf_counter()
    grounding.locate({"items": items}, pages)
    words = sum(len(lines) for lines in pages.values())
    print(f"{len(items)} items among {words} lines of 40 pages: {time.perf_counter() - started:.2f} s")


def share(values: Sequence[bool]) -> str:
    return f"{sum(values) / len(values):.3f} ({len(values)})" if values else "-"


if __name__ == "__main__":
    main()
