"""A running batch: rows go in when there is room and come out when they end, each for itself.

    feed ─newcomers─► read ─► in slots ─► shown what was said ─► next token, and what the grammar dictates ─┐
                                 ▲────────────────────── not ended ◄────────────────────────────────────────┤
                                                                           feed ◄─answer─ ended ◄───────────┘

What a grammar dictates is said without asking the model, and shown to it with the token before it in one
pass. What is drawn at random is drawn for each row alone, so that its company does not matter.
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
class _Asked:
    """A newcomer, its number in the feed, and what tells its picture from others."""

    number: int
    prompt: Prompt
    picture: bytes


@dataclass(frozen=True, slots=True, eq=False)
class _Live:
    """A row under way, and what its answer will be made of; its picture is among the `seen` first tokens."""

    asked: _Asked
    row: AnswerRow
    grammar: Grammar | None
    question: Sequence[int]
    seen: int


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
            self._hand_over()
            if self._live:
                self._step()
                self._hand_over()
            free = self._rows - len(self._live)
            prompts = self._feed.newcomers(free) if free else ()

    def _admit(self, prompts: Sequence[Prompt]) -> None:
        """Let newcomers in; those behind what the model was shown of their picture for whom it was."""
        asked = [
            _Asked(number, prompt, identity(prompt)) for number, prompt in enumerate(prompts, self._came)
        ]
        self._came += len(prompts)
        for some in _first_of_each_picture(asked):
            fresh = [one for one in some if not self._resumed(one)]
            for adapter in dict.fromkeys(one.prompt.adapter for one in fresh):
                self._read([one for one in fresh if one.prompt.adapter == adapter])

    def _read(self, fresh: Sequence[_Asked]) -> None:
        """Read the questions of newcomers that one adapter answers."""
        inputs = self._encoded([one.prompt for one in fresh])
        new = self._started(fresh, inputs)
        self._checkpoint.answering([fresh[0].prompt.adapter])
        self._begin(new, self.slots.admit(inputs))

    def _resumed(self, asked: _Asked) -> bool:
        """Let a newcomer in behind a row that was shown its picture, if there is one."""
        live = self._looking_at(asked)
        if live is None and asked.picture not in self._kept:
            return False
        inputs = self._encoded([asked.prompt])
        [ids] = inputs["input_ids"].tolist()
        shown = self._kept.find(asked.picture, ids) or (None if live is None else self._shown(live))
        if shown is None or not shown.shared(ids):
            return False
        new = self._started([asked], inputs)
        self._checkpoint.answering([asked.prompt.adapter])
        self._begin(new, self.slots.resume(shown, ids))
        return True

    def _looking_at(self, asked: _Asked) -> int | None:
        """The place of a row under way with the same picture; words alone are not worth a copy."""
        if not asked.prompt.picture.size:
            return None
        same = (place for place, one in enumerate(self._live) if one.asked.picture == asked.picture)
        return next(same, None)

    def _begin(self, new: Sequence[_Live], scores: Tensor) -> None:
        """Let rows that were read say their first tokens."""
        self._live += new
        for one in new:
            one.row.force()
        self._choose(new, scores)

    def _encoded(self, prompts: Sequence[Prompt]) -> dict[str, Any]:
        return on_device(self._checkpoint.model.device, self._checkpoint.encode(prompts))

    def _started(self, asked: Sequence[_Asked], inputs: Mapping[str, Any]) -> list[_Live]:
        """Rows for newcomers; raises UnsupportedByEngine where a question leaves no room for an answer."""
        opening = self._view.tail(inputs["input_ids"])
        held = [grammar_of(one.prompt, opening, self._view) for one in asked]
        lengths = inputs["attention_mask"].sum(dim=1).tolist()
        questions = [row[-length:] for row, length in zip(inputs["input_ids"].tolist(), lengths, strict=True)]
        return [
            _Live(one, self._row(one.prompt, matcher, len(question)), grammar, question, seen)
            for one, grammar, matcher, question, seen in zip(
                asked,
                held,
                matchers(self._view.constrained, held),
                questions,
                self._seen(inputs),
                strict=True,
            )
        ]

    def _row(self, prompt: Prompt, matcher: Any, question: int) -> AnswerRow:
        """The answer to a question of so many tokens."""
        most = min(self._checkpoint.left(question), prompt.max_tokens + prompt.thinking)
        return AnswerRow(matcher, ends=self._view.ends, most=most, temperature=prompt.temperature)

    def _seen(self, inputs: Mapping[str, Any]) -> list[int]:
        """Among how many first tokens of each question its picture is; without one, all but the last."""
        lengths = inputs["attention_mask"].sum(dim=1)
        if self._checkpoint.pictured is None:
            return [length - 1 for length in lengths.tolist()]
        behind = self._checkpoint.pictured(inputs).long().flip(1).argmax(dim=1)
        return [int(seen) for seen in lengths - behind]

    def _step(self) -> None:
        """Show the model what was said, and let every row that has nothing more to show go on."""
        most = _worth_showing([len(one.row.pending) for one in self._live], self._pass)
        shown = []
        for one in self._live:
            shown.append(one.row.pending[:most])
            del one.row.pending[:most]
        self._checkpoint.answering([one.asked.prompt.adapter for one in self._live])
        self._choose(self._live, self.slots.step(shown))

    def _choose(self, live: Sequence[_Live], scores: Tensor) -> None:
        """Let the rows say their next token that are not saying what is dictated; `scores` are theirs."""
        asked = [place for place, one in enumerate(live) if not one.row.pending and one.row.finish is None]
        if asked:
            picked = scores if len(asked) == len(live) else scores[asked]
            choose([live[place].row for place in asked], picked, vocabulary=self._view.vocabulary)

    def _hand_over(self) -> None:
        """Hand over what has ended and what nobody wants any more."""
        kept = []
        for place, one in enumerate(self._live):
            if one.row.finish is None and self._feed.cancelled(one.asked.number):
                one.row.finish = Finish.CANCELLED
            if one.row.finish is None:
                kept.append(place)
            else:
                if one.row.finish is not Finish.CANCELLED:  # its answer may be asked about
                    self._kept.keep(self._shown(place))
                self._feed.answered(one.asked.number, self._answer(one))
        if len(kept) < len(self._live):
            self.slots.keep(kept)
            self._live = [self._live[place] for place in kept]

    def _shown(self, place: int) -> KeptRow:
        """A copy of what a row has shown to the model."""
        one = self._live[place]
        said = [*one.question, *one.row.tokens]
        shown = said[: len(said) - len(one.row.pending)]
        states, following = self.slots.states(place)
        return KeptRow(one.asked.picture, shown, one.seen, states, following)

    def _answer(self, one: _Live) -> Answer:
        row = one.row
        assert row.finish is not None
        answer = answer_of(
            one.asked.prompt,
            row.tokens,
            (row.logprobs, row.allowed),
            view=self._view,
            finish=row.finish,
            prompt_tokens=len(one.question),
        )
        return replace(answer, notes=one.grammar.left_out if one.grammar else ())


def _first_of_each_picture(asked: Sequence[_Asked]) -> tuple[list[_Asked], list[_Asked]]:
    """The first newcomer with each picture and those without one, then the others."""
    known: set[bytes] = set()
    first: list[_Asked] = []
    others: list[_Asked] = []
    for one in asked:
        (others if one.picture in known else first).append(one)
        if one.prompt.picture.size:
            known.add(one.picture)
    return first, others


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

    def newcomers(self, free: int) -> Sequence[Prompt]:
        """The next of them."""
        new, self._waiting = self._waiting[:free], self._waiting[free:]
        return new

    def answered(self, row: int, result: Answer) -> None:
        """Keep an answer."""
        self._answers[row] = result

    def answers(self) -> list[Answer]:
        """All of them, in the order of the batch."""
        return [self._answers[row] for row in sorted(self._answers)]
