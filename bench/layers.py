"""Whether what is read off a PDF is what is printed, where its text layer says something else.

    python -m bench.layers [--count N] [--honest N] [--folder FOLDER]

Draws falsified bills of every sort and honest ones. A falsified one is right when every printed word is
among the words read and nothing that nobody can see; an honest one when it loses no word. `--folder`
takes PDFs that are known to be honest, and tells the words that are lost of their layers.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench.draw.falsified import SORTS, Falsified, falsified, honest
from worker.reading.pages.base import Page, PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.reading.text.page_lines import PageLines
from worker.reading.text.sources import OcrLines
from worker.settings import Settings

SEED = 11


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=200, help="how many falsified bills")
    options.add_argument("--honest", type=int, default=100, help="how many honest ones")
    options.add_argument("--folder", type=Path, help="PDFs whose layers are right")
    arguments = options.parse_args()
    rng = random.Random(SEED)
    lines = OcrLines()
    lines.warm_up()
    lying = [falsified(rng, SORTS[number % len(SORTS)]) for number in range(arguments.count)]
    with Sandbox(PageLimits.of(Settings())) as sandbox, tempfile.TemporaryDirectory() as folder:
        tell(lying, lines, sandbox, Path(folder))
        tell([honest(rng) for _ in range(arguments.honest)], lines, sandbox, Path(folder))
        if arguments.folder:
            known_honest(sorted(arguments.folder.rglob("*.pdf")), lines, sandbox)


def tell(bills: Sequence[Falsified], lines: OcrLines, sandbox: Sandbox, folder: Path) -> None:
    """Read bills and print how many of each sort are right, and what is wrong with the others."""
    right: Counter[str] = Counter()
    started = time.perf_counter()
    for bill in bills:
        file = folder / "bill.pdf"
        file.write_bytes(bill.data)
        [page] = [page for page in sandbox.open(file) if isinstance(page, Page)]
        wrong = faults(bill, lines(page))
        right[bill.sort] += not wrong
        if wrong:
            print(f"  {bill.sort}: {'; '.join(wrong)}")
    many = Counter(bill.sort for bill in bills)
    told = ", ".join(f"{sort} {right[sort]}/{count}" for sort, count in many.items())
    seconds = (time.perf_counter() - started) / max(1, len(bills))
    print(f"right: {right.total()} of {len(bills)} ({told}); {1000 * seconds:.0f} ms per page")


def faults(bill: Falsified, read: PageLines) -> list[str]:
    text = squeezed(" ".join(line.text for line in read.lines))
    missing = [f"not read: {word}" for word in bill.printed if squeezed(word) not in text]
    return [*missing, *(f"read, but not printed: {lie}" for lie in bill.lies if squeezed(lie) in text)]


def squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def known_honest(files: Sequence[Path], lines: OcrLines, sandbox: Sandbox) -> None:
    """Print the words of right layers that are not among the words read."""
    lost = words = pages = 0
    for file in files:
        for page in sandbox.open(file):
            if not isinstance(page, Page) or not page.words:
                continue
            read = lines(page)
            text = squeezed(" ".join(line.text for line in read.lines))
            missing = [word.text for word in page.words if squeezed(word.text) not in text]
            pages, words, lost = pages + 1, words + len(page.words), lost + len(missing)
            if missing or read.distrusted:
                print(f"  {file.name}, page {page.number}: {missing[:8]} {'; '.join(read.distrusted)}")
    print(f"{lost} of {words} words lost on {pages} pages of {len(files)} files")


if __name__ == "__main__":
    main()
