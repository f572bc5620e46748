"""Weights into a model: all of them, and into one that is written here no others.

transformers only warns of tensors that a class does not know or that a file does not have, and fills
the gaps at random. For a class that was written from the names of tensors, that would be a model
that loads and reads nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from worker.errors import ModelUnusable

_NAMED = 3


def load_whole(
    kind: Any, folder: Path, *, config: Any, arguments: dict[str, Any], exactly: bool = True
) -> Any:
    """A model of the class with the folder's weights; raises ModelUnusable when they do not match.

    Without `exactly`, tensors that the class does not know are left aside, as transformers does.
    """
    model, told = kind.from_pretrained(str(folder), config=config, output_loading_info=True, **arguments)
    unknown = told["unexpected_keys"] if exactly else ()
    for what, names in (("misses", told["missing_keys"]), ("has unknown", unknown)):
        if names:
            first = ", ".join(sorted(names)[:_NAMED])
            raise ModelUnusable(
                detail=f"{folder.name} is not the {type(model).__name__} that is known here: it {what} "
                f"tensors ({len(names)}: {first} …)"
            )
    model.eval()
    return model
