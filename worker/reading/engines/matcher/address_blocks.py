"""Blocks of lines in which somebody's name and address stand, with or without a label over them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.word_marks import mark

_ZIP = re.compile(r"(?<![\d./-])\d{4,6}(?![\d./]|-\d)")
_FEW_DIGITS = (
    0.5  # share of a line's signs from which digits make it a number rather than a part of an address
)


@dataclass(frozen=True, slots=True)
class InBlock:
    """Where a line stands in a block: which line of how many, how many lines below it are of an address.

    `order` counts such blocks from the top of the document, from 0.
    """

    line: int
    size: int
    address_below: int
    order: int


def find(graph: Graph) -> Mapping[int, InBlock]:
    """The lines of every block that holds an address, by the identity of their cells."""
    found: dict[int, InBlock] = {}
    for order, block in enumerate(_blocks(graph)):
        below = 0
        for line in reversed(range(len(block))):
            found[id(block[line])] = InBlock(line, len(block), below, order)
            below += is_address_line(block[line].text)
    return found


def _blocks(graph: Graph) -> Iterator[Sequence[Cell]]:
    seen: set[int] = set()
    for cell in graph.sheet.layout.cells:
        if id(cell) in seen:
            continue
        block = graph.surroundings.block_below(cell)
        seen.update(map(id, block))
        if len(block) > 1 and any(is_address_line(line.text) for line in block):
            yield block


def is_address_line(text: str) -> bool:
    """Whether a line names a street, or has a postal code among letters."""
    if not 3 < len(text) < 90 or sum(map(str.isdigit, text)) > _FEW_DIGITS * len(text):
        return False
    return mark("street").search(text) is not None or (
        _ZIP.search(text) is not None and any(map(str.isalpha, text)) and ":" not in text
    )


def has_zip(text: str) -> bool:
    """Whether something like a postal code is in a text."""
    return _ZIP.search(text) is not None
