"""Whether pages set in columns are read in the order in which a person reads them.

    python -m bench.order [--count N] [--seed N] [--ocr] [--photo]

Draws pages of every family and reads them as kind `text`: by their text layer, or with `--ocr` off the
picture alone, with `--photo` off the picture as if photographed at an angle. Prints the edit distance of
words (0 to 1) between the order drawn and the one found, the share of the drawn words that were found in
whatever order, and how long it takes to order a page.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein

from bench.draw.pages import FAMILIES, draw_page
from schemas import registry
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.pages.base import Page, PageLimits, Picture
from worker.reading.pages.sandbox import Sandbox
from worker.reading.text.order import in_order
from worker.reading.text.sources import OcrLines, TextLayerLines
from worker.settings import Settings

_SEED = 23


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--count", type=int, default=34, help="pages of each family")
    options.add_argument("--seed", type=int, default=_SEED)
    options.add_argument("--ocr", action="store_true", help="off the picture")
    options.add_argument("--photo", action="store_true", help="off the picture, taken at an angle")
    arguments = options.parse_args()
    rng = random.Random(arguments.seed)
    source = OcrLines() if arguments.ocr or arguments.photo else TextLayerLines()
    all_off: list[float] = []
    with Sandbox(PageLimits.of(Settings())) as sandbox, tempfile.TemporaryDirectory() as folder:
        for family in FAMILIES:
            off, found = [], []
            for _ in range(arguments.count):
                data, lines = draw_page(rng, family)
                file = Path(folder) / "page.pdf"
                file.write_bytes(data)
                [page] = [page for page in sandbox.open(file) if isinstance(page, Page)]
                if arguments.ocr or arguments.photo:
                    picture = photographed(page.picture, rng) if arguments.photo else page.picture
                    page = replace(page, picture=picture, words=())
                read = read_lines([source(page)], registry.kind("text").root)
                said = [str(line) for line in read.data["pages"][0]["lines"]]
                off.append(distance(lines, said))
                found.append(share_found(lines, said))
            print(f"{family}: distance {mean(off):.4f}, worst {max(off):.3f}, words found {mean(found):.3f}")
            all_off += off
    print(f"{len(all_off)} pages: distance {mean(all_off):.4f}")
    print(f"200 lines are ordered in {1000 * seconds(200):.1f} ms, 2,000 in {1000 * seconds(2000):.1f} ms")


def _words(lines: Sequence[str]) -> list[str]:
    return " ".join(lines).split()


def distance(drawn: Sequence[str], found: Sequence[str]) -> float:
    """Words to be changed, as a share of those of the longer text."""
    return float(Levenshtein.normalized_distance(_words(drawn), _words(found)))


def share_found(drawn: Sequence[str], found: Sequence[str]) -> float:
    """The share of drawn words that were read, wherever."""
    wanted = Counter(_words(drawn))
    return (wanted & Counter(_words(found))).total() / wanted.total()


def photographed(picture: Picture, rng: random.Random) -> Picture:
    """A picture on a desk, its corners moved by up to a thirtieth of its size."""
    height, width = picture.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    moved = [[x + rng.uniform(-1, 1) * width / 30, y + rng.uniform(-1, 1) * height / 30] for x, y in corners]
    matrix = cv2.getPerspectiveTransform(corners, np.array(moved, dtype=np.float32))
    desk = (120, 110, 100)
    taken = cv2.warpPerspective(picture, matrix, (width, height), borderValue=desk)
    return np.asarray(taken, dtype=np.uint8)


def seconds(count: int) -> float:
    """How long it takes to order so many lines in four columns, at best of five times."""
    rows = -(-count // 4)
    boxes = np.array(
        [
            (column * 260.0, row * 24.0, column * 260.0 + 240, row * 24.0 + 18)
            for column in range(4)
            for row in range(rows)
        ]
    )
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        in_order(boxes[:count])
        taken.append(time.perf_counter() - started)
    return min(taken)


if __name__ == "__main__":
    main()
