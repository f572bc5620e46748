"""Who issued a receipt, and where: the head of the page, read without labels.

Shops print their name on top, then a registration number, then the address, then telephone and
tax numbers. Which row is which shows more in this order, in commas, numbers and postcodes than in
any list of street names; the words known below only help.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from schemas import languages
from schemas.values import dates
from worker.reading.engines.matcher import typed_spans
from worker.reading.engines.matcher.concepts import Concept
from worker.reading.engines.matcher.readers import labelled
from worker.reading.engines.matcher.rows import Row
from worker.reading.engines.matcher.sheet import Candidate, Sheet, best_first
from worker.reading.engines.matcher.typed_spans import Span

_word = partial(re.compile, flags=re.IGNORECASE)

ORGANISATION = languages.words("organisation")
ADDRESS = languages.words("address")
POSTCODE = _word(
    r"(?<![\d-])\d{5,6}(?![\d-])|\b[A-Z]{2}\.? \d{5}(?:-\d{4})?\b|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"
)
_AFTER_ADDRESS = re.compile(rf"{languages.words('after_address').pattern}|@|\.COM", re.IGNORECASE)
_NUMBER_OF_COMPANY = languages.pieces("company_number")
_REGISTRATION = _word(
    rf"^\W*{languages.pieces('registrar')}?\s?{languages.pieces('registration')}?"
    rf"\s?{languages.pieces('registration_number')}?\W*\(?\s?[A-Z]{{0,3}}\d{{4,12}}\s?-?\s?[A-Z]{{0,2}}\s?\)?\W*$"
)
_REGISTRATION_TAIL = _word(
    rf"\s*(?:\(\s?{_NUMBER_OF_COMPANY}?[A-Z]{{0,3}}\d{{4,12}}\s?-?\s?[A-Z]{{0,2}}\s?\)"
    rf"|{_NUMBER_OF_COMPANY}?\b[A-Z]{{0,2}}\d{{4,9}}\s?-\s?[A-Z]{{1,2}}).*$"
)
_LEGAL_FORM = languages.words("legal_form")
_HOUSE_NUMBER = _word(rf"^\W*(?:{languages.pieces('house_number')}|\d+[A-Z]?\s?[,\-]|\d{{1,5}}\s[A-Z])")
_NUMBER = _word(rf"[#№]|\b{languages.pieces('number')}\b\.?\s?[:.]")
_ONLY_DIGITS = re.compile(r"^[\d\s()+./-]{7,}$")
_MAX_ADDRESS_ROWS = 6


def read_name(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """Candidates for the name, best first."""
    found = [c for c in labelled.read(_text(concept), sheet) if _letters(str(c.value)) >= 2]
    rows = sheet.layout.rows[: max(8, len(sheet.layout.rows) // 3)]
    for index, row in enumerate(rows):
        if _letters(row.text) >= 3:
            found.extend(_names(sheet, row, index))
    return best_first(found)


def read_address(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """Candidates for the address, best first."""
    found = list(_blocks(sheet))
    labelled_ones = labelled.read(_text(concept), sheet)
    found.extend(Candidate(c.value, c.score + 1.0, c.spans, c.strength) for c in labelled_ones)
    return best_first(found)


def address_likeness(text: str) -> float:
    """How much a row looks like a line of an address; about 0.25 for a neutral one."""
    score = 0.5 * min(len(ADDRESS.findall(text)), 3)
    score += 0.8 * bool(POSTCODE.search(text))
    score += 0.25 * min(text.count(",") + text.count("，"), 3)
    score += 0.2 * bool(re.search(r"\b\d{1,3}[A-Z]?/\d{1,3}", text))
    score += 0.4 * bool(_HOUSE_NUMBER.match(text))
    score -= 1.5 * bool(_AFTER_ADDRESS.search(text))
    score -= 0.8 * bool(re.match(r"^\W*\([^()]*\)\W*$", text) or re.search(r"[A-Za-z]\w+\s?[:：]", text))
    score -= 0.7 * bool(re.search(r"\+?6?0\d{1,2}-?\d{6,8}", text.replace(" ", "")))
    score -= 1.0 * bool(typed_spans.has_money(text) or next(dates.find(text), None))
    return score


def _names(sheet: Sheet, row: Row, index: int) -> Iterator[Candidate]:
    text = row.text
    trimmed = _REGISTRATION_TAIL.sub("", text).strip() or text
    score = 1.0 - 0.1 * index
    score += 0.8 * bool(ORGANISATION.search(text) or _LEGAL_FORM.search(text))
    score += 0.2 * (trimmed != text)
    score += 0.3 * min(row.height / sheet.layout.text_height - 1, 2.0)
    score -= 0.9 * bool(_NUMBER.search(text))
    score -= 1.2 * bool(_AFTER_ADDRESS.search(text) or next(dates.find(text), None))
    score -= 1.0 * bool(_REGISTRATION.match(text))
    likeness = address_likeness(text)
    score -= 0.6 * (likeness >= 0.9) + 0.3 * (0.5 <= likeness < 0.9)
    score -= 0.3 * (_letters(text) < 5)
    score -= 0.4 * (sum(char.isdigit() for char in text) > 0.4 * len(text))
    score += 0.3 * _leads_to_address(sheet, row)
    score += 0.1 * min(cell.line.confidence for cell in row.cells) - 0.3 * _is_noise(row)
    strength = min(1.0, max(0.1, score / 2.2))
    yield Candidate(trimmed, score, _spans(row, len(text) - len(trimmed)), strength)
    joined = _joined(sheet, row, trimmed)
    if joined:
        value, above = joined
        spans_ = tuple(span for before in above for span in _spans(before, 0))
        spans_ += _spans(row, len(text) - len(trimmed))
        yield Candidate(value, score + 0.55, spans_, strength)


def _leads_to_address(sheet: Sheet, row: Row) -> bool:
    """Whether an address or registration number follows at once: what is above them is a name."""
    for follower in sheet.layout.rows[row.index + 1 : row.index + 3]:
        if address_likeness(follower.text) >= 0.6 or _REGISTRATION.match(follower.text):
            return True
    return False


def _is_noise(row: Row) -> bool:
    """Handwriting and stamps in the margin: badly read, or far from where the head is printed."""
    return min(cell.line.confidence for cell in row.cells) < 0.8


def _joined(sheet: Sheet, row: Row, text: str) -> tuple[str, tuple[Row, ...]] | None:
    """A name on several rows: its last row alone says only what kind of company it is."""
    if not (_is_generic(text) or text.count(")") > text.count("(")):
        return None
    above: list[Row] = []
    below = row
    while len(above) < 2:
        before = sheet.layout.rows[below.index - 1] if below.index else None
        if before is None or not _continues(sheet, before, below):
            break
        above.insert(0, before)
        below = before
        if not _is_generic(before.text) and before.text.count("(") <= before.text.count(")"):
            break
    if not above:
        return None
    return " ".join([*(before.text for before in above), text]), tuple(above)


def _is_generic(text: str) -> bool:
    """Whether a row holds legal forms and lines of business but no name of its own."""
    if re.search(r"[\d#]", text):
        return False
    rest = re.sub(r"\([^)]*\)?", " ", text)
    rest = ORGANISATION.sub(" ", _LEGAL_FORM.sub(" ", rest))
    return ORGANISATION.search(text) is not None and _letters(rest) <= 2


def _continues(sheet: Sheet, before: Row, row: Row) -> bool:
    """Whether a name may begin on one row and go on in the next."""
    return (
        sheet.layout.gap_above(row) <= 0.6 * row.height
        and 0.7 <= before.height / row.height <= 1.5
        and not _AFTER_ADDRESS.search(before.text)
        and not _REGISTRATION.match(before.text)
        and not re.match(r"^\W*\(", before.text)
        and _letters(before.text) >= 4
        and address_likeness(before.text) < 0.8
    )


def _blocks(sheet: Sheet) -> Iterator[Candidate]:
    """Runs of rows that could be an address, in the upper part of the document."""
    rows = sheet.layout.rows
    likeness = [address_likeness(row.text) for row in rows]
    _credit_last_rows(sheet, likeness)
    name = _name_row(sheet)
    for first in range(min(len(rows), max(14, len(rows) // 2))):
        follows = _follows(sheet, first, name)
        for last in range(first, min(first + _MAX_ADDRESS_ROWS, len(rows))):
            row = rows[last]
            if _is_end(row):
                break
            if last > first and sheet.layout.gap_above(row) > 1.5 * sheet.layout.text_height:
                break
            yield _block(sheet, first, last, likeness, follows=follows)


def _credit_last_rows(sheet: Sheet, likeness: list[float]) -> None:
    """A short row of plain words under a postcode or behind a comma is the town, state or country."""
    rows = sheet.layout.rows
    for index in range(1, len(rows)):
        above, text = rows[index - 1].text, rows[index].text
        plain = re.fullmatch(r"[A-Za-zÀ-ÿ ,.()'-]+", text) and len(text.split()) <= 4
        open_end = POSTCODE.search(above) or above.rstrip().endswith(",")
        ends = _AFTER_ADDRESS.search(text) or _LEGAL_FORM.search(text)
        if open_end and likeness[index - 1] > 0.4 and plain and not ends:
            likeness[index] = max(likeness[index], 0.6)


def _name_row(sheet: Sheet) -> int | None:
    """The row of the likeliest name."""
    found = [
        candidate
        for index, row in enumerate(sheet.layout.rows[:10])
        if _letters(row.text) >= 3
        for candidate in _names(sheet, row, index)
    ]
    best = max(found, key=lambda candidate: candidate.score, default=None)
    return best.spans[-1].cell.row if best else None


def _follows(sheet: Sheet, first: int, name: int | None) -> float:
    """What it is worth to stand under the name: an address does, at most numbers come between."""
    if name is None:
        return 0.0
    if first <= name:
        return -1.0
    between = sheet.layout.rows[name + 1 : first]
    direct = all(
        _REGISTRATION.match(row.text) or _AFTER_ADDRESS.search(row.text) or re.match(r"^\W*\(", row.text)
        for row in between
    )
    return 0.8 if direct else 0.0


def _block(sheet: Sheet, first: int, last: int, likeness: list[float], *, follows: float) -> Candidate:
    rows = sheet.layout.rows[first : last + 1]
    score = sum(likeness[row.index] - 0.25 for row in rows) + follows
    score -= 0.9 * (likeness[first] < 0.5 and follows <= 0)
    score -= 1.0 * bool(_LEGAL_FORM.search(rows[0].text) and likeness[first] < 1.2)
    score += 0.5 * any(POSTCODE.search(row.text) for row in rows)
    score -= 0.1 * first
    score += 0.4 * (follows > 0 and _ends_head(sheet, last))
    score -= 0.4 * _goes_on(sheet, last)
    spans_ = tuple(span for row in rows for span in _spans(row, 0))
    spans_ = (_past_label(spans_[0], sheet), *spans_[1:])
    value = " ".join(span.text for span in spans_)
    return Candidate(value, score, spans_, min(1.0, max(0.1, score / 4)))


def _goes_on(sheet: Sheet, last: int) -> bool:
    """Whether a row says by its comma that the next one belongs to it, and there is one that may."""
    rows = sheet.layout.rows
    if not rows[last].text.rstrip().endswith(",") or last + 1 == len(rows):
        return False
    below = rows[last + 1]
    return not _is_end(below) and sheet.layout.gap_above(below) <= 1.5 * sheet.layout.text_height


def _past_label(span: Span, sheet: Sheet) -> Span:
    """The first line of an address without the word that says that it is one."""
    for mention in sheet.mentions.of(span.cell):
        rest = span.cell.text[mention.end :]
        if mention.start <= 1 and mention.weight("merchant.address") and rest.lstrip()[:1] in ":：":
            return Span(span.cell, mention.end + len(rest) - len(rest.lstrip(" :：")), span.end)
    return span


def _ends_head(sheet: Sheet, last: int) -> bool:
    """Whether what follows a row is something else: a telephone, a date, a title, white space."""
    if last + 1 >= len(sheet.layout.rows):
        return True
    row = sheet.layout.rows[last + 1]
    apart = sheet.layout.gap_above(row) > 1.2 * sheet.layout.text_height
    return apart or _is_end(row) or next(dates.find(row.text), None) is not None


def _is_end(row: Row) -> bool:
    """Whether a row cannot be part of an address: it says what it is, or is a number only."""
    return bool(
        _AFTER_ADDRESS.search(row.text) or _REGISTRATION.match(row.text) or _ONLY_DIGITS.match(row.text)
    )


def _spans(row: Row, dropped: int) -> tuple[Span, ...]:
    """The cells of a row, the last one shortened."""
    *front, last = row.cells
    whole = tuple(Span(cell, 0, len(cell.text)) for cell in front)
    return (*whole, Span(last, 0, max(1, len(last.text) - dropped)))


def _letters(text: str) -> int:
    return sum(char.isalpha() for char in text)


def _text(concept: Concept) -> Concept:
    return Concept(name=concept.name, value="text", labels=concept.labels)
