"""Which engine runs a folder: read off its config.json before anything is built.

A class that is given another family's numbers builds a model of its own default size, which takes all
the memory of a machine before it fails.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from worker.errors import ModelUnusable
from worker.reading.engines import registry


def require(folder: Path, engine: str) -> None:
    """Raise ModelUnusable for a folder that another engine runs, or that cannot be read."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelUnusable(detail=f"the config.json of {folder.name} cannot be read") from error
    runs = _engine_of(config if isinstance(config, dict) else {})
    if runs != engine:
        raise ModelUnusable(
            detail=f"{folder.name} is run by the engine {runs}; set PAGEMILL_ENGINE, or --engine"
        )


def _engine_of(config: Mapping[str, Any]) -> str:
    """The engine whose architecture it is, else the one that runs every other."""
    known = registry.opening_folders()
    named = (name for name, folders in known.items() if folders.fits is not None and folders.fits(config))
    others = (name for name, folders in known.items() if folders.fits is None)
    return next(chain(named, others))
