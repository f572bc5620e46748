"""A running batch: rows go in when there is room and come out when they end, each for itself.

    feed ─newcomers─► read ─► in slots ─► shown what was said ─► next token, and what the grammar dictates ─┐
                                 ▲────────────────────── not ended ◄────────────────────────────────────────┤
                                                                           feed ◄─answer─ ended ◄───────────┘

What a grammar dictates is said without asking the model, and shown to it with the token before it in one
pass. Greedy only: what is drawn at random depends on how often is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from worker.reading.engines.decoding.answer_row import AnswerRow
from worker.reading.engines.decoding.choice import choose
from worker.reading.engines.decoding.constraint import matchers
from worker.reading.engines.decoding.grammar import Grammar
from worker.reading.engines.transformers.checkpoint import Checkpoint
from worker.reading.engines.transformers.kept_rows import KeptRow, KeptRows, identity
from worker.reading.engines.transformers.slots import Slots
from worker.reading.engines.transformers.tokenizer_view import TokenizerView, answer_of, grammar_of, on_device
from worker.reading.engines.vision.base import Answer, Cancelled, Feed, Finish, Prompt

_MOST_SHOWN = 16  # tokens of a row in one pass
_PASS = {"cpu": 6}
_GPU_PASS = 256
"""What a pass costs before its first token, in tokens: a CPU pays for padding, a GPU hardly notices it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Live:
    """A row under way, its number in the feed, and what its answer will be made of."""

    number: int
    prompt: Prompt
    row: AnswerRow
    grammar: Grammar | None
    question: Sequence[int]


class RunningBatch:
    """One batch of at most `rows`, until the feed has nothing more for it."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        view: TokenizerView,
        feed: Feed[Prompt, Answer],
        *,
        rows: int,
        kept: KeptRows,
    ) -> None:
        self._checkpoint = checkpoint
        self._view = view
        self._feed = feed
        self._rows = rows
        self._kept = kept
        self._live: list[_Live] = []
        self._came = 0
        self._pass = _PASS.get(checkpoint.model.device.type, _GPU_PASS)
        self.slots = Slots(checkpoint, pad=view.pad)

    def run(self, prompts: Sequence[Prompt]) -> None:
        """Answer the prompts that the feed has brought, and all it still brings.

        Raises UnsupportedByEngine, OutputInvalid.
        """
        while prompts or self._live:
            self._admit(prompts)
            self._settle()
            if self._live:
                self._step()
                self._settle()
            room = self._rows - len(self._live)
            prompts = self._feed.newcomers(room) if room else ()

    def _admit(self, prompts: Sequence[Prompt]) -> None:
        """Let newcomers in, if there are any; those first that go on where another row ended."""
        numbered = list(enumerate(prompts, self._came))
        self._came += len(prompts)
        fresh = [(number, prompt) for number, prompt in numbered if not self._resumed(number, prompt)]
        for adapter in dict.fromkeys(prompt.adapter for _, prompt in fresh):
            self._read(adapter, [one for one in fresh if one[1].adapter == adapter])

    def _read(self, adapter: str, fresh: Sequence[tuple[int, Prompt]]) -> None:
        """Read the questions of newcomers that one adapter answers, and let them say their first token."""
        inputs = self._encoded([prompt for _, prompt in fresh])
        new = self._started(fresh, inputs)
        self._checkpoint.answering([adapter])
        scores = self.slots.admit(inputs)
        self._live += new
        for one in new:
            one.row.force()
        self._choose(new, scores)

    def _resumed(self, number: int, prompt: Prompt) -> bool:
        """Let a newcomer in behind what the model was shown of its picture and question before, if it was."""
        if not self._kept or (asked := identity(prompt)) not in self._kept:
            return False
        inputs = self._encoded([prompt])
        found = self._kept.find(asked, inputs["input_ids"][0].tolist())
        if found is None:
            return False
        kept, shared = found
        [one] = self._started([(number, prompt)], inputs)
        self.slots.resume(kept, shared)
        one.row.pending += one.question[shared:]
        one.row.force()
        self._live.append(one)
        return True

    def _encoded(self, prompts: Sequence[Prompt]) -> dict[str, Any]:
        return on_device(self._checkpoint.model.device, self._checkpoint.encode(prompts))

    def _started(self, numbered: Sequence[tuple[int, Prompt]], inputs: Mapping[str, Any]) -> list[_Live]:
        """Rows for newcomers; raises UnsupportedByEngine where a question leaves no room for an answer."""
        opening = self._view.tail(inputs["input_ids"])
        held = [grammar_of(prompt, opening, self._view) for _, prompt in numbered]
        lengths = inputs["attention_mask"].sum(dim=1).tolist()
        questions = [row[-length:] for row, length in zip(inputs["input_ids"].tolist(), lengths, strict=True)]
        started = []
        for (number, prompt), found, matcher, question in zip(
            numbered, held, matchers(self._view.constrained, held), questions, strict=True
        ):
            room = self._checkpoint.room(len(question))
            most = min(room, prompt.max_tokens + prompt.thinking)
            row = AnswerRow(matcher, ends=self._view.ends, most=most)
            started.append(_Live(number, prompt, row, found, question))
        return started

    def _step(self) -> None:
        """Show the model what was said, and let every row that has nothing more to show go on."""
        most = _worth_showing([len(one.row.pending) for one in self._live], self._pass)
        shown = []
        for one in self._live:
            shown.append(one.row.pending[:most])
            del one.row.pending[:most]
        self._checkpoint.answering([one.prompt.adapter for one in self._live])
        self._choose(self._live, self.slots.step(shown))

    def _choose(self, live: Sequence[_Live], scores: Tensor) -> None:
        """Let the rows say their next token that are not saying what is dictated; `scores` are theirs."""
        asked = [place for place, one in enumerate(live) if not one.row.pending and one.row.finish is None]
        if asked:
            picked = scores if len(asked) == len(live) else scores[asked]
            choose([live[place].row for place in asked], picked, vocabulary=self._view.vocabulary)

    def _settle(self) -> None:
        """Hand over what has ended and what nobody wants any more."""
        kept = []
        for place, one in enumerate(self._live):
            if one.row.finish is None and self._feed.cancelled(one.number):
                one.row.finish = Finish.CANCELLED
            if one.row.finish is None:
                kept.append(place)
            else:
                self._keep(place, one)
                self._feed.answered(one.number, self._answer(one))
        if len(kept) < len(self._live):
            self.slots.keep(kept)
            self._live = [self._live[place] for place in kept]

    def _keep(self, place: int, one: _Live) -> None:
        """Keep what a row has shown to the model: its answer may be asked about."""
        if one.row.finish is Finish.CANCELLED:
            return
        said = [*one.question, *one.row.tokens]
        shown = said[: len(said) - len(one.row.pending)]
        states, following = self.slots.states(place)
        self._kept.keep(KeptRow(identity(one.prompt), shown, len(one.question), states, following))

    def _answer(self, one: _Live) -> Answer:
        row = one.row
        assert row.finish is not None
        answer = answer_of(
            one.prompt,
            row.tokens,
            (row.logprobs, row.allowed),
            view=self._view,
            finish=row.finish,
            prompt_tokens=len(one.question),
        )
        return replace(answer, notes=one.grammar.left_out if one.grammar else ())


def _worth_showing(pending: Sequence[int], fixed: int) -> int:
    """Tokens a row, at most, with which a pass shows most for what it costs: every row is padded to them."""
    most = min(max(pending), _MOST_SHOWN)
    return max(
        range(1, most + 1),
        key=lambda count: sum(min(count, has) for has in pending) / (fixed + len(pending) * count),
    )


class WholeBatch:
    """A feed that is one batch."""

    def __init__(self, batch: Sequence[Prompt], cancelled: Cancelled) -> None:
        self.cancelled = cancelled
        self._waiting = list(batch)
        self._answers: dict[int, Answer] = {}

    def newcomers(self, room: int) -> Sequence[Prompt]:
        """The next of them."""
        new, self._waiting = self._waiting[:room], self._waiting[room:]
        return new

    def answered(self, row: int, result: Answer) -> None:
        """Keep an answer."""
        self._answers[row] = result

    def answers(self) -> list[Answer]:
        """All of them, in the order of the batch."""
        return [self._answers[row] for row in sorted(self._answers)]
