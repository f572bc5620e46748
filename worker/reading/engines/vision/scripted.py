"""A model that says what it is told to: the double for tests and benches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from worker.reading.engines.vision import resize
from worker.reading.engines.vision.base import Answer, Cancelled, Finish, Prompt

Script = Callable[[Prompt], Answer]


class ScriptedGenerator:
    """Answers each prompt by a function; remembers the prompts of each batch."""

    name = "scripted"
    model = "scripted"
    revision: str | None = None
    caveats: tuple[str, ...] = ()
    concurrency = 1

    def __init__(self, script: Script, *, rows: int = 8, thinks: bool = False) -> None:
        self._script = script
        self.max_rows = rows
        self.thinks = thinks
        self.batches: list[list[Prompt]] = []

    def load(self) -> None:
        """Nothing to load."""

    def warm_up(self) -> None:
        """Nothing to warm up."""

    def count_tokens(self, prompt: Prompt) -> int:
        """A token a word."""
        return sum(len(message.text.split()) for message in prompt.messages)

    def generate(self, batch: Sequence[Prompt], cancelled: Cancelled) -> Sequence[Answer]:
        """What the script says, but nothing where nobody listens."""
        self.batches.append(list(batch))
        silent = Answer("", Finish.CANCELLED)
        return [silent if cancelled(row) else self._script(prompt) for row, prompt in enumerate(batch)]

    def smaller(self, prompt: Prompt) -> Prompt | None:
        """The picture at half its pixels."""
        picture = resize.halved(prompt.picture)
        return None if picture is None else replace(prompt, picture=picture)

    def close(self) -> None:
        """Nothing to free."""
