"""Seller and buyer: a block under a heading, or the letterhead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from schemas import languages
from schemas.json_schema.fields import Field
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.concepts import Concept, concept_of
from worker.reading.engines.matcher.readers import labelled, merchant, party_blocks
from worker.reading.engines.matcher.readers.party_blocks import (
    PartyBlock,
    blocks_of,
    ends_in_colon,
    starts_party,
)
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.sheet import Candidate, Sheet, best_first
from worker.reading.engines.matcher.typed_spans import Span

_SALUTATION = re.compile(rf"^{languages.pieces('salutation')}\.?:?$", re.IGNORECASE)
_FORM = languages.words("company_form", any_case=False)
_MOST_LINES = 4  # of an address
_OUT_OF_LINE = 3.0  # letter heights
_NEUTRAL, _NO_ADDRESS = 0.25, -0.5  # likeness of a line to one of an address
_HEADING_NUMBER = re.compile(
    rf"^(?:GLN|ILN|GTIN|{languages.pieces('party_number')})\b|^[\d\s/.-]+$", re.IGNORECASE
)


def read(field: Field, concept: Concept, sheet: Sheet) -> Group:
    """Name, address and tax numbers of a party."""
    blocks = sorted(blocks_of(concept.name, sheet), key=lambda block: -block.weight)
    others = party_blocks.others(concept.name, sheet)
    filled: dict[str, Filling] = {}
    for child in field.properties:
        match concept_of(child, within=concept.name).value:
            case "party_name":
                filled[child.name] = Scalar(_names(blocks, concept, sheet, others))
            case "party_address":
                filled[child.name] = Scalar(_addresses(blocks, concept, sheet, others))
            case "tax_id":
                numbers = _tax_ids(blocks, concept, sheet, others)
                filled[child.name] = numbers if child.is_array else _first(numbers)
            case _:
                pass  # nothing else is in a party's block
    return Group(filled)


def _first(found: Listing) -> Filling:
    """Of several numbers the first, for a schema that has room for one."""
    return found.items[0] if found.items else Scalar()


def _names(blocks: Sequence[PartyBlock], concept: Concept, sheet: Sheet, others: set[int]) -> list[Candidate]:
    found: list[Candidate] = []
    for block in blocks:
        found.extend(_labelled_in(block, "party.name", sheet))
        found.extend(_first_lines(block, concept, sheet))
    if concept.name == "party.seller":
        head = Concept("merchant.name", "text")
        letterhead = _outside(merchant.read_name(head, sheet)[:6], others)
        found.extend(_up_to_separator(candidate) for candidate in letterhead)
    return best_first(found)


def _outside(candidates: Sequence[Candidate], others: set[int]) -> list[Candidate]:
    """Those that touch no cell of the other party."""
    return [c for c in candidates if not any(id(span.cell) in others for span in c.spans)]


def _up_to_separator(candidate: Candidate) -> Candidate:
    """The name at the front of a line that goes on with the address."""
    first, *_ = candidate.spans
    text = re.split(r"\s[-–●•|·]\s", str(candidate.value))[0].strip(" ●•")
    if len(candidate.spans) > 1 or text == candidate.value:
        return Candidate(candidate.value, 0.4 * candidate.score, candidate.spans, 0.4)
    span = Span(first.cell, first.start, first.start + len(text))
    return Candidate(text, 0.4 * candidate.score, (span,), 0.4)


def _labelled_in(block: PartyBlock, concept: str, sheet: Sheet) -> Iterator[Candidate]:
    """Values behind `Name:` and the like inside the block."""
    inside = {id(cell) for cell in block.cells}
    for candidate in labelled.read(Concept(concept, "text"), sheet):
        if all(id(span.cell) in inside for span in candidate.spans) and candidate.strength > 0.6:
            score = block.weight + 0.6 + 0.2 * candidate.strength
            yield Candidate(candidate.value, score, candidate.spans, 0.9)
            above = _line_above(candidate.spans[0], block)
            if above and _is_wordy(above.text) and _completes(above.text, str(candidate.value)):
                value = f"{above.text} {candidate.value}"
                yield Candidate(value, score + 0.1, (above, *candidate.spans), 0.8)


def _is_wordy(text: str) -> bool:
    return sum(char.isalpha() for char in text) > 0.6 * len(text.replace(" ", ""))


def _line_above(span: Span, block: PartyBlock) -> Span | None:
    """The line right over a value in the same column, when its label stands between the two."""
    for cell in block.cells:
        gap = span.cell.y0 - cell.y1
        aligned = abs(cell.x0 - span.cell.x0) < 0.5 * cell.height
        if aligned and cell is not span.cell and -0.3 * cell.height < gap < 0.6 * cell.height:
            return Span(cell, 0, len(cell.text))
    return None


def _first_lines(block: PartyBlock, concept: Concept, sheet: Sheet) -> Iterator[Candidate]:
    """The first line that is no number and no label; with the next when the form is there."""
    lines = [span for cell in block.cells if (span := _own_text(cell, concept, sheet))]
    invoiced = concept.name in party_blocks.OF_INVOICES  # there a second line is a person or a department
    for order, span in enumerate(lines[:3]):
        text = span.text
        if _SALUTATION.match(text) or sum(char.isalpha() for char in text) < 2:
            continue
        if merchant.POSTCODE.search(text):
            break  # the address has begun
        score = block.weight + 0.4 - 0.35 * order
        follower = lines[order + 1] if order + 1 < len(lines) else None
        if follower and _completes(text, follower.text):
            value = f"{text} {follower.text}"
            yield Candidate(value, score + 0.1, (span, follower), 0.8)
        unsure = order == 0 and not invoiced and follower is not None and _may_go_on(text, follower.text)
        yield Candidate(text, score, (span,), 0.55 if unsure else 0.85 - 0.2 * order)
        if unsure and follower is not None:
            yield Candidate(f"{text} {follower.text}", score - 0.05, (span, follower), 0.5)


def _own_text(cell: Cell, concept: Concept, sheet: Sheet, *, digits: float = 0.35) -> Span | None:
    """What a cell says itself; None for labels, for what stands behind them, and for numbers.

    `digits` is the share of them above which a text counts as a number.
    """
    if any(
        ends_in_colon(other) and not starts_party(other, sheet) for other in sheet.layout.left_of(cell)[-1:]
    ):
        return None
    if any(other.text.startswith((":", "：")) for other in sheet.layout.right_of(cell)[:1]):
        return None
    start = 0
    heading = next((m for m in sheet.mentions.of(cell) if m.start <= 1 and m.weight(concept.name)), None)
    if heading and re.match(r"\s*[:：]", cell.text[heading.end :]):
        start = heading.end
    text = cell.text[start:]
    lead = len(text) - len(text.lstrip(" :：.-●•|"))
    text = re.split(r"\s[-–●•|·]\s", text[lead:])[0].rstrip(" ,;●•")
    if _HEADING_NUMBER.match(text) or re.match(r"^[\w.-][\w ./、()（）-]{0,28}\s?[:：]", text):
        return None
    if sum(char.isdigit() for char in text) > digits * len(text):
        return None
    return Span(cell, start + lead, start + lead + len(text)) if text else None


def _completes(text: str, follower: str) -> bool:
    """Whether a name goes on in the next line, which has the legal form the first lacks."""
    return not _FORM.search(text) and bool(_FORM.search(follower)) and not re.search(r"\d", follower)


def _may_go_on(text: str, follower: str) -> bool:
    """Whether a name may go on in the next line, which has words alone and is no part of an address."""
    begun = any(map(str.isdigit, follower)) or merchant.address_likeness(follower) > 0
    return not begun and not _FORM.search(text) and _is_wordy(follower)


def _addresses(
    blocks: Sequence[PartyBlock], concept: Concept, sheet: Sheet, others: set[int]
) -> list[Candidate]:
    found = []
    for block in blocks:
        names = list(_first_lines(block, concept, sheet))
        named = {id(span.cell) for candidate in names[:1] for span in candidate.spans}
        lines = [_address_text(cell, concept, sheet) for cell in block.cells if id(cell) not in named]
        run = _address_run(lines)
        if run:
            value = ", ".join(span.text.strip(" ,") for span in run)
            found.append(Candidate(value, block.weight + 0.1 * len(run), tuple(run), 0.75))
    if not found and concept.name == "party.seller":
        letterhead = merchant.read_address(Concept("merchant.address", "text"), sheet)[:3]
        found.extend(Candidate(c.value, 0.2 * c.score, c.spans, 0.35) for c in _outside(letterhead, others))
    return best_first(found)


def _address_text(cell: Cell, concept: Concept, sheet: Sheet) -> Span | None:
    """A line of an address, past its label if it has one."""
    for mention in sheet.mentions.of(cell):
        if mention.weight("party.address") and mention.start <= 1:
            rest = cell.text[mention.end :]
            start = mention.end + len(rest) - len(rest.lstrip(" :：."))
            return Span(cell, start, len(cell.text)) if start < len(cell.text) else None
    beside = sheet.layout.left_of(cell)[-1:]
    if any(mention.weight("party.address") for label in beside for mention in sheet.mentions.of(label)):
        return Span(cell, 0, len(cell.text))
    return _own_text(cell, concept, sheet, digits=0.7)


def _address_run(lines: Sequence[Span | None]) -> list[Span]:
    """From the first line with a number on: street, town, country; a line that is none of them ends it.

    Behind the town only a country follows, the last line of its block, or what is an address itself.
    """
    run: list[Span] = []
    for index, span in enumerate(lines):
        text = span.text if span else ""
        likeness = -9.0 if span is None or "@" in text else merchant.address_likeness(text)
        is_last = index + 1 == len(lines) or lines[index + 1] is None
        after_town = bool(run) and merchant.POSTCODE.search(run[-1].text) is not None
        least = _NEUTRAL if after_town and not is_last else _NO_ADDRESS
        if run and (likeness < least or not _is_aligned(span, run[-1])):
            break
        if span is not None and likeness >= least and (run or any(map(str.isdigit, text))):
            run.append(span)
    return run[:_MOST_LINES]


def _is_aligned(span: Span | None, above: Span) -> bool:
    """Whether a line begins where the one above it does, or is set to its middle."""
    if span is None:
        return False
    (one, one_ends), (two, two_ends) = (
        (found.cell.x_at(found.start), found.cell.x_at(found.end)) for found in (span, above)
    )
    apart = min(abs(one - two), abs(one + one_ends - two - two_ends) / 2)
    return apart < _OUT_OF_LINE * span.cell.height


def _tax_ids(blocks: Sequence[PartyBlock], concept: Concept, sheet: Sheet, others: set[int]) -> Listing:
    inside = {id(cell) for block in blocks for cell in block.cells}
    is_seller = concept.name == "party.seller"
    printed = [
        (candidate, {id(span.cell) for span in candidate.spans})
        for candidate in labelled.read(Concept("party.tax_ids", "tax_id"), sheet)
        if candidate.strength >= 0.6
    ]
    theirs = {str(candidate.value) for candidate, cells in printed if cells & others}
    chosen: dict[str, Candidate] = {}
    for candidate, cells in printed:
        if str(candidate.value) in theirs and not (is_seller and cells & inside):
            continue  # printed for both parties, a number is the seller's
        if cells & inside or (is_seller and not blocks):
            chosen.setdefault(str(candidate.value), candidate)
    return Listing([Scalar([candidate]) for candidate in chosen.values()])
