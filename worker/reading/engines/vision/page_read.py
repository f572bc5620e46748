"""What became of one page, and what of it is told in the record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from schemas.record import Issue
from worker.errors import EngineError
from worker.reading.engines.vision.attempts import PageAttempt
from worker.reading.issues import fields_not_read, page_not_read
from worker.reading.text.page_lines import PageLines


@dataclass(frozen=True, slots=True)
class PageRead:
    """A page: where its lines are, and what was read or why not."""

    number: int
    page_lines: PageLines
    attempt: PageAttempt | None
    error: EngineError | None = None


def without_frames(error: EngineError) -> EngineError:
    """An error without its frames, which hold the picture of the page."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def without_words(attempt: PageAttempt) -> PageAttempt:
    """An attempt without the words of its answers: a document may have thousands of pages."""
    kept = tuple(replace(answer, text="", thinking="", tokens=()) for answer in attempt.answers)
    unread = tuple(replace(left, error=without_frames(left.error)) for left in attempt.unread)
    return replace(attempt, answers=kept, unread=unread)


def issues_of(read: Sequence[PageRead]) -> Iterator[Issue]:
    """Pages and fields that are missing, and text layers that were not believed."""
    for page in read:
        if page.error is not None:
            yield page_not_read(page.number, page.error)
        for left in page.attempt.unread if page.attempt is not None else ():
            yield fields_not_read(page.number, left.fields, left.error)
        yield from page.page_lines.issues()


def notes_of(read: Sequence[PageRead]) -> Iterator[str]:
    """What was done otherwise than usual, each once per page."""
    for page in read:
        yield from page.page_lines.notes()
        if page.attempt is not None:
            notes = [*page.attempt.notes, *(note for answer in page.attempt.answers for note in answer.notes)]
            yield from (f"page {page.number}: {note}" for note in dict.fromkeys(notes))


def tokens_of(read: Sequence[PageRead]) -> dict[str, int]:
    """Tokens of all questions and answers."""
    spent = [answer for page in read if page.attempt is not None for answer in page.attempt.answers]
    return {
        "pages": len(read),
        "prompt": sum(answer.prompt_tokens for answer in spent),
        "completion": sum(answer.completion_tokens for answer in spent),
    }
