"""The code that lies beside a checkpoint: which files, and whether its config.json names them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.errors import ModelUnavailable
from worker.reading.engines import registry

_MODELS = ("AutoModel", "AutoModelForCausalLM")


@dataclass(frozen=True, slots=True)
class CodeFile:
    """A Python file: its name in the folder and the sha256 of what it holds."""

    name: str
    sha256: str


def code_files(folder: Path) -> tuple[CodeFile, ...]:
    """The Python files of a checkpoint that would run; raises ModelUnavailable if none would."""
    named = _config(folder).get("auto_map")
    models = [named[key] for key in _MODELS if key in named] if isinstance(named, Mapping) else []
    found = sorted(folder.rglob("*.py"))
    if not found or not models:
        raise ModelUnavailable(
            detail=f"{folder.name} comes without code of its own (there are no *.py files, or its "
            "config.json names none of them under auto_map), so that there is nothing to compare with"
        )
    for model in models:
        _here(folder, str(model))
    return tuple(
        CodeFile(str(path.relative_to(folder)), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in found
    )


def family(folder: Path) -> str:
    """The name of the engine that has this architecture as its own; raises ModelUnavailable."""
    config = _config(folder)
    fits = {name: folders.fits for name, folders in registry.opening_folders().items() if folders.fits}
    for name, is_own in fits.items():
        if is_own(config):
            return name
    raise ModelUnavailable(
        detail=f"{folder.name} is of no architecture that can be compared: {', '.join(sorted(fits))}"
    )


def _config(folder: Path) -> Mapping[str, Any]:
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelUnavailable(detail=f"{folder.name} has no config.json that can be read") from error
    return found if isinstance(found, dict) else {}


def _here(folder: Path, model: str) -> None:
    """Whether a class of `auto_map` ("file.Class", or "repository--file.Class") lies in the folder."""
    module = model.rpartition(".")[0]
    if "--" in model or not (folder / f"{module.replace('.', '/')}.py").is_file():
        raise ModelUnavailable(
            detail=f"the code of {folder.name} is not in its folder: its config.json points to {model}; "
            "put those files beside the weights and name them there"
        )
