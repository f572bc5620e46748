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

from worker.errors import ModelUnusable
from worker.reading.engines.transformers.device import fault
from worker.reading.engines.transformers.location import Location
from worker.reading.engines.transformers.placement import Placement
from worker.reading.engines.vision.base import Prompt


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model in memory and how it is spoken to.

    `encode` makes the left-padded tensors that `model.generate` takes, `input_ids` and
    `attention_mask` among them, with control tokens in user text made plain text; `picture_tokens`
    tells what a picture of height and width in pixels costs; `context` is the most tokens of
    question and answer together; `caveats` is what a reader of its records should know.
    """

    model: Any
    tokenizer: Any
    encode: Callable[[Sequence[Prompt]], Mapping[str, Any]]
    picture_tokens: Callable[[int, int], int]
    context: int
    caveats: tuple[str, ...] = ()


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

    `locate` and `place` are asked when it is loaded: they look at files and at the GPU.
    """

    locate: Callable[[], Location]
    place: Callable[[], Placement]
    open: Open
