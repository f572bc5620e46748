"""The cells of a party: the block under or beside its heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from schemas import languages
from worker.reading.engines.matcher.lexicon import Mention
from worker.reading.engines.matcher.readers import labelled
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.sheet import Sheet
from worker.reading.engines.matcher.typed_spans import Span

_PARTS = frozenset({"party.name", "party.address", "party.tax_ids"})
OF_INVOICES = frozenset({"party.seller", "party.buyer"})
_IN_FRAME = re.compile(languages.pieces("party_name_in_frame"))
_MAX_ROWS = 14
_MAX_GAP = 3.5  # letter heights of white space that end a block


@dataclass(frozen=True, slots=True)
class PartyBlock:
    """The cells of a party, and how surely they are one."""

    cells: tuple[Cell, ...]
    weight: float


def others(party: str, sheet: Sheet) -> set[int]:
    """The cells of every other party, by identity."""
    named = {label.concept for found in sheet.mentions.by_cell.values() for m in found for label in m.labels}
    rest = {concept for concept in named | OF_INVOICES if _is_party(concept)} - {party}
    return {id(cell) for name in rest for block in blocks_of(name, sheet) for cell in block.cells}


def blocks_of(party: str, sheet: Sheet) -> Iterator[PartyBlock]:
    """The blocks under a party's headings; without headings, those of a Chinese VAT invoice."""
    found = list(_headed(party, sheet))
    yield from found or (_by_convention(party, sheet) if party in OF_INVOICES else ())


def _is_party(concept: str) -> bool:
    return concept.startswith("party.") and concept not in _PARTS


def _by_convention(party: str, sheet: Sheet) -> Iterator[PartyBlock]:
    """On Chinese VAT invoices the first 名称 is the buyer's and the last one the seller's.

    Their headings run down the margin one character per line and are seldom read.
    """
    names = [m for m in sheet.mentions.naming("party.name") if _IN_FRAME.match(m.cell.text[m.start : m.end])]
    if len(names) < 2:
        return
    mention = names[0] if party == "party.buyer" else names[-1]
    yield PartyBlock((mention.cell, *_cells_under(mention.cell, sheet)), 1.0)


def _headed(party: str, sheet: Sheet) -> Iterator[PartyBlock]:
    for mention in sheet.mentions.naming(party):
        weight = mention.weight(party)
        heading = mention.start <= 1 and mention.end >= len(mention.cell.text.rstrip(" :：.")) - 1
        if not heading and weight < 1.0:
            continue
        cells = tuple(_beside(mention.cell, sheet) or _cells_under(mention.cell, sheet)) if heading else ()
        inline = _inline(mention, sheet)
        if inline is not None and not heading and mention.start <= 1:
            yield PartyBlock((inline.cell, *_cells_under(mention.cell, sheet)), 0.9 * weight)
        elif cells:
            yield PartyBlock(cells, weight + 0.2)


def _inline(mention: Mention, sheet: Sheet) -> Span | None:
    """The text behind a heading in its own cell, as in `Seller: ABC Ltd`."""
    if not labelled.sheet_has_value_behind(mention, sheet):
        return None
    return Span(mention.cell, mention.end, len(mention.cell.text))


def _beside(head: Cell, sheet: Sheet) -> tuple[Cell, ...]:
    """The column that begins right of a heading with a colon; nothing where another label stands there."""
    beside = next(iter(sheet.layout.right_of(head)), None)
    if beside is None or not ends_in_colon(head) or sheet.mentions.of(beside) or ends_in_colon(beside):
        return ()
    under = takewhile(
        lambda cell: not any(_is_label(c, sheet) for c in sheet.layout.left_of(cell)),
        _cells_under(beside, sheet),
    )
    return (beside, *under)


def _is_label(cell: Cell, sheet: Sheet) -> bool:
    return ends_in_colon(cell) or starts_party(cell, sheet)


def _cells_under(head: Cell, sheet: Sheet) -> Iterator[Cell]:
    """The column under a heading, down to the next heading or a wide gap."""
    left, right = _column(head, sheet)
    for neighbour in sheet.layout.right_of(head):
        if neighbour.x0 < right and not starts_party(neighbour, sheet):
            yield neighbour
    bottom = head.y1
    for row in sheet.layout.rows[head.row + 1 : head.row + 1 + _MAX_ROWS]:
        inside = [cell for cell in row.cells if left <= cell.x0 < right and cell.page is head.page]
        if not inside:
            continue
        if inside[0].y0 - bottom > _MAX_GAP * head.height or starts_party(inside[0], sheet):
            return
        if any(mention.weight("money.grand_total") for mention in sheet.mentions.of(inside[0])):
            return
        if row.index in sheet.item_headers:
            return
        yield from inside
        bottom = max(cell.y1 for cell in inside)


def _column(head: Cell, sheet: Sheet) -> tuple[float, float]:
    """From where to where the heading's column goes: up to the next heading in its row."""
    right = float(head.page.width)
    for neighbour in sheet.layout.right_of(head):
        if sheet.mentions.of(neighbour) or neighbour.x0 - head.x1 > 8 * head.height:
            right = neighbour.x0 - 0.5 * head.height
            break
    return head.x0 - 2.0 * head.height, right


def starts_party(cell: Cell, sheet: Sheet) -> bool:
    """Whether a cell begins with the heading of a party."""
    return any(
        mention.start <= 1
        and any(_is_party(label.concept) and label.weight >= 1.0 for label in mention.labels)
        for mention in sheet.mentions.of(cell)
    )


def ends_in_colon(cell: Cell) -> bool:
    """Whether a cell is the label of what stands beside it."""
    return cell.text.rstrip().endswith((":", "："))
