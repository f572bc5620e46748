"""Weights into a model that is written here: all of them, and no others.

transformers only warns of tensors that a class does not know or that a file does not have, and fills
the gaps at random. For a class that was written from the names of tensors, that would be a model
that loads and reads nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from worker.errors import ModelUnavailable

_NAMED = 3


def load_whole(kind: Any, folder: Path, *, config: Any, arguments: dict[str, Any]) -> Any:
    """A model of the class with the folder's weights; raises ModelUnavailable when they do not match."""
    model, told = kind.from_pretrained(str(folder), config=config, output_loading_info=True, **arguments)
    for what, names in (("misses", told["missing_keys"]), ("has unknown", told["unexpected_keys"])):
        if names:
            first = ", ".join(sorted(names)[:_NAMED])
            raise ModelUnavailable(
                detail=f"{folder.name} is not the {kind.__name__} that is known here: it {what} tensors "
                f"({len(names)}: {first} …)"
            )
    model.eval()
    return model
