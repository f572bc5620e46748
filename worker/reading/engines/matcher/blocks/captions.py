"""Captions: short blocks beside a table, or beside room without text in which a figure may stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from worker.reading.engines.matcher.blocks.base import Block, Typography

_LINES, _LEAST, _LETTERS = 5, 6, 500
_NEAR = 2.2  # letter heights between a table and its caption
_ROOM = 5.0  # letter heights without text that a figure takes
_MARGIN = 0.2  # share of a page's height above or below which nothing is missed at its edge
_COUNTED = re.compile(r"[^\W\d_]{1,12}\.?\s{0,2}\d{1,3}(?:[.\-]\d{1,3})?\s?(?:[.:：)–—|]|\s{1,2}[^\W\d_])")
"""A word and a number, then a sign or more words: how captions of any language begin."""


def captioned(blocks: Sequence[Block], usual: Typography) -> list[Block]:
    """The blocks of a page, paragraphs that are captions called so."""
    found = []
    for at, block in enumerate(blocks):
        is_one = block.type == "paragraph" and _could_be(block) and _looks(block, usual)
        beside = is_one and (_by_table(blocks, at) or _by_room(blocks, block))
        found.append(replace(block, type="caption") if beside else block)
    return found


def _could_be(block: Block) -> bool:
    text = block.text.text if block.text else ""
    letters = sum(char.isalpha() for char in text)
    return len(block.lines) <= _LINES and _LEAST <= letters <= _LETTERS and not block.lines[0].upright


def _looks(block: Block, usual: Typography) -> bool:
    """Whether it is set smaller than the text, or counted."""
    text = block.text.text if block.text else ""
    counted = _COUNTED.match(text) is not None
    return counted or all(usual.smaller(line) for line in block.lines)


def _by_table(blocks: Sequence[Block], at: int) -> bool:
    block = blocks[at]
    above = at > 0 and blocks[at - 1].type == "table" and block.y0 - blocks[at - 1].y1 < _NEAR * block.size
    below = (
        at + 1 < len(blocks)
        and blocks[at + 1].type == "table"
        and blocks[at + 1].y0 - block.y1 < _NEAR * block.size
    )
    return above or below


def _by_room(blocks: Sequence[Block], block: Block) -> bool:
    """Whether room without text is right above or below, other than the page's margins."""
    others = [line for other in blocks if other is not block for line in other.lines]
    beside = [line for line in others if any(line.shared_x(own) > 0 for own in block.lines)]
    page = block.lines[0].cells[0].page
    over = max((line.y1 for line in beside if line.cy < block.y0), default=_MARGIN * page.height)
    under = min((line.y0 for line in beside if line.cy > block.y1), default=(1 - _MARGIN) * page.height)
    return max(block.y0 - over, under - block.y1) > _ROOM * block.size
