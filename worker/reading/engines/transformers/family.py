"""Which engine runs a folder: read off its config.json before anything is built.

A class that is given another family's numbers builds a model of its own default size, which takes all
the memory of a machine before it fails.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from worker.errors import ModelUnusable


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


def _engine_of(config: dict[str, Any]) -> str:
    if "num_multi_query_heads" in config and "vision_config" in config:
        return "cogvlm2"
    named = f"{config.get('model_type')} {config.get('architectures')}".lower()
    return "sail_vl2" if "llm_config" in config and "sail" in named else "transformers"
