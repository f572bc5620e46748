"""The text of a document as people open it: Markdown, or plain text.

Made from the blocks of a record of kind `text`; from its lines where it was read before there were blocks.
Nothing that was read is left out, headers and footers included, and nothing is said twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from schemas.documents.text import Text, TextBlock, TextPage
from worker.errors import RequestInvalid

_PAGE_BREAK = "\f\n"
_ORDINAL = re.compile(r"(\d{1,9}[.)])\s+(?=\S)")
_SIGN = re.compile(r"(?:[•‣◦⁃∙▪▫■□●○◆◇►▶▸➢➤✓✔・·*+–—-]|[\uf020-\uf0ff])\s*(?=\S)")
_INLINE = re.compile(r"[\\`*\[\]<~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|!(?=\[)")
_LINE_START = re.compile(r"(?P<before>\s*)(?P<mark>#(?=#{0,5}(\s|$))|>|[+-](?=\s|$)|[-=](?=[-=\s]*$)|\|)")
_NUMBER_START = re.compile(r"(\s*\d{1,9})([.)])(?=\s|$)")


class ProseForm(StrEnum):
    """A form in which a text is given."""

    MD = "md"
    TXT = "txt"


MEDIA = {ProseForm.MD: "text/markdown; charset=utf-8", ProseForm.TXT: "text/plain; charset=utf-8"}


def render(data: Mapping[str, Any] | None, form: ProseForm) -> str:
    """The text of the data of a record; raises RequestInvalid for those of another kind, or of none."""
    try:
        pages = Text.model_validate(data).pages
    except ValidationError:
        raise RequestInvalid(
            detail=f"only a record of kind text that was read can be had as {form}"
        ) from None
    block = _markdown if form is ProseForm.MD else _plain
    texts = ["\n\n".join(_blocks(page, block)) for page in pages]
    if form is ProseForm.TXT:
        return _PAGE_BREAK.join(f"{text}\n" for text in texts)
    return "\n\n".join(filter(None, texts)) + "\n"


def _blocks(page: TextPage, render_block: Callable[[TextBlock], str]) -> Iterator[str]:
    """The blocks of a page, each as a text; its lines as one block where it has none."""
    for block in page.blocks or [TextBlock(type="paragraph", text="\n".join(page.lines))]:
        text = render_block(block)
        if text.strip():
            yield text


def _plain(block: TextBlock) -> str:
    """A block as lines: an item or a row each, tabs between cells."""
    rows = ("\t".join(_one_line(cell or "") for cell in row.cells) for row in block.rows)
    return "\n".join([*filter(None, [block.text]), *block.items, *rows])


def _markdown(block: TextBlock) -> str:
    """A block in CommonMark, with the tables of GitHub's."""
    pieces = []
    if block.text and block.type == "title":
        pieces.append(f"{'#' * (block.level or 1)} {_heading(_one_line(block.text))}")
    elif block.text:
        pieces.append("  \n".join(_line(line) for line in block.text.splitlines()))
    if block.items:
        pieces.append("\n".join(_items(block.items)))
    if block.rows:
        pieces.append("\n".join(_table([row.cells for row in block.rows])))
    return "\n\n".join(pieces)


def _items(items: Sequence[str]) -> Iterator[str]:
    """Items with the signs of Markdown; numbers stay as they are, letters stay beside a sign."""
    for item in items:
        text = _one_line(item)
        if number := _ORDINAL.match(text):
            yield f"{number[1]} {_line(text[number.end() :])}"
        else:
            sign = _SIGN.match(text)
            yield f"- {_line(text[sign.end() :] if sign else text)}"


def _table(rows: Sequence[Sequence[str | None]]) -> Iterator[str]:
    """Rows under the first one, all of the same length."""
    width = max(1, *(len(row) for row in rows))
    for at, row in enumerate(rows):
        cells = [_inline(_one_line(cell or "")).replace("|", "\\|") for cell in row]
        yield f"| {' | '.join([*cells, *[''] * (width - len(cells))])} |"
        if at == 0:
            yield f"|{' --- |' * width}"


def _heading(text: str) -> str:
    """Signs at the end of a title, which Markdown would take for those that close it, kept."""
    return re.sub(r"(^|\s)(#+)$", r"\1\\\2", _inline(text))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _line(text: str) -> str:
    """A line that begins no block of another kind."""
    text = _inline(text.strip())
    text = _LINE_START.sub(r"\g<before>\\\g<mark>", text, count=1) if _LINE_START.match(text) else text
    return _NUMBER_START.sub(r"\1\\\2", text, count=1) if _NUMBER_START.match(text) else text


def _inline(text: str) -> str:
    """What would be read as markup, with a backslash before it."""
    return _INLINE.sub(r"\\\g<0>", text)
