"""Models that only read: their transcript says what stands on a page, a text recogniser where.

page ─eyes─► lines with places ─┐
     ─model─► transcript ───────┴─► lines with places and the model's words ─fill─► values

Such a model (PaddleOCR-VL, …) answers a JSON request with valid JSON of little sense. What it is good at is
used: its words take the place of the recogniser's, and what fills a schema from lines does the rest
(`filling`): the matcher, or a second model, of language alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from schemas.json_schema.fields import Field
from worker.errors import Cancelled, EngineError, OutputInvalid, OutputTruncated
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.vision import dialects, resize, transcript
from worker.reading.engines.vision.asking import Asker
from worker.reading.engines.vision.base import Answer, Finish, Generator, Message, Prompt
from worker.reading.engines.vision.engine import GenerationLimits
from worker.reading.engines.vision.filling import Filler
from worker.reading.engines.vision.model_session import ModelSession
from worker.reading.engines.vision.page_read import without_frames
from worker.reading.engines.vision.page_reader import OF_ONE_PAGE
from worker.reading.engines.vision.question import FieldQuestion
from worker.reading.issues import page_not_read
from worker.reading.pages.base import Page
from worker.reading.text.page_lines import LineSource, PageLines


@dataclass(frozen=True, slots=True)
class TranscribedPage:
    """A page's lines in the model's words, and what that took; `error` says why they are not."""

    lines: PageLines
    answers: tuple[Answer, ...] = ()
    note: str = ""
    error: EngineError | None = None


class TranscribingEngine:
    """Reads documents with a model that transcribes. Threads may read at a time."""

    def __init__(
        self, generator: Generator, *, generation: GenerationLimits, line_source: LineSource, filler: Filler
    ) -> None:
        self._session = ModelSession(generator, generation.limits, revision=generation.revision)
        self._generator = generator
        self._generation = generation
        self._line_source = line_source
        self._filler = filler

    @property
    def name(self) -> str:
        """What people call the way of running models."""
        return self._generator.name

    @property
    def model(self) -> str | None:
        """The model that reads."""
        return self._generator.model or None

    @property
    def revision(self) -> str | None:
        """Its version, where it is known."""
        return self._generator.revision

    def warm_up(self) -> None:
        """Load the model, and what fills, and let them answer once; raises ModelUnavailable, MissingExtra."""
        self._filler.warm_up()  # first: the model that reads takes what is left of a GPU for its batches
        self._session.warm_up()

    def read(self, request: Request) -> Reading:
        """Read a document, its pages among others; raises EngineError and what its context raises."""
        asker = self._session.asker(request.context)
        pages = list(self._session.pages(request, asker, partial(self._page, asker=asker)))
        if pages and all(page.error for page in pages):
            raise pages[0].error or OutputInvalid()
        reading = self._filler.fill([page.lines for page in pages if page.error is None], request)
        lost = tuple(page_not_read(page.lines.number, page.error) for page in pages if page.error)
        notes = (f"page {page.lines.number}: {page.note}" for page in pages if page.note)
        spent = [answer for page in pages for answer in page.answers]
        tokens = {
            "pages": len(pages),
            "prompt": sum(answer.prompt_tokens for answer in spent) + reading.tokens.get("prompt", 0),
            "completion": sum(answer.completion_tokens for answer in spent)
            + reading.tokens.get("completion", 0),
        }
        told = (*self._generator.caveats, *reading.notes, *notes)
        return replace(reading, issues=(*lost, *reading.issues), tokens=tokens, notes=told)

    def close(self) -> None:
        """Finish the running batch and free the models."""
        self._session.close()
        self._filler.close()

    def _page(self, page: Page, *, asker: Asker) -> TranscribedPage:
        lines = self._line_source(page)
        upright = lines.frame.upright(page.picture)
        words = dialects.transcription(self._generation.dialect)
        prompt = Prompt(
            resize.fitted(upright, self._generation.pixels),
            (Message("user", words),),
            schema=None,
            max_tokens=self._generation.max_tokens,
        )
        try:
            answers = _complete(prompt, asker)
        except OF_ONE_PAGE as error:
            return TranscribedPage(lines, error=without_frames(error))
        read, left = transcript.laid_on(answers[-1].text, lines.lines)
        note = f"{left} lines of the transcript stand nowhere on the page and were left out" if left else ""
        return TranscribedPage(replace(lines, lines=read), answers, note)


_LONGER = 4  # times the usual cap, for a page with much text
_TRANSCRIPT = FieldQuestion("transcript", "", Field("", "", ("string",)), None)


def _complete(prompt: Prompt, asker: Asker) -> tuple[Answer, ...]:
    """The answers until one is whole; raises OutputTruncated, OutputInvalid, Cancelled, EngineError."""
    [first] = asker.ask([prompt], _TRANSCRIPT)
    answers = [first]
    if first.finish is Finish.LENGTH:
        answers += asker.ask([replace(prompt, max_tokens=prompt.max_tokens * _LONGER)], _TRANSCRIPT)
    last = answers[-1].finish
    if last is Finish.CANCELLED:
        raise Cancelled
    if last is Finish.LENGTH:
        raise OutputTruncated
    if last is Finish.REPETITION:
        raise OutputInvalid(detail="the model went in circles")
    return tuple(answers)
