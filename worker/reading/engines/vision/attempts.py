"""Asking for a page until there is a whole answer: the ladder of attempts, and the turn that corrects.

    as usual ─► cut off: with a higher cap ─┐
             └► in circles, or no JSON: warmer, then warmer still ─┴─► the page in two parts

An answer that was cut off or is no data of the schema is never used. Chosen after what others found:
a ladder of temperatures (olmOCR), parts of a page for tables that do not fit into one answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from schemas.json_schema.fields import Field
from worker.errors import EngineError, OutputInvalid, OutputTruncated
from worker.reading.engines.vision import parse
from worker.reading.engines.vision.base import Answer, Message, Prompt
from worker.reading.engines.vision.merge import PageAnswer, merge

_WARMER = (0.4, 1.0)
_LONGER = 4  # times the usual cap
_OVERLAP = 0.1  # of the page, in both of its parts

Ask = Callable[[Sequence[Prompt]], Sequence[Answer]]
"""Asks the model several things at a time and waits for all answers; raises EngineError."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Fields, named for people, that were not read, and why."""

    fields: str
    error: EngineError


@dataclass(frozen=True, slots=True)
class PageAttempt:
    """A page that was read: its data, the answers they are made of, and what had to be done for them.

    `unread` are the fields that were asked for and of which no answer came.
    """

    read: PageAnswer
    answers: tuple[Answer, ...]
    notes: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()


def take(prompts: Sequence[Prompt], root: Field, *, page: int, ask: Ask) -> PageAttempt:
    """The page's data, asked for by one prompt, or by several about parts that overlap, from the top down.

    Raises OutputTruncated or OutputInvalid when the ladder is at its end, EngineError.
    """
    spent: list[Answer] = []
    attempt = _Attempt(tuple(prompts))
    while True:
        try:
            answers = ask(attempt.prompts)
            spent.extend(answers)
            parts = [parse.read(answer, root, page=page) for answer in answers]
        except (OutputTruncated, OutputInvalid) as error:
            further = _next(attempt, error)
            if further is None:
                raise
            attempt = further
        else:
            return PageAttempt(_joined(parts, root, page), tuple(spent), attempt.notes)


def again(prompt: Prompt, answer: Answer, complaints: str) -> Prompt:
    """The prompt of the second turn: what was answered, and what is wrong with it."""
    said = (Message("assistant", answer.text), Message("user", complaints))
    return replace(prompt, messages=(*prompt.messages, *said))


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One way of asking: for the page, or for its parts. `notes` say how it differs from the usual one."""

    prompts: tuple[Prompt, ...]
    temperatures: tuple[float, ...] = _WARMER
    longer: bool = True
    notes: tuple[str, ...] = ()

    def warmer(self) -> _Attempt:
        """At the next temperature."""
        temperature, *rest = self.temperatures
        prompts = tuple(replace(prompt, temperature=temperature) for prompt in self.prompts)
        note = f"asked again at a temperature of {temperature}"
        return replace(self, prompts=prompts, temperatures=tuple(rest), notes=(*self.notes, note))

    def extended(self) -> _Attempt:
        """With room for a longer answer."""
        prompts = tuple(replace(prompt, max_tokens=prompt.max_tokens * _LONGER) for prompt in self.prompts)
        note = "asked again for a longer answer"
        return replace(self, prompts=prompts, longer=False, notes=(*self.notes, note))

    def parted(self) -> _Attempt:
        """The page in two parts, upper and lower, that overlap."""
        [prompt] = self.prompts
        height = prompt.picture.shape[0]
        reach = int(height * (1 + _OVERLAP) / 2)
        parts = (prompt.picture[:reach], prompt.picture[height - reach :])
        prompts = tuple(replace(prompt, picture=part, temperature=0.0) for part in parts)
        note = "read in two parts because the whole page had no complete answer"
        return replace(self, prompts=prompts, temperatures=_WARMER, notes=(*self.notes, note))


def _next(attempt: _Attempt, wrong: EngineError) -> _Attempt | None:
    """What to try after what was wrong; None at the end of the ladder."""
    if isinstance(wrong, OutputTruncated) and attempt.longer:
        return attempt.extended()
    if isinstance(wrong, OutputInvalid) and attempt.temperatures:
        return attempt.warmer()
    whole = len(attempt.prompts) == 1 and attempt.prompts[0].picture.size > 0
    return attempt.parted() if whole else None


def _joined(parts: Sequence[PageAnswer], root: Field, page: int) -> PageAnswer:
    """The parts of a page as the page."""
    if len(parts) == 1:
        return parts[0]
    whole = merge([parts[0], *(replace(part, overlaps=True) for part in parts[1:])], root)
    return PageAnswer(page, whole.data, whole.token_evidence)
