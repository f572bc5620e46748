"""Where a model's files are, and what is known of it: a profile that was pulled, or any folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from worker.errors import ModelUnavailable
from worker.profiles import files
from worker.profiles.registry import profiles


@dataclass(frozen=True, slots=True)
class Location:
    """A folder with a checkpoint, what the model is called, which version, whether it thinks."""

    folder: Path
    model: str
    revision: str | None = None
    thinks: bool = False


def find(model: str, *, engine: str, models_dir: Path) -> Location:
    """The files of a model, compared with their manifest where there is one.

    `model` is the name of a profile or the path of a folder. Raises ModelUnavailable, ModelChanged.
    """
    if not model:
        raise ModelUnavailable(detail=f"say which model {engine} is to run: set PAGEMILL_MODEL, or --model; "
                               "`pagemill models` lists them")  # fmt: skip
    folder = files.load_folder(model, models_dir)
    known = profiles().get(model)
    if known is None:
        return Location(folder, folder.resolve().name, thinks="thinking" in folder.resolve().name.lower())
    if known.engine != engine:
        raise ModelUnavailable(
            detail=f"{model} is run by the engine {known.engine}; set PAGEMILL_ENGINE to it"
        )
    return Location(folder, known.id, files.read_manifest(folder).revision, known.thinks)
