"""The pages of a document as its reading: merged, their values looked up, what is missing told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from schemas.json_schema.fields import Field
from schemas.page import Line
from schemas.question import QUOTES
from worker.errors import OutputInvalid
from worker.reading.engines.base import Reading
from worker.reading.engines.vision import answering, grounding, quoted_marks, said_once
from worker.reading.engines.vision.merge import merge
from worker.reading.engines.vision.page_read import PageRead, issues_of, notes_of, tokens_of
from worker.reading.engines.vision.row_check import rows_missing
from worker.reading.text.frame import Frame


def joined(read: Sequence[PageRead], root: Field, *, notes: Sequence[str] = ()) -> Reading:
    """What was read of the pages; raises the error of the first where none was read."""
    if read and all(page.error for page in read):
        raise read[0].error or OutputInvalid()
    answers = [page.attempt.read for page in read if page.attempt is not None]
    whole = merge(answers, root)
    lines = {page.number: page.page_lines.lines for page in read}
    frames = {page.number: page.page_lines.frame for page in read}
    evidence = grounding.locate(
        whole.data, lines, frames=frames, token_evidence=whole.token_evidence, root=root
    )
    if answering.is_in_words(root):
        pages = {page.number: page.page_lines for page in read}
        evidence = quoted_marks.with_marks(evidence, whole.data.get(QUOTES) or (), pages)
        evidence = answering.resting_on_quotes(evidence, whole)
    data, evidence = said_once.restored(whole.data, evidence, root)
    return Reading(
        data=data,
        evidence=evidence,
        has_text=any(lines.values()),
        issues=(*issues_of(read), *rows_missing(data, evidence, _as_they_came(lines, frames))),
        tokens=tokens_of(read),
        notes=(*notes, *notes_of(read)),
    )


def _as_they_came(
    lines: Mapping[int, Sequence[Line]], frames: Mapping[int, Frame]
) -> Mapping[int, Sequence[Line]]:
    """The lines of the pages that lay upright and flat, in whose frame citations are."""
    return {number: found for number, found in lines.items() if frames[number].is_the_page}
