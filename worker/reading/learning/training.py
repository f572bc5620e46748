"""LoRA: a few million weights beside those of a model, learned from what people corrected.

Hu et al., "LoRA" (arXiv 2106.09685), by peft; on weights in nf4 it is QLoRA (arXiv 2305.14314). The loss is
that of the answer alone; questions are encoded as for reading. An answer is learned one row at a time, and
gradients are summed over several: pages differ too much in size to be worth padding.
"""

from __future__ import annotations

import random
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from worker.errors import MissingExtra, ModelUnusable
from worker.reading.engines.transformers.checkpoint import Checkpoint
from worker.reading.engines.transformers.tokenizer_view import TokenizerView, on_device
from worker.reading.learning.examples import Example

_OF_PICTURES = re.compile(r"vision|visual|projector|connector|merger|patch")
_STATE = "training.pt"
_SAVE_EVERY = 20  # updates

Progress = Callable[[int, int, float], None]
"""Called after every update with its number, how many there are, and the loss per token."""


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """How an adapter is learned: `rank` of its matrices, `epochs` over the examples, rows of an `update`.

    `vision` lets the layers learn, too, that see the picture; they are frozen otherwise.
    """

    rank: int = 16
    epochs: int = 3
    learning_rate: float = 2e-4
    update: int = 8
    vision: bool = False
    seed: int = 0


def train(
    checkpoint: Checkpoint,
    examples: Sequence[Example],
    folder: Path,
    *,
    options: TrainingOptions,
    progress: Progress = lambda _done, _all, _loss: None,
) -> None:
    """Learn an adapter and write it into a folder as peft does; goes on where it was stopped before.

    Raises MissingExtra, ModelUnusable.
    """
    torch.manual_seed(options.seed)
    model = _with_adapter(checkpoint.model, options)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=options.learning_rate)
    updates = list(_updates(len(examples), options))
    done = _resumed(folder, weights, optimizer, len(updates))
    view = TokenizerView(checkpoint)
    model.train()
    for number in range(done, len(updates)):
        loss = _update(model, view, checkpoint, [examples[index] for index in updates[number]])
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        progress(number + 1, len(updates), loss)
        if (number + 1) % _SAVE_EVERY == 0:
            _save(folder, weights, optimizer, number + 1)
    model.eval()
    model.save_pretrained(str(folder))
    (folder / _STATE).unlink(missing_ok=True)


def _with_adapter(model: Any, options: TrainingOptions) -> Any:
    """The model with new weights beside its layers, all others frozen."""
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise MissingExtra(feature="Training", extra="train") from error
    targets = _targets(model, vision=options.vision)
    config = LoraConfig(
        r=options.rank, lora_alpha=2 * options.rank, lora_dropout=0.0, target_modules=targets, bias="none"
    )
    if model.device.type == "cuda" and getattr(model, "supports_gradient_checkpointing", False):
        model.gradient_checkpointing_enable({"use_reentrant": False})
        model.enable_input_require_grads()
    with warnings.catch_warnings():  # of an alias that peft asks transformers for
        warnings.simplefilter("ignore", FutureWarning)
        return get_peft_model(model, config)


def _targets(model: Any, *, vision: bool) -> list[str]:
    """The linear layers that learn: those of the decoder, with `vision` those of the tower, too."""
    linear = [name for name, part in model.named_modules() if isinstance(part, torch.nn.Linear)]
    decoder = [name for name in linear if ".layers." in f".{name}" and not _OF_PICTURES.search(name)]
    seeing = [name for name in linear if vision and _OF_PICTURES.search(name)]
    if not decoder:
        raise ModelUnusable(detail="it has no layers that an adapter could be laid beside")
    return [*decoder, *seeing]


def _updates(count: int, options: TrainingOptions) -> Iterator[list[int]]:
    """The rows of each update, in an order that is the same every time."""
    shuffled = random.Random(options.seed)  # noqa: S311 (no secret)
    for _ in range(options.epochs):
        order = list(range(count))
        shuffled.shuffle(order)
        yield from (order[start : start + options.update] for start in range(0, count, options.update))


def _update(model: Any, view: TokenizerView, checkpoint: Checkpoint, rows: Sequence[Example]) -> float:
    """Sum the gradients of some rows; the mean loss of a token."""
    total = 0.0
    for row in rows:
        loss = _loss(model, view, checkpoint, row)
        (loss / len(rows)).backward()  # type: ignore[no-untyped-call]
        total += float(loss.detach())
    return total / len(rows)


def _loss(model: Any, view: TokenizerView, checkpoint: Checkpoint, row: Example) -> Tensor:
    """The mean cross-entropy of the tokens of an answer and of the one that ends it."""
    inputs = on_device(model.device, checkpoint.encode([row.prompt]))
    answer = [*view.tokenizer.encode(row.answer, add_special_tokens=False), view.ends[0]]
    asked = inputs["input_ids"].shape[1]
    labels = torch.tensor([answer], device=model.device)
    logits = model(**_followed(inputs, labels)).logits[:, asked - 1 : -1]
    return functional.cross_entropy(logits.flatten(0, 1).float(), labels.flatten())


def _followed(inputs: Mapping[str, Tensor], answer: Tensor) -> dict[str, Tensor]:
    """What was encoded of a question, with the answer after it: of text, and attended to."""
    asked = inputs["input_ids"].shape
    longer = {
        name: torch.cat([value, _of_answer(name, value, answer)], dim=1) if value.shape == asked else value
        for name, value in inputs.items()
    }
    return {**longer, "use_cache": False}  # type: ignore[dict-item]


def _of_answer(name: str, value: Tensor, answer: Tensor) -> Tensor:
    """The answer's part of a tensor that has a number for every token; kinds of tokens are 0 for text."""
    if name == "input_ids":
        return answer
    return torch.full_like(answer, int(name == "attention_mask"), dtype=value.dtype)


def _save(folder: Path, weights: Sequence[Tensor], optimizer: torch.optim.Optimizer, done: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        "done": done,
        "weights": [w.detach().cpu() for w in weights],
        "optimizer": optimizer.state_dict(),
    }
    partial = folder / f"{_STATE}.part"
    torch.save(state, partial)
    partial.replace(folder / _STATE)


def _resumed(folder: Path, weights: Sequence[Tensor], optimizer: torch.optim.Optimizer, updates: int) -> int:
    """Take up what was saved; how many updates are done."""
    if not (folder / _STATE).exists():
        return 0
    state = torch.load(folder / _STATE, map_location="cpu", weights_only=True)
    kept = state["weights"]
    if [one.shape for one in kept] != [one.shape for one in weights] or state["done"] > updates:
        raise ModelUnusable(detail=f"{folder} holds a training of other options; give another folder")
    with torch.no_grad():
        for weight, value in zip(weights, kept, strict=True):
            weight.copy_(value)
    optimizer.load_state_dict(state["optimizer"])
    return int(state["done"])
