"""Whether documents that are curled, folded or seen at an angle are read like flat ones.

    python -m bench.dewarp [--count N] [--seed N] [--as-they-lie]

Draws as many invoices and receipts of each family and reads every one flat and bent. Prints the share of the labelled
values that are right, and of the right ones with labelled places how many are cited where they are printed (overlap
of half or more); `--as-they-lie` reads the bent ones without flattening. In the end the processor time of flat pages
with the gate against that without, in turns.
"""

from __future__ import annotations

import argparse
import io
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from bench.draw import bent, invoices, receipts
from bench.draw.paper import Drawn
from schemas import pointer, registry
from schemas.record import Evidence
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.pages.base import Page, Picture
from worker.reading.score.compare import FieldScore, score
from worker.reading.text.ocr import Ocr
from worker.reading.text.sources import OcrLines

_OVERLAPS = 0.5
_QUALITY = 85  # of JPEG
_TIMED = 8  # flat pages
_TURNS = 7


@dataclass(slots=True)
class Tally:
    """Values of one family."""

    asked: int = 0
    right: int = 0
    placed: int = 0
    in_place: int = 0

    def add(self, scores: Sequence[FieldScore]) -> None:
        """Count the values of a document."""
        self.asked += len(scores)
        self.right += sum(one.right for one in scores)
        placed = [one.iou for one in scores if one.iou is not None]
        self.placed += len(placed)
        self.in_place += sum(overlap >= _OVERLAPS for overlap in placed)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--count", type=int, default=20, help="documents of each family")
    options.add_argument("--seed", type=int, default=41)
    options.add_argument("--as-they-lie", action="store_true", help="without flattening")
    arguments = options.parse_args()
    lines = OcrLines(flatten=not arguments.as_they_lie)
    every = Counter[str]()
    for family in bent.FAMILIES:
        flat, lying = Tally(), Tally()
        for before, after in _documents(random.Random(f"{family} {arguments.seed}"), family, arguments.count):
            flat.add(_scores(before, lines))
            told = _scores(after, lines)
            lying.add(told)
            _tell_wrong(after.name, told)
        every.update(flat=flat.right, bent=lying.right)
        print(
            f"{family}: right {flat.right} flat, {lying.right} bent of {lying.asked} "
            f"({lying.right / flat.right:.3f}); in place {lying.in_place} of {lying.placed} "
            f"({flat.in_place} of {flat.placed} flat)",
            flush=True,
        )
    print(f"all: {every['bent'] / every['flat']:.3f} of the values that are right on the flat ones")
    print(f"flat pages take {_gate():.3f} times the processor time with the gate")


def _documents(rng: random.Random, family: str, count: int) -> Iterator[tuple[Drawn, Drawn]]:
    for number in range(count):
        maker = (invoices, receipts)[number % 2]
        drawn = maker.draw(rng, f"{family}_{number}")
        yield drawn, bent.bent(drawn, bent.FAMILIES[family](rng))


def _scores(drawn: Drawn, lines: OcrLines) -> list[FieldScore]:
    """How every labelled scalar, those within lists too, came out."""
    read = read_lines([lines(Page(1, _as_jpeg(drawn)))], registry.kind(drawn.kind).root)
    values, boxes = dict(pointer.leaves(read.data)), drawn.row("")["boxes"]
    return [
        told
        for at, value in pointer.leaves(drawn.expected)
        for told in _score(at, value, values.get(at), read.evidence.get(at), boxes.get(at))
    ]


def _as_jpeg(drawn: Drawn) -> Picture:
    stream = io.BytesIO()
    drawn.image.save(stream, "JPEG", quality=_QUALITY)
    return np.asarray(Image.open(stream).convert("RGB"))


def _score(
    at: str, wanted: Any, read: Any, evidence: Evidence | None, boxes: Sequence[Sequence[float]] | None
) -> Iterator[FieldScore]:
    """One value, as if it were all that is labelled of a document."""
    witness, places = {"/value": evidence} if evidence else {}, {"/value": boxes} if boxes else {}
    for told in score({"value": wanted}, {"value": read}, witness, boxes=places):
        yield replace(told, path=at)


def _tell_wrong(name: str, scores: Sequence[FieldScore]) -> None:
    wrong = [f"{one.path}={one.read!r:.30} for {one.expected!r:.30}" for one in scores if not one.right]
    if wrong:
        print(f"  {name}: {'; '.join(wrong[:4])}", flush=True)


def _gate() -> float:
    """Processor time of flat pages read with the gate against that without, the median of turns."""
    rng = random.Random(3)
    pages = [
        Page(1, np.asarray(maker.draw(rng, "flat").image)) for maker in (invoices, receipts) * (_TIMED // 2)
    ]
    ratios = []
    ways = [Ocr(flatten=True), Ocr(flatten=False)]
    for way in ways:
        _seconds(way, pages)
    for _ in range(_TURNS):
        with_gate, without = (_seconds(way, pages) for way in ways)
        ratios.append(with_gate / without)
    return median(ratios)


def _seconds(ocr: Ocr, pages: Sequence[Page]) -> float:
    started = time.process_time()
    for page in pages:
        ocr.read(page)
    return time.process_time() - started


if __name__ == "__main__":
    main()
