"""Where a model's files are, and what is known of it: a profile that was pulled, or any folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from worker.errors import ModelUnusable
from worker.reading.engines.transformers.family import require
from worker.reading.models import files
from worker.reading.models.registry import profiles

_SAMPLE, _SAMPLES = 65_536, 16  # bytes; of each file


@dataclass(frozen=True, slots=True)
class Location:
    """A folder with a checkpoint, what the model is called, which version, whether it thinks."""

    folder: Path
    model: str
    revision: str | None = None
    thinks: bool = False


def find(model: str, *, engine: str, models_dir: Path, deep: bool = True) -> Location:
    """The files of a model, compared with their manifest where there is one, by content if `deep`.

    `model` is the name of a profile or the path of a folder. Raises ModelUnusable, ModelChanged.
    """
    if not model:
        raise ModelUnusable(
            detail=f"say which model {engine} is to run: set PAGEMILL_MODEL, or --model; "
            "`pagemill models` lists them"
        )
    known = profiles().get(model)
    if known is not None and known.engine != engine:  # before anybody is told to pull it
        raise ModelUnusable(detail=f"{model} is run by the engine {known.engine}, not {engine}")
    folder = files.load_folder(model, models_dir, deep=deep)
    require(folder, engine)
    if known is None:
        name = folder.resolve().name
        return Location(folder, name, _fingerprint(folder), thinks="thinking" in name.lower())
    return Location(folder, known.id, files.read_manifest(folder).revision, known.thinks)


def _fingerprint(folder: Path) -> str:
    """A version for files that nobody pinned, by names, sizes and samples: to read them all takes minutes."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.name} {size} ".encode())
        with path.open("rb") as file:
            for place in range(0, size, max(_SAMPLE, size // _SAMPLES)):
                file.seek(place)
                digest.update(file.read(_SAMPLE))
    return f"unpinned-{digest.hexdigest()[:12]}"
