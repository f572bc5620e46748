"""Runs a checkpoint in this process: one batch at a time, every row kept to its own schema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from transformers.utils import logging

from worker.errors import ModelUnavailable, ModelUnusable, OutOfMemory, UnsupportedByEngine
from worker.log import logger
from worker.reading.engines.transformers import capacity, compiled_step, device
from worker.reading.engines.transformers.capacity import BatchWishes, Capacity, Meter, OnePage
from worker.reading.engines.transformers.checkpoint import BROKEN, Checkpoint, CheckpointLoader
from worker.reading.engines.transformers.kept_rows import SHARE, KeptRows
from worker.reading.engines.transformers.running_batch import RunningBatch, WholeBatch
from worker.reading.engines.transformers.slots import HOLES, Slots, served
from worker.reading.engines.transformers.static_batch import StaticBatch
from worker.reading.engines.transformers.tokenizer_view import TokenizerView, on_device
from worker.reading.engines.vision import resize
from worker.reading.engines.vision.base import Answer, Cancelled, Feed, Message, Prompt

_T = TypeVar("_T")
_log = logger(__name__)
_FEW = Capacity(8, 32_768)
_NO_WISHES = BatchWishes()
_STATIC = "read in static batches, whose rows wait for the longest: this family's cache takes in no others"
_SPREAD = "the model's layers are spread over several GPUs, since it does not fit one; one works at a time"
_SMALL_QUESTION = Message("user", "Is this page blank? Answer with true or false.")


class TransformersGenerator:
    """A model of any family on torch.

    Batches have as many rows and tokens as fit into a GPU's memory, and few elsewhere, or what is wished.
    """

    concurrency = 1
    revision: str | None = None
    thinks = False
    refills = False

    def __init__(
        self,
        name: str,
        model: str,
        *,
        opening: CheckpointLoader,
        wishes: BatchWishes = _NO_WISHES,
        caveats: tuple[str, ...] = (),
        compile_with: str = "",
    ) -> None:
        self.name = name
        self.model = model
        self._wishes = wishes
        self.max_rows = wishes.rows or _FEW.rows
        self.max_tokens = wishes.tokens or _FEW.tokens
        self.caveats = self._told = caveats
        self._opening = opening
        self._checkpoint: Checkpoint | None = None
        self._speech: TokenizerView | None = None
        self._kept = KeptRows(int(SHARE * self.max_tokens))
        self._compile_with = compile_with
        self.not_compiled = ""

    def load(self) -> None:
        """Bring the weights into memory; raises ModelUnavailable, MissingExtra, OutOfMemory."""
        found = self._opening.locate()
        self.model, self.revision, self.thinks = found.model, found.revision, found.thinks
        logging.disable_progress_bar()
        logging.set_verbosity_error()  # what matters of its warnings is checked, and said in our words
        self._guarded(lambda: self._open(found.folder))

    def _open(self, folder: Path) -> None:
        placement = self._opening.place(folder)
        self._checkpoint = self._opening.open(folder, placement)
        self.refills = served(self._checkpoint)
        static = () if self.refills else (_STATIC,)
        spread = (_SPREAD,) if placement.spread else ()
        self.caveats = (*self._told, *self._checkpoint.caveats, *static, *spread)
        self._speech = TokenizerView(self._checkpoint)

    def warm_up(self) -> None:
        """Answer once, to a small blank page; raises ModelUnusable, OutOfMemory, DeviceLost."""
        blank = np.full((64, 64, 3), 255, dtype=np.uint8)
        prompt = Prompt(blank, (_SMALL_QUESTION,), {"type": "boolean"}, max_tokens=8)
        try:
            self.generate([prompt], lambda _row: False)
        except (UnsupportedByEngine, *BROKEN) as error:
            said = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
            raise ModelUnusable(detail=f"it cannot answer a first small question ({said})") from error
        if self._compile_with:
            self._guarded(self._compile)
        meter = capacity.meter_of(self._loaded().model.device)
        if meter is not None:
            self._size(meter)

    def _compile(self) -> None:
        """Compile the decode step, if it holds; `not_compiled` says why it does not."""
        if not self.refills:
            self.not_compiled = compiled_step.STATIC
            return
        with torch.inference_mode():
            trial = compiled_step.tried(self._loaded(), self._compile_with, self._small_answers)
        self._checkpoint, self.not_compiled = trial.checkpoint, trial.dropped

    def _small_answers(self, checkpoint: Checkpoint) -> list[Answer]:
        """Answers of several lengths, more of them than rows: some are read while others are under way."""
        view = self._speech
        assert view is not None
        blank = np.full((64, 64, 3), 255, dtype=np.uint8)
        asked = [
            Prompt(blank, (Message("user", "Describe the page. " * number),), None, max_tokens=3 * number)
            for number in range(1, 4)
        ]
        feed = WholeBatch(asked, lambda _row: False)
        RunningBatch(checkpoint, view, feed, rows=2, kept=KeptRows(0)).run(feed.newcomers(2))
        return feed.answers()

    def _size(self, meter: Meter) -> None:
        """Find out how much fits at a time. Where no page does, they are read alone, and made smaller."""
        wishes, free = self._wishes, meter.free()
        try:
            page = self._guarded(lambda: self._one_page(meter))
        except OutOfMemory:
            self.max_rows = 1
            return
        found = capacity.capacity(page, free, answer=wishes.answer, spare=HOLES + SHARE)
        self.max_rows, self.max_tokens = wishes.rows or found.rows, wishes.tokens or found.tokens
        self._kept.most = int(SHARE * self.max_tokens)
        _log.info("batch_sized", rows=self.max_rows, tokens=self.max_tokens, free=free, page=page.peak)

    def _one_page(self, meter: Meter) -> OnePage:
        """What an upright page takes that has all the pixels a page may have."""
        checkpoint, view = self._loaded(), self._speech
        assert view is not None
        width = int((self._wishes.pixels / 2**0.5) ** 0.5)
        blank = np.full((self._wishes.pixels // width, width, 3), 255, dtype=np.uint8)
        with torch.inference_mode():
            asked = checkpoint.encode([Prompt(blank, (_SMALL_QUESTION,), None, max_tokens=1)])
            inputs = on_device(checkpoint.model.device, asked)
            meter.begin()
            slots = Slots(checkpoint, pad=view.pad)
            slots.admit(inputs)
            tokens = inputs["input_ids"].shape[1]
            return OnePage(tokens, meter.peak(), capacity.cache_bytes(slots.cache) // tokens)

    def count_tokens(self, prompt: Prompt) -> int:
        """Tokens of the texts and the picture; the marks of the chat template are guessed."""
        checkpoint, view = self._loaded(), self._speech
        assert view is not None
        height, width = prompt.picture.shape[:2]
        text = "\n".join(message.text for message in prompt.messages)
        marks = 16 * len(prompt.messages)
        return marks + len(view.counting.encode(text)) + checkpoint.picture_tokens(height, width)

    def generate(self, batch: Sequence[Prompt], cancelled: Cancelled) -> Sequence[Answer]:
        """Answer every prompt; raises OutOfMemory, DeviceLost, UnsupportedByEngine."""
        feed = WholeBatch(batch, cancelled)
        self.stream(feed)
        return feed.answers()

    def stream(self, feed: Feed[Prompt, Answer]) -> None:
        """Answer all that a feed brings; raises OutOfMemory, DeviceLost, UnsupportedByEngine.

        A model whose cache takes in no rows answers what the feed brings at once, then what it brings next.
        """
        self._guarded(lambda: self._stream(feed))

    def _stream(self, feed: Feed[Prompt, Answer]) -> None:
        checkpoint, view = self._loaded(), self._speech
        assert view is not None
        prompts = feed.newcomers(self.max_rows)
        if self.refills:
            with torch.inference_mode():
                RunningBatch(checkpoint, view, feed, rows=self.max_rows, kept=self._kept).run(prompts)
            return
        came = 0
        while prompts:
            numbers = range(came, came + len(prompts))
            for row, answer in zip(numbers, self._static(prompts, _numbered(feed, numbers)), strict=True):
                feed.answered(row, answer)
            came += len(prompts)
            prompts = feed.newcomers(self.max_rows)

    def _static(self, batch: Sequence[Prompt], cancelled: Cancelled) -> list[Answer]:
        checkpoint, view = self._loaded(), self._speech
        assert view is not None
        checkpoint.answering([batch[0].adapter])  # rows of a static batch have the same
        with torch.inference_mode():
            inputs = on_device(checkpoint.model.device, checkpoint.encode(batch))
            width = inputs["input_ids"].shape[1]
            run = StaticBatch(
                batch,
                width,
                cancelled,
                view=view,
                left=checkpoint.left(width),
                opening=view.tail(inputs["input_ids"]),
            )
            output = run.generate(checkpoint.model, inputs)
        return run.answers(output, inputs["attention_mask"].sum(dim=1).tolist())

    def _guarded(self, step: Callable[[], _T]) -> _T:
        """Run a step, with torch's errors as ours.

        A new error is raised after the old one is gone: its frames hold the tensors of the failed step,
        and whoever tries again needs their memory.
        """
        try:
            return step()
        except RuntimeError as error:
            ours = device.fault(error)
            if ours is None:
                raise
        self._kept.clear()
        device.free()
        raise ours

    def smaller(self, prompt: Prompt) -> Prompt | None:
        """The prompt with its picture at half the area, down to where letters are lost."""
        picture = resize.halved(prompt.picture)
        return None if picture is None else replace(prompt, picture=picture)

    def close(self) -> None:
        """Free the weights."""
        self._checkpoint = self._speech = None
        self._kept.clear()
        device.free()

    def _loaded(self) -> Checkpoint:
        if self._checkpoint is None:
            raise ModelUnavailable(detail="it is not loaded")
        return self._checkpoint


def _numbered(feed: Feed[Prompt, Answer], numbers: Sequence[int]) -> Cancelled:
    """Whether the row of a batch is still wanted that goes by another number in the feed."""
    return lambda row: feed.cancelled(numbers[row])
