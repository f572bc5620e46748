"""One answer in words about all pages of a document.

every page ─asked alone─► answers ─all the same─► that answer, with the quotes of all who gave it
                                  ─otherwise────► one more question: what was found, page by page ─► answer

What the last answer quotes is looked up on the page whose finding it was. Where it cannot be had, the answer
is that of one page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from schemas import pointer
from schemas.json_schema.answer import answer_schema
from schemas.question import ANSWER, QUOTES, of_schema
from schemas.registry import Schema
from schemas.values.folding import squeeze
from worker.reading.engines.vision import answering, parse, prompts
from worker.reading.engines.vision.asking import Asker
from worker.reading.engines.vision.base import NO_PICTURE, Answer, Message, Prompt
from worker.reading.engines.vision.merge import PageAnswer
from worker.reading.engines.vision.page_read import PageRead
from worker.reading.engines.vision.page_reader import OF_ONE_PAGE, PageOptions
from worker.reading.engines.vision.question import FieldQuestion, history

_BLANK = np.full((64, 64, 3), 255, dtype=np.uint8)
"""Shown to a model that wants a picture: what is asked is about no page."""


@dataclass(frozen=True, slots=True)
class AnswerJoiner:
    """Asks a model for the one answer; `sees` says whether it wants a picture."""

    schema: Schema
    asker: Asker
    options: PageOptions
    sees: bool = True

    def joined(self, read: Sequence[PageRead]) -> list[PageRead]:
        """The pages with the quotes of the answer, and the answer on the first of them."""
        found = [page.attempt.read for page in read if page.attempt is not None]
        one_page = _with(read, answering.agreed(found, self.schema.root))
        if len({squeeze(str(page.data[ANSWER])) for page in filter(_answers, found)}) < 2:
            return one_page
        try:
            said, whole = self._asked(found)
        except OF_ONE_PAGE as error:
            told = f"the answers of several pages could not be joined ({error.code}): it is that of one page"
            return _noted(one_page, (), told)
        if whole.data.get(ANSWER) is None:
            told = "no answer was made of those of several pages: it is that of one page"
            return _noted(one_page, (said,), told)
        told = f"one answer was made of those of {sum(map(_answers, found))} pages"
        return _noted(_with(read, list(_shared_out(whole, found))), (said,), told)

    def _asked(self, found: Sequence[PageAnswer]) -> tuple[Answer, PageAnswer]:
        """The answer to what is asked about all pages; raises EngineError."""
        root, options = self.schema.root, self.options
        asked = of_schema(root)
        assert asked is not None
        text = prompts.join(root, asked.text, _told(found), prompts.language_of(self.schema))
        question = FieldQuestion(f"{self.schema.sha256}+", text, root, answer_schema(root), history(asked))
        prompt = Prompt(
            _BLANK if self.sees else NO_PICTURE,
            (*question.before, Message("user", text)),
            question.schema,
            options.max_tokens,
            thinking=options.thinking,
            adapter=options.adapter,
        )
        [answer] = self.asker.ask([prompt], question)
        first = next(page.page for page in found if _answers(page))
        return answer, parse.read(answer, root, page=first)


def _answers(page: PageAnswer) -> bool:
    return page.data.get(ANSWER) is not None


def _told(found: Sequence[PageAnswer]) -> Iterator[str]:
    """What pages found, a line for an answer and one for each quote."""
    for page in found:
        if _answers(page):
            yield f"{page.page}: {page.data[ANSWER]}"
            yield from (f'{page.page} > "{quote}"' for quote in page.data.get(QUOTES) or ())


def _shared_out(whole: PageAnswer, found: Sequence[PageAnswer]) -> Iterator[PageAnswer]:
    """The answer on the page it is told of, and every quote on the page whose finding it was.

    A quote that no page has goes with the answer: nobody will find it.
    """
    owners: dict[str, int] = {}
    for page in filter(_answers, found):
        for quote in page.data.get(QUOTES) or ():
            owners.setdefault(squeeze(str(quote)), page.page)
    quotes = list(enumerate(whole.data.get(QUOTES) or ()))
    for page in found:
        mine = [(n, said) for n, said in quotes if owners.get(squeeze(str(said)), whole.page) == page.page]
        told = {pointer.join(QUOTES, at): pointer.join(QUOTES, n) for at, (n, _) in enumerate(mine)}
        here = page.page == whole.page
        told |= {pointer.join(ANSWER): pointer.join(ANSWER)} if here else {}
        yield PageAnswer(
            page.page,
            {ANSWER: whole.data[ANSWER] if here else None, QUOTES: [said for _, said in mine]},
            {
                at: replace(whole.token_evidence[source], page=page.page)
                for at, source in told.items()
                if source in whole.token_evidence
            },
        )


def _with(read: Sequence[PageRead], answers: Sequence[PageAnswer]) -> list[PageRead]:
    """The pages with other answers, which are of those that were read."""
    by_page = {answer.page: answer for answer in answers}
    return [
        page
        if page.attempt is None
        else replace(page, attempt=replace(page.attempt, read=by_page[page.number]))
        for page in read
    ]


def _noted(read: Sequence[PageRead], spent: tuple[Answer, ...], note: str) -> list[PageRead]:
    """The pages, the first of those that were read with what was spent beside, and a note of it."""
    first = next(at for at, page in enumerate(read) if page.attempt is not None)
    attempt = read[first].attempt
    assert attempt is not None
    kept = tuple(replace(answer, text="", thinking="", tokens=()) for answer in spent)
    noted = replace(attempt, answers=(*attempt.answers, *kept), notes=(*attempt.notes, note))
    return [*read[:first], replace(read[first], attempt=noted), *read[first + 1 :]]
