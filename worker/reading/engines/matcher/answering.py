"""Questions that can be answered without a model: by a label, or by what stands where a quotation does."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from schemas import pointer
from schemas.json_schema.fields import Field
from schemas.page import Line, Mark
from schemas.question import ANSWER, QUOTES, DocumentQuestion, Intent, of_schema
from schemas.record import Citation, Evidence, Issue, Severity
from schemas.values.folding import letters_and_digits
from worker.reading.engines.base import Reading
from worker.reading.marks.lines import of_lines, signed
from worker.reading.text.page_lines import PageLines, legibility

_QUOTED = re.compile(r"[\"“„«「『](.{2,200}?)[\"”“»」』]")
_LEAST = 0.7
"""Below this the value behind a label is no answer, but a guess."""
_SURE = 0.9
"""How far a line is believed to be the one that somebody quotes."""

_KINDS = ("string", "number")
_AT = pointer.join(ANSWER)

Fill = Callable[[Sequence[PageLines], Field], Reading]
"""Finds the values of a schema in the lines of some pages."""


def asked(root: Field) -> DocumentQuestion | None:
    """The question of a schema whose answer is in words; None for all that is a matter of fields."""
    question = of_schema(root)
    return question if question is not None and question.intent is Intent.ANSWER else None


def answer(pages: Sequence[PageLines], question: DocumentQuestion, fill: Fill) -> Reading:
    """What stands behind the label that the question names, or the line that it quotes; else that it is neither."""
    reading = _read(pages, question, fill)
    answered = reading.data[ANSWER] is not None
    return replace(
        reading,
        has_text=any(page.lines for page in pages),
        issues=reading.issues if answered else (*reading.issues, _unanswered()),
        tokens={"pages": len(pages)},
        notes=tuple(note for page in pages for note in page.notes()),
    )


def _read(pages: Sequence[PageLines], question: DocumentQuestion, fill: Fill) -> Reading:
    """The line that is quoted, else the value behind the label, whichever type of value is the surest."""
    quoted = _quoted(pages, question.text)
    if quoted is not None:
        text, evidence = quoted
        return Reading({ANSWER: text, QUOTES: []}, {_AT: evidence})
    readings = [fill(pages, _field_of(question.label, kind)) for kind in _KINDS] if question.label else []
    best = max(readings, key=_confidence, default=Reading({}))
    if _confidence(best) >= _LEAST:
        return replace(best, data={ANSWER: _in_words(best), QUOTES: []})
    unasked = tuple(issue for issue in best.issues if not issue.path)
    return Reading({ANSWER: None, QUOTES: []}, issues=unasked if readings else tuple(legibility(pages)))


def _confidence(reading: Reading) -> float:
    found = reading.evidence.get(_AT)
    return 0.0 if found is None or reading.data.get(ANSWER) is None else found.confidence


def _in_words(reading: Reading) -> str:
    """The value, a number as it is printed."""
    value, citations = reading.data[ANSWER], reading.evidence[_AT].citations
    return citations[0].text if citations and not isinstance(value, str) else str(value)


def _field_of(label: str, kind: str) -> Field:
    """A schema of one value whose name is the label."""
    value = Field(ANSWER, _AT, (kind,), nullable=True, title=label, description=label)
    return Field("", "", ("object",), properties=(value,))


def _quoted(pages: Sequence[PageLines], text: str) -> tuple[str, Evidence] | None:
    """The first line that has what the question quotes, with its tick boxes as signs, and all their places."""
    quotation = _QUOTED.search(text)
    wanted = letters_and_digits(quotation.group(1)) if quotation else ""
    for page in pages if wanted else ():
        for number, line in enumerate(page.lines):
            if wanted in letters_and_digits(line.text):
                marks = of_lines(page.lines, page.marks).get(number, ())
                places = (_place(page, line), *(_mark(page, mark) for mark in marks))
                sure = min([_SURE, *(mark.confidence for mark in marks)])
                said = signed(page.lines, page.marks)[number]
                return said, Evidence(confidence=sure, citations=places)
    return None


def _mark(page: PageLines, mark: Mark) -> Citation:
    box = page.frame.on_page(mark.box).rounded()
    return Citation(page=page.number, box=box, text=mark.sign)


def _place(page: PageLines, line: Line) -> Citation:
    box = page.on_page(line.box, vertical=line.vertical).rounded()
    return Citation(page=page.number, box=box, text=line.text)


def _unanswered() -> Issue:
    message = (
        "the embedded engine answers only what stands behind a label that the question names, or in a line "
        "that it quotes, and found neither; a vision-language model can be asked"
    )
    return Issue(code="unanswered", severity=Severity.ERROR, path=_AT, message=message)
