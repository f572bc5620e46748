"""What a vision-language model is asked, what it answers, and the contract of what runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

import numpy as np

from worker.reading.pages.base import Picture

NO_PICTURE: Picture = np.zeros((0, 0, 3), np.uint8)
"""Of a prompt in words alone, which is for models that take no pictures."""


class Finish(StrEnum):
    """How an answer ended."""

    STOP = "stop"  # the model was done
    LENGTH = "length"  # it was cut off at `max_tokens`
    REPETITION = "repetition"  # it went in circles and was stopped
    CANCELLED = "cancelled"  # nobody wants it any more


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation. The picture of the prompt belongs to the first."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """A page and what is asked of it. The last message is the user's.

    `picture` may be NO_PICTURE for a model that takes none.

    `schema` is a JSON Schema that the answer must keep to, None for free text. `max_tokens` bounds
    the answer, `thinking` what may be thought before it (0: nothing). A `temperature` of 0 is greedy.
    `adapter` names the weights learned for a kind that are to answer, where there are any so named.
    """

    picture: Picture
    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None
    max_tokens: int
    thinking: int = 0
    temperature: float = 0.0
    adapter: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """A token of an answer: `text[start:end]` is what it brought.

    `logprob` is the natural logarithm of the probability that the model itself gave it, None where
    the schema left no choice; `allowed` the probability, before constraining, of all that the schema
    allowed there (None: not known).
    """

    start: int
    end: int
    logprob: float | None
    allowed: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said. `tokens` is empty where it does not tell probabilities.

    `notes` say what was done to get it that a reader of the record should know.
    """

    text: str
    finish: Finish
    tokens: tuple[Token, ...] = ()
    thinking: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    notes: tuple[str, ...] = ()


Cancelled = Callable[[int], bool]
"""Whether the row of that index in the batch is no longer wanted; asked between steps."""


Item_co = TypeVar("Item_co", covariant=True)
Result_contra = TypeVar("Result_contra", contravariant=True)


class Feed(Protocol[Item_co, Result_contra]):
    """What a running batch is made of: it brings rows, numbered as they come, and takes their answers."""

    def newcomers(self, free: int) -> Sequence[Item_co]:
        """At most so many more, that fit in with those under way; none ends a batch that has no rows."""
        ...

    def cancelled(self, row: int) -> bool:
        """Whether a row is no longer wanted; asked between steps."""
        ...

    def answered(self, row: int, result: Result_contra) -> None:
        """Take the answer of a row, which is under way no more."""
        ...


class Generator(Protocol):
    """Runs one model. `generate` is called by one thread at a time unless `concurrency` is more than 1."""

    @property
    def name(self) -> str:
        """What people call this way of running models."""
        ...

    @property
    def model(self) -> str:
        """The model, as its makers call it."""
        ...

    @property
    def revision(self) -> str | None:
        """Which version of the model, where it is known."""
        ...

    @property
    def caveats(self) -> tuple[str, ...]:
        """What a reader of its records should know about it."""
        ...

    @property
    def concurrency(self) -> int:
        """Batches that may be under way at the same time."""
        ...

    @property
    def max_rows(self) -> int:
        """Most prompts of a batch."""
        ...

    @property
    def thinks(self) -> bool:
        """Whether the model is one that thinks before it answers."""
        ...

    def load(self) -> None:
        """Bring the model into memory, or reach its server; raises ModelUnavailable, MissingExtra."""
        ...

    def warm_up(self) -> None:
        """Make one small answer, so that the first page does not wait for what is made once."""
        ...

    def count_tokens(self, prompt: Prompt) -> int:
        """Tokens of the question with its picture, without those of the answer. An estimate will do."""
        ...

    def generate(self, batch: Sequence[Prompt], cancelled: Cancelled) -> Sequence[Answer]:
        """Answer every prompt, in their order.

        Raises OutOfMemory when the batch does not fit, DeviceLost when the process cannot go on,
        UnsupportedByEngine, ModelUnavailable, OutputInvalid.
        """
        ...

    def smaller(self, prompt: Prompt) -> Prompt | None:
        """The same prompt for less memory (its picture scaled down); None when it cannot be less."""
        ...

    def close(self) -> None:
        """Free what the model holds."""
        ...


@runtime_checkable
class StreamingGenerator(Generator, Protocol):
    """A generator whose batches take in rows while they run."""

    @property
    def refills(self) -> bool:
        """Whether the model that is loaded can be run so; if not, a batch is what a feed brings at once."""
        ...

    @property
    def max_tokens(self) -> int:
        """Most tokens of a batch: rows times the longest of them, answers included."""
        ...

    def stream(self, feed: Feed[Prompt, Answer]) -> None:
        """Answer all that a feed brings; raises as `generate`. Rows that were answered stay so."""
        ...
