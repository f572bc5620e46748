"""One page under a schema: asked for, corrected where a check complains, looked at again where in doubt.

picture ─parts─► prompts of every question ─ladder─► data ─check, second turn─► joined ─second looks─► page
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from schemas import pointer
from schemas.record import Issue
from worker.errors import (
    DeviceLost,
    EngineError,
    OutOfMemory,
    OutputInvalid,
    OutputTruncated,
    UnsupportedByEngine,
)
from worker.reading.engines.base import Request
from worker.reading.engines.vision import (
    attempts,
    dialects,
    parse,
    prompts,
    question,
    resize,
    second_look,
    small_print,
)
from worker.reading.engines.vision.asking import Asker
from worker.reading.engines.vision.attempts import PageAttempt, Unread
from worker.reading.engines.vision.base import Answer, Message, Prompt
from worker.reading.engines.vision.complaints import MOST_TOLD, complaints, loses
from worker.reading.engines.vision.merge import PageAnswer, merge
from worker.reading.engines.vision.question import FieldQuestion
from worker.reading.engines.vision.second_look import Doubt
from worker.reading.marks.lines import signed
from worker.reading.models.registry import Dialect
from worker.reading.pages.base import Picture
from worker.reading.text.page_lines import PageLines

Item = TypeVar("Item")
Result = TypeVar("Result")

_OF_A_LOOK = 256
"""Tokens of one value; an answer that takes more says nothing of it."""
OF_ONE_PAGE = (OutputTruncated, OutputInvalid, OutOfMemory, UnsupportedByEngine)
"""After these, the other pages may still be read, and the other fields."""


@dataclass(frozen=True, slots=True)
class PageOptions:
    """How pages are asked for.

    `pixels` a page is scaled down to, `max_tokens` of an answer, tokens of `thinking` before it, the
    `dialect`, whether the lines of a page are told beside its picture, the `adapter` that answers; at most
    `looks` values of a page that are believed less than `look_below` get a second look.
    """

    pixels: int
    max_tokens: int
    thinking: int
    dialect: Dialect
    page_text: bool = False
    adapter: str = ""
    look_below: float = 0.0
    looks: int = 0


class PageReader:
    """Reads the pages of one document. Threads may each read a page."""

    def __init__(self, request: Request, asker: Asker, options: PageOptions) -> None:
        self._request = request
        self._asker = asker
        self._options = options
        self._language = prompts.language_of(request.schema)
        self._questions = question.questions(request.schema, options.dialect, self._language)

    def read(self, picture: Picture, page_lines: PageLines) -> PageAttempt:
        """A page's data, the picture being upright; raises EngineError when nothing of it was read."""
        pictures: tuple[Picture, ...] = (picture,)
        if picture.size:
            pictures = small_print.parts(picture, page_lines.lines, self._options.pixels)
        take = partial(self._taken, pictures=pictures, page_lines=page_lines)
        if len(self._questions) == 1:
            attempt = take(self._questions[0])
        else:
            attempt = _together(_side_by_side(take, self._questions), self._request, page_lines.number)
        if attempt.unread and len(attempt.unread) == len(self._questions):
            raise attempt.unread[0].error
        if len(pictures) > 1:
            note = f"read in {len(pictures)} parts because of its small print"
            attempt = replace(attempt, notes=(note, *attempt.notes))
        return self._looked_at(attempt, picture, page_lines)

    def _taken(self, asked: FieldQuestion, pictures: Sequence[Picture], page_lines: PageLines) -> PageAttempt:
        """The answer to one question about a page; what did not come is told."""
        page, text = page_lines.number, asked.text
        if self._options.page_text and len(pictures) == 1:
            lines = signed(page_lines.lines, page_lines.marks)
            text = dialects.with_page_text(self._options.dialect, text, lines, self._language)
        shown = tuple(self._prompt(asked, part, text) for part in pictures)
        try:
            first = attempts.take(shown, asked.root, page=page, ask=partial(self._asker.ask, question=asked))
        except OF_ONE_PAGE as error:
            return PageAttempt(PageAnswer(page, {}), (), unread=(Unread(asked.names, error),))
        if first.notes or len(shown) > 1:  # in parts, or hard to get: such an answer is left alone
            return first
        return self._corrected(first, shown[0], asked)

    def _prompt(self, asked: FieldQuestion, picture: Picture, text: str) -> Prompt:
        return Prompt(
            resize.fitted(picture, self._options.pixels),
            (*asked.before, Message("user", text)),
            asked.schema,
            self._options.max_tokens,
            thinking=self._options.thinking,
            adapter=self._options.adapter,
        )

    def _corrected(self, first: PageAttempt, prompt: Prompt, asked: FieldQuestion) -> PageAttempt:
        """The answer after a second turn, where that has fewer complaints."""
        wrong = self._complaints(first.read, asked)
        if not wrong:
            return first
        told = prompts.correct(wrong[:MOST_TOLD], self._language)
        second = attempts.again(prompt, first.answers[-1], told)
        try:
            [answer] = self._asker.ask([second], asked)
            read = parse.read(answer, asked.root, page=first.read.page)
        except DeviceLost:
            raise
        except EngineError as error:  # the first answer is still one
            return replace(first, notes=(f"the second turn after a check failed ({error.code})",))
        spent = (*first.answers, answer)
        if len(self._complaints(read, asked)) >= len(wrong) or loses(first.read.data, read.data, wrong):
            return PageAttempt(first.read, spent)
        return PageAttempt(read, spent, ("corrected in a second turn after a check",))

    def _complaints(self, read: PageAnswer, asked: FieldQuestion) -> list[Issue]:
        """What a check says of the fields that were asked for."""
        found = complaints(read.data, self._request.schema, whole=self._request.count == 1)
        if len(self._questions) == 1:
            return found
        names = {child.name for child in asked.root.properties}
        return [issue for issue in found if names & set(pointer.split(issue.path)[:1])]

    def _looked_at(self, attempt: PageAttempt, picture: Picture, page_lines: PageLines) -> PageAttempt:
        """The page with a second look at what is hardly believed of it."""
        options, root = self._options, self._request.schema.root
        doubts = second_look.doubts(
            attempt.read, picture, page_lines.lines, root, below=options.look_below, most=options.looks
        )
        if not doubts:
            return attempt
        answers = _side_by_side(self._look, doubts)
        read = [(doubt, answer) for doubt, answer in zip(doubts, answers, strict=True) if answer is not None]
        looks = {doubt.at: second_look.compared(doubt, again) for doubt, (_, again) in read}
        same = sum(look.agrees for look in looks.values())
        note = f"{len(doubts)} values were looked at again; {same} of them were read the same"
        return replace(
            attempt,
            read=second_look.noted(attempt.read, looks),
            answers=(*attempt.answers, *(answer for _, (answer, _) in read)),
            notes=(*attempt.notes, note),
        )

    def _look(self, doubt: Doubt) -> tuple[Answer, PageAnswer] | None:
        """What is read of one field in its crop; None when nothing was answered."""
        [field] = doubt.root.properties
        schema, key = self._request.schema, f"{self._request.schema.sha256}#{field.name}"
        asked = question.about(doubt.root, schema, self._options.dialect, self._language, key=key)
        prompt = replace(self._prompt(asked, doubt.crop, asked.text), max_tokens=_OF_A_LOOK)
        try:
            [answer] = self._asker.ask([prompt], asked)
            again = parse.read(answer, doubt.root, page=1)
        except OF_ONE_PAGE:
            return None
        return answer, again


def _side_by_side(do: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Each in a thread of its own: they wait for rows of the same batch."""
    with ThreadPoolExecutor(max_workers=len(items), thread_name_prefix="question") as pool:
        return list(pool.map(do, items))


def _together(found: Sequence[PageAttempt], request: Request, page: int) -> PageAttempt:
    """The answers to all questions about a page as one."""
    whole = merge([attempt.read for attempt in found], request.schema.root)
    return PageAttempt(
        PageAnswer(page, whole.data, whole.token_evidence),
        tuple(answer for attempt in found for answer in attempt.answers),
        tuple(note for attempt in found for note in attempt.notes),
        tuple(left for attempt in found for left in attempt.unread),
    )
