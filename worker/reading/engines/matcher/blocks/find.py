"""From the lines of a document in reading order to the blocks of its pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from worker.reading.engines.matcher.blocks.base import Block, ReadLine, Typography, typography_of
from worker.reading.engines.matcher.blocks.captions import captioned
from worker.reading.engines.matcher.blocks.flow import flow
from worker.reading.engines.matcher.blocks.furniture import Margin, margins
from worker.reading.engines.matcher.blocks.joining import Joiner
from worker.reading.engines.matcher.blocks.tables import tables

_LEVELS = 6
_SAME_LEVEL = {
    True: 1.1,
    False: 1.4,
}  # titles whose letters differ by less are of one level, in a file, in a picture


def find_blocks(pages: Sequence[Sequence[ReadLine]]) -> list[list[Block]]:
    """The blocks of every page, each line in exactly one, in the order of the lines."""
    everything = [line for page in pages for line in page]
    joiner = Joiner(line.text for line in everything)
    usual = [typography_of(page, everything) for page in pages]
    found = [
        list(_page(page, margin, look, joiner))
        for page, margin, look in zip(pages, margins(pages, usual), usual, strict=True)
    ]
    pages_found = [captioned(blocks, look) for blocks, look in zip(found, usual, strict=True)]
    return _with_levels(pages_found, same=_SAME_LEVEL[all(look.exact for look in usual)])


def _page(
    lines: Sequence[ReadLine], margin: Mapping[int, Margin], usual: Typography, joiner: Joiner
) -> Iterator[Block]:
    run: list[ReadLine] = []
    for at, line in enumerate(lines):
        if at not in margin:
            run.append(line)
            continue
        yield from _body(run, usual, joiner)
        run = []
        yield Block(margin[at], (line,), joiner.joined([line]))
    yield from _body(run, usual, joiner)


def _body(lines: Sequence[ReadLine], usual: Typography, joiner: Joiner) -> Iterator[Block]:
    """Tables, and between them running text."""
    start = 0
    for table in tables(lines, joiner):
        yield from flow(lines[start : table.start], usual, joiner)
        yield Block("table", tuple(lines[table.start : table.end]), rows=table.rows)
        start = table.end
    yield from flow(lines[start:], usual, joiner)


def _with_levels(pages: Sequence[Sequence[Block]], *, same: float) -> list[list[Block]]:
    """The titles with their levels: 1 for the largest of the document."""
    sizes = sorted(
        {block.size for blocks in pages for block in blocks if block.type == "title"}, reverse=True
    )
    levels: dict[float, int] = {}
    largest, level = 0.0, 0
    for size in sizes:
        if size * same < largest or not level:
            largest, level = size, min(level + 1, _LEVELS)
        levels[size] = level
    return [
        [replace(block, level=levels[block.size]) if block.type == "title" else block for block in blocks]
        for blocks in pages
    ]
