"""Tiny checkpoints for tests: built once a run, opened as real ones are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.tiny import families, native
from schemas.json_schema.answer import answer_schema
from schemas.registry import Schema
from worker.reading.engines import builtin
from worker.reading.engines.transformers.capacity import BatchWishes
from worker.reading.engines.transformers.checkpoint import CheckpointLoader
from worker.reading.engines.transformers.generator import TransformersGenerator
from worker.reading.engines.transformers.location import Location
from worker.reading.engines.transformers.placement import Quantisation, choose
from worker.reading.engines.vision.base import Message, Prompt
from worker.reading.pages.base import Picture
from worker.settings import Settings

BUILDERS: Mapping[str, Callable[[Path], Path]] = {
    **{name: lambda folder, name=name: families.build(name, folder) for name in families.FAMILIES},  # type: ignore[misc]
    "cogvlm2": native.cogvlm2,
    "sail_vl2": native.sail_vl2,
    "sail_vl2_moe": lambda folder: native.sail_vl2(folder, experts=True),
}
ENGINES = {"cogvlm2": "cogvlm2", "sail_vl2": "sail_vl2", "sail_vl2_moe": "sail_vl2"}


def engine_of(family: str) -> str:
    return ENGINES.get(family, "transformers")


def generator(
    family: str, folder: Path, *, quantisation: Quantisation = "none", **more: Any
) -> TransformersGenerator:
    """A loaded model of a family."""
    opening = CheckpointLoader(
        locate=lambda: Location(folder, family, thinks="thinking" in folder.name),
        place=lambda _folder: choose("cpu", quantisation),
        open=builtin._opener(engine_of(family)),
    )
    wishes = BatchWishes(rows=more.pop("rows", None))
    made = TransformersGenerator(engine_of(family), family, opening=opening, wishes=wishes, **more)
    made.load()
    return made


def settings(family: str, folder: Path, **more: Any) -> Settings:
    kept = {"grounding": "text_layer", "second_looks": 1, **more}  # what random weights say is all in doubt
    return Settings(_env_file=None, engine=engine_of(family), model=str(folder), **kept)


def speckled(height: int, width: int, seed: int = 0) -> Picture:
    """A picture that is not like another."""
    random = np.random.default_rng(seed)
    return np.where(random.random((height, width, 3)) > 0.9, 0, 255).astype(np.uint8)


def prompt(
    schema: Schema, text: str = "Read.", *, size: tuple[int, int] = (300, 200), seed: int = 0, **more: Any
) -> Prompt:
    kept = {"max_tokens": 400, **more}
    return Prompt(speckled(*size, seed), (Message("user", text),), answer_schema(schema.root), **kept)
