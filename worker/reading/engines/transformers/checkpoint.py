"""An opened checkpoint: what the generator needs to know of a model family."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from torch import Tensor

from worker.errors import ModelUnusable, UnsupportedByEngine
from worker.reading.engines.transformers.device import fault
from worker.reading.engines.transformers.location import Location
from worker.reading.engines.transformers.placement import Placement
from worker.reading.engines.vision.base import Prompt

Following = Callable[[Any, Mapping[str, Tensor]], Tensor]
Pictured = Callable[[Mapping[str, Any]], Tensor]


def after_tokens(model: Any, inputs: Mapping[str, Tensor]) -> Tensor:
    """As many as a row has tokens, moved by what its pictures take less or more than tokens.

    The families with positions in rows and columns keep the latter on the model, for the batch read last.
    """
    count = inputs["attention_mask"].sum(dim=1)
    moved = getattr(getattr(model, "model", None), "rope_deltas", None)
    return count if moved is None else count + moved.view(-1).to(count.device)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model in memory and how it is spoken to.

    `encode` makes the left-padded tensors that `model.generate` takes, `input_ids` and
    `attention_mask` among them, with control tokens in user text made plain text; `picture_tokens`
    tells what a picture of height and width in pixels costs; `context` is the most tokens of
    question and answer together; `caveats` is what a reader of its records should know. `following`
    tells, from the model and what was encoded, the position after each row's question [rows]; None for
    a family that was never tried in a running batch. `pictured` tells which of the tokens that were encoded
    stand for a picture [rows, length]; None where there are no pictures. `step` is the model as decode steps
    call it, where that is another than the model itself. `answering` takes the names of adapters, one for
    each row that is shown to the model next, "" for none.
    """

    model: Any
    tokenizer: Any
    encode: Callable[[Sequence[Prompt]], Mapping[str, Any]]
    picture_tokens: Callable[[int, int], int]
    context: int
    caveats: tuple[str, ...] = ()
    following: Following | None = None
    pictured: Pictured | None = None
    step: Callable[..., Any] | None = None
    answering: Callable[[Sequence[str]], None] = lambda _names: None

    def left(self, question: int) -> int:
        """Tokens of an answer to a question of so many; raises UnsupportedByEngine where it leaves none."""
        left = self.context - question
        if left <= 0:
            raise UnsupportedByEngine(
                detail=f"the question takes {question} tokens, as many as this model can read and write; "
                "lower PAGEMILL_MODEL_PIXELS"
            )
        return left


BROKEN = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    ImportError,
    RuntimeError,
    SafetensorError,
    StrictDataclassError,
    UnpicklingError,
    AttributeError,
)
"""What the libraries raise on folders that hold no whole checkpoint."""


@contextmanager
def opened(folder: Path) -> Iterator[None]:
    """Raise ModelUnusable for what libraries raise on a folder that holds no whole checkpoint.

    What they raise for want of memory, or of a device, is not the folder's fault and goes through.
    """
    try:
        yield
    except BROKEN as error:
        if fault(error) is not None:
            raise
        said = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        if isinstance(error, ImportError):
            raise ModelUnusable(
                detail=f"{folder.name} needs a package that is not installed ({said})"
            ) from error
        raise ModelUnusable(detail=f"the files of {folder.name} are not whole ({said})") from error


Open = Callable[[Path, Placement], Checkpoint]
"""Opens the checkpoint in a folder; raises ModelUnavailable, MissingExtra."""


@dataclass(frozen=True, slots=True)
class CheckpointLoader:
    """How a model comes into memory.

    `locate` and `place` are asked when it is loaded: they look at files and at the GPU, `place` for a folder.
    """

    locate: Callable[[], Location]
    place: Callable[[Path], Placement]
    open: Open
