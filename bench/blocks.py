"""Whether the blocks of a text are found: titles, paragraphs, lists, tables, captions, headers and footers.

    python -m bench.blocks [--count N] [--seed N] [--ocr]

Draws reports and reads them as kind `text`: by their text layer, or with `--ocr` off the picture alone. Prints
for each type how many blocks were drawn, the share that was found with exactly its words (with --ocr nearly) (paragraphs that
run on over a page's end count for each page), and of what types those were that were found in another way; then how
many of those that were said to be of a type are.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz

from bench.draw.blocks import DrawnBlock, draw_report
from schemas import registry
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.pages.base import Page, PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.reading.text.sources import OcrLines, TextLayerLines
from worker.settings import Settings

_SEED = 31
_NEARLY = 95.0  # per cent of letters that are alike where a block is read off a picture


Found = tuple[str, tuple[tuple[str, ...], ...]]
"""A block's type and words."""


@dataclass(slots=True)
class Tally:
    """How many blocks of each type were drawn and found, and what became of the others."""

    roughly: bool
    drawn: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    said: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Blocks by the type that they were said to be, and the one that they are."""
    missed: list[DrawnBlock] = field(default_factory=list)

    def count(self, blocks: Sequence[DrawnBlock], pages: Sequence[Mapping[str, Any]]) -> None:
        """Compare the blocks of a document with what was read."""
        found = found_blocks(pages)
        for block in blocks:
            self.drawn[block.type] += 1
            self.said[type_taken(block, pages), block.type] += 1
            if (block.type, block.parts) in found or (self.roughly and _alike(block, found)):
                self.right[block.type] += 1
            else:
                self.taken[block.type, type_taken(block, pages)] += 1
                self.missed.append(block)

    def tell(self) -> None:
        """Print the shares."""
        for kind, count in sorted(self.drawn.items()):
            others = [f"{other} {times}" for (own, other), times in self.taken.most_common() if own == kind]
            print(f"{kind}: {self.right[kind] / count:.3f} of {count}", *others, sep="  ")
        print(f"all: {self.right.total() / self.drawn.total():.3f} of {self.drawn.total()}")
        for kind in sorted({said for said, _ in self.said} - {"nothing"}):
            count = sum(times for (said, _), times in self.said.items() if said == kind)
            print(f"said to be {kind}: {self.said[kind, kind] / count:.3f} of {count}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--count", type=int, default=40, help="reports")
    options.add_argument("--seed", type=int, default=_SEED)
    options.add_argument("--ocr", action="store_true", help="off the picture")
    options.add_argument("--misses", type=int, default=0, help="print so many blocks that were not found")
    arguments = options.parse_args()
    rng, tally = random.Random(arguments.seed), Tally(arguments.ocr)
    source = OcrLines() if arguments.ocr else TextLayerLines()
    with Sandbox(PageLimits.of(Settings())) as sandbox, tempfile.TemporaryDirectory() as folder:
        for _ in range(arguments.count):
            data, blocks = draw_report(rng)
            file = Path(folder) / "report.pdf"
            file.write_bytes(data)
            pages = [page for page in sandbox.open(file) if isinstance(page, Page)]
            if arguments.ocr:
                pages = [replace(page, words=()) for page in pages]
            read = read_lines([source(page) for page in pages], registry.kind("text").root)
            tally.count(blocks, read.data["pages"])
    tally.tell()
    for block in tally.missed[: arguments.misses]:
        print(block)


def parts_of(block: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """What a block says, without white: a row of cells, an item, or all of it in one."""
    if block["rows"]:
        return tuple(tuple("".join((cell or "").split()) for cell in row["cells"]) for row in block["rows"])
    texts = block["items"] or [block["text"] or ""]
    return tuple(("".join(text.split()),) for text in texts)


def found_blocks(pages: Sequence[Mapping[str, Any]]) -> set[Found]:
    """The blocks of a document by type and words; those that go on on the next page also as one."""
    found = [(str(block["type"]), parts_of(block)) for page in pages for block in page["blocks"]]
    inner = [block for block in found if block[0] not in {"header", "footer"}]
    return {*found, *((one[0], _as_one(one, two)) for one, two in pairwise(inner) if one[0] == two[0])}


def _alike(block: DrawnBlock, found: set[Found]) -> bool:
    """Whether a block was found with as many parts and nearly its words, for pages that are read off a picture."""
    return any(
        kind == block.type
        and [len(part) for part in parts] == [len(part) for part in block.parts]
        and fuzz.ratio("".join(map("".join, parts)), "".join(map("".join, block.parts))) >= _NEARLY
        for kind, parts in found
    )


def _as_one(one: Found, two: Found) -> tuple[tuple[str, ...], ...]:
    if one[0] == "paragraph":
        before, after = one[1][0][0], two[1][0][0]
        return ((before.removesuffix("-") + after,),)
    return (*one[1], *two[1])


def type_taken(block: DrawnBlock, pages: Sequence[Mapping[str, Any]]) -> str:
    """The type of the block that holds the first words of one."""
    start = "".join(block.parts[0])[:12]
    types = [
        other["type"] for other in pages[block.page - 1]["blocks"] for text in _texts(other) if start in text
    ]
    return types[0] if types else "nothing"


def _texts(block: Mapping[str, Any]) -> Iterator[str]:
    yield from ("".join(part) for part in parts_of(block))


if __name__ == "__main__":
    main()
