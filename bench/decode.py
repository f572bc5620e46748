"""Forwards and time of the running batch against static `generate`: `python -m bench.decode`.

Queues of 64 answers for eight rows, on random weights of two sizes. Lengths are drawn with the mean and
the spread that labels of real documents have in tokens (receipts 117, 0.08; invoices 334, 0.34; forms 376,
0.58; all halved, so that a run takes minutes); a list in the schema of each answer is as long as that
takes. Static batches and the running one in turn, three times each, on the CPU with one thread. Of each way
the round is taken that was done first, as others compute on the same machine; the clock is judged, and the
processor time told beside it. Ratios within one run; a GPU, where a pass costs nearly the same for one row or
many, would have to confirm the times.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForImageTextToText
from transformers.utils import logging

from bench.tiny import families
from schemas import registry
from schemas.json_schema.answer import answer_schema
from worker.reading.engines.transformers import auto
from worker.reading.engines.transformers.capacity import BatchWishes
from worker.reading.engines.transformers.checkpoint import CheckpointLoader
from worker.reading.engines.transformers.generator import TransformersGenerator
from worker.reading.engines.transformers.location import Location
from worker.reading.engines.transformers.placement import Placement
from worker.reading.engines.vision.base import Answer, Message, Prompt

ROWS = 8
_QUEUE, _ROUNDS = 64, 3
_SPREADS = {"receipts": (117, 0.08), "invoices": (334, 0.34), "forms": (376, 0.58)}
_PART = 0.5  # of those lengths
_ITEM_TOKENS = 46  # of an item of the list, about
_SMALL, _LARGE = (64, 2), (512, 8)
_RUNS = {_SMALL: tuple(_SPREADS), _LARGE: ("invoices",)}
_LEAST, _LARGER = 1.4, 1.25
_LINES = {
    "type": "object",
    "properties": {
        "description": {"type": "string", "minLength": 90, "maxLength": 90, "pattern": "^[a-z ]+$"},
        "quantity": {"type": "integer", "minimum": 1, "maximum": 99},
        "amount": {"type": "number", "minimum": 0, "maximum": 999, "multipleOf": 0.01},
    },
    "required": ["description", "quantity", "amount"],
    "additionalProperties": False,
}

Run = Callable[[], Sequence[Answer]]


def main() -> int:
    """Print a line for each size and spread; 1 where tokens differ or a bound is not met."""
    logging.disable_progress_bar()
    torch.set_num_threads(1)
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for size, kinds in _RUNS.items():
            model = _model(Path(folder) / f"{size}", *size)
            for kind in kinds:
                found = compared(model, kind)
                print(found.told, flush=True)
                good &= found.same
                good &= kind != "invoices" or found.fewer >= _LEAST
                good &= size != _LARGE or found.faster >= _LARGER
    return 0 if good else 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is told of two ways of answering a queue, whether all answers are the same, and both ratios."""

    told: str
    same: bool
    fewer: float
    faster: float


def compared(model: TransformersGenerator, kind: str, *, queue: int = _QUEUE) -> Comparison:
    """Answer a queue in static batches of eight and in a running one, in turn."""
    asked = [_prompt(number, items) for number, items in enumerate(_lengths(*_SPREADS[kind])[:queue])]
    batches = [asked[start : start + ROWS] for start in range(0, queue, ROWS)]
    static: Run = lambda: [answer for batch in batches for answer in model._static(batch, _wanted)]  # noqa: SLF001, E731
    running: Run = lambda: model.generate(asked, _wanted)  # noqa: E731
    measured = [_measured(model, run) for _ in range(_ROUNDS) for run in (static, running)]
    answers, passes = [one[0] for one in measured], [one[1] for one in measured]
    seconds = [min(one[2] for one in measured[start::2]) for start in (0, 1)]
    worked = [min(one[3] for one in measured[start::2]) for start in (0, 1)]
    texts = [[answer.text for answer in mine] for mine in answers]
    equal = min(sum(map(str.__eq__, texts[0], mine)) for mine in texts)
    fewer, faster = passes[0] / passes[1], seconds[0] / seconds[1]
    lengths = [answer.completion_tokens for answer in answers[0]]
    dictated = sum(token.logprob is None for answer in answers[0] for token in answer.tokens) / sum(lengths)
    told = (
        f"{model._loaded().model.num_parameters() / 1e6:.1f} M, {kind}: {queue} answers of "  # noqa: SLF001
        f"{statistics.mean(lengths):.0f} tokens ({statistics.pstdev(lengths) / statistics.mean(lengths):.2f}), "
        f"{dictated:.0%} dictated; passes {passes[0]} static, {passes[1]} running: {fewer:.2f} x fewer; "
        f"{seconds[0]:.1f} s and {seconds[1]:.1f} s by the clock: {faster:.2f} x; "
        f"{worked[0]:.1f} s and {worked[1]:.1f} s of processor time: {worked[0] / worked[1]:.2f} x; "
        f"{equal} of {queue} answers equal"
    )
    return Comparison(told, equal == queue, fewer, faster)


def _measured(model: TransformersGenerator, run: Run) -> tuple[Sequence[Answer], int, float, float]:
    """What a run answers, its passes through the model, its seconds, and those of the processor."""
    passes = [0]

    def count(*_: object) -> None:
        passes[0] += 1

    model._kept.clear()  # noqa: SLF001 (the pictures of the run before)
    hook = model._loaded().model.get_output_embeddings().register_forward_hook(count)  # noqa: SLF001
    started, idle = time.perf_counter(), time.process_time()
    try:
        answers = run()
    finally:
        hook.remove()
    return answers, passes[0], time.perf_counter() - started, time.process_time() - idle


def _lengths(mean: float, spread: float) -> list[int]:
    """Items of each answer's list."""
    chance = random.Random(1)
    tokens = [max(0.2 * mean, chance.gauss(mean, spread * mean)) * _PART for _ in range(_QUEUE)]
    return [max(1, round(count / _ITEM_TOKENS)) for count in tokens]


def _prompt(number: int, items: int) -> Prompt:
    lines = {"type": "array", "items": _LINES, "minItems": items, "maxItems": items}
    schema: dict[str, object] = {"type": "object", "properties": {"lines": lines}, "required": ["lines"]}
    schema["additionalProperties"] = False
    picture = torch.randint(0, 255, (60, 90, 3), generator=torch.Generator().manual_seed(number))
    return Prompt(picture.byte().numpy(), (Message("user", "Read the page."),), schema, max_tokens=2000)


def _model(folder: Path, hidden: int, layers: int) -> TransformersGenerator:
    """A model with a decoder of that size and a tokenizer that knows the words of kinds."""
    words = [str(answer_schema(registry.kind(kind).root)) for kind in ("invoice", "receipt", "form")]
    families.build("internvl", folder, texts=[*words, '"description": "quantity": "amount": "lines": '])
    if (hidden, layers) != _SMALL:
        config = AutoConfig.from_pretrained(folder)
        config.text_config.update(
            {
                "hidden_size": hidden,
                "intermediate_size": 2 * hidden,
                "num_hidden_layers": layers,
                "num_attention_heads": hidden // 64,
                "num_key_value_heads": 2,
                "head_dim": 64,
                "layer_types": ["full_attention"] * layers,
            }
        )
        torch.manual_seed(7)
        AutoModelForImageTextToText.from_config(config).save_pretrained(folder)
    placement = Placement("cpu", torch.float32)
    opening = CheckpointLoader(
        lambda: Location(folder, "tiny"), lambda _folder: placement, auto.open_checkpoint
    )
    model = TransformersGenerator("transformers", "tiny", opening=opening, wishes=BatchWishes(ROWS))
    model.load()
    return model


def _wanted(_row: int) -> bool:
    return False


if __name__ == "__main__":
    sys.exit(main())
