"""Letters, blanks and doubtful digits of lines whose text is known.

    python -m bench.letters [FOLDER] [--receipts N]

Reads receipts with labelled lines (`lines` in the manifest: text and box) twice from the same answers of the
recogniser: as it tells them, and mended (blanks, letters in their company). Prints characters and words that are
right, by edit distance, letters folded to capitals; and of the words with digits that are right or wrong, how many
are doubted (`digits_sure` below 0.9) in a line that is read with more than 0.9. Labels are those of the data: some
of their blanks and letters are not as printed.
"""

from __future__ import annotations

import argparse
import json
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein

from schemas.page import Box, Line
from worker.reading.engines.matcher.misread import digits_sure
from worker.reading.pages.base import Page, PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.reading.text.crops import straightened
from worker.reading.text.detection import detect
from worker.reading.text.letters import mended
from worker.reading.text.ocr import line_of
from worker.reading.text.recognition import recognise
from worker.reading.text.runtimes import factory
from worker.settings import Settings

_SURE = 0.9
_OTHER = 0.25  # share of the letters that differ where a label is of another line


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", nargs="?", type=Path, default=Path("/work/shared/data/receipts_sroie"))
    options.add_argument("--receipts", type=int, default=60)
    arguments = options.parse_args()
    manifest = (arguments.folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    labelled = [row for row in map(json.loads, manifest) if row.get("lines")][: arguments.receipts]
    counts: dict[str, Counter[str]] = {"as told": Counter(), "mended": Counter()}
    for told, better, labels in _read(arguments.folder, labelled):
        for name, lines in (("as told", told), ("mended", better)):
            for label in labels:
                _count(counts[name], label["text"], _within(lines, Box(*label["box"])))
    for name, count in counts.items():
        print(
            f"{name}: characters {1 - count['edits'] / count['letters']:.4f} of {count['letters']}, "
            f"words {count['words right'] / count['words']:.4f} of {count['words']}; with digits: "
            f"{count['wrong doubted']} of {count['wrong']} wrong and "
            f"{count['right doubted']} of {count['right']} right ones doubted"
        )


def _read(
    folder: Path, rows: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[list[Line], list[Line], Sequence[Any]]]:
    """The lines of every receipt as told and mended, and its labels."""
    runtime = factory.load("auto")
    with ThreadPoolExecutor(runtime.streams) as pool, Sandbox(PageLimits.of(Settings())) as sandbox:
        for row in rows:
            [page] = [page for page in sandbox.open(folder / row["files"][0]) if isinstance(page, Page)]
            quads = detect(page.picture, runtime)
            texts = recognise([straightened(page.picture, quad) for quad in quads], runtime, pool)
            pairs = [(quad, text) for quad, text in zip(quads, texts, strict=True) if text.text]
            told = [line_of(quad, text, page.picture) for quad, text in pairs]
            better = [line_of(quad, mended(text), page.picture) for quad, text in pairs]
            yield told, better, row["lines"]


def _within(lines: Sequence[Line], box: Box) -> list[Line]:
    """The lines at the height of a label and within its width, from left to right."""
    found = [
        line
        for line in lines
        if box.x0 <= line.box.cx <= box.x1
        and min(line.box.y1, box.y1) - max(line.box.y0, box.y0) > min(line.box.height, box.height) / 2
    ]
    return sorted(found, key=lambda line: line.box.x0)


def _count(count: Counter[str], label: str, lines: Sequence[Line]) -> None:
    expected, read = _folded(label), " ".join(_folded(line.text) for line in lines)
    edits = Levenshtein.distance(expected.replace(" ", ""), read.replace(" ", ""))
    if not lines or edits > _OTHER * len(expected) + 1:
        return
    count["letters"] += len(expected)
    count["edits"] += Levenshtein.distance(expected, read)
    words = Counter(expected.split())
    count["words"] += words.total()
    count["words right"] += (words & Counter(read.split())).total()
    for line in lines:
        start = 0
        for word in line.text.split(" "):
            if any(map(str.isdigit, word)):
                right = "right" if _folded(word).strip(".,:") in expected else "wrong"
                count[right] += 1
                doubted = digits_sure(line, start, start + len(word)) < _SURE < line.confidence
                count[f"{right} doubted"] += doubted
            start += len(word) + 1


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper()


if __name__ == "__main__":
    main()
