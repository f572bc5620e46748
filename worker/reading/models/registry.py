"""Profiles of models, read from `profiles.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from worker.errors import ModelUnavailable

Quantisation = Literal["none", "int8", "nf4"]
Dialect = Literal["json", "lines", "nuextract", "glm-ocr", "paddleocr-vl", "transcript"]
QUANTISATIONS: tuple[Quantisation, ...] = ("none", "int8", "nf4")

_STRICT = ConfigDict(extra="forbid")


@cache
def profiles() -> Mapping[str, Profile]:
    """Every profile by its name."""
    raw = tomllib.loads((files(__package__) / "profiles.toml").read_text(encoding="utf-8"))
    resolved = {name: _resolved(name, entry, raw) for name, entry in raw["profiles"].items()}
    return MappingProxyType(TypeAdapter(dict[str, Profile]).validate_python(resolved))


def profile(name: str) -> Profile:
    """A profile by name; raises ModelUnavailable with the names there are."""
    try:
        return profiles()[name]
    except KeyError:
        detail = f"no profile is called {name!r}; there are: {', '.join(profiles())}"
        raise ModelUnavailable(detail=detail) from None


@dataclass(frozen=True, slots=True, config=_STRICT)
class Licence:
    """The terms of a model. `notice` must have been shown before the model is used."""

    name: str
    notice: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class PictureInput:
    """How a model takes pictures in. `tokens` is what an A4 page at 200 dpi costs."""

    limits: str
    tokens: int
    source: str
    max_pixels: int | None = None
    tile: int | None = None


@dataclass(frozen=True, slots=True, config=_STRICT)
class LinearAttention:
    """Layers with a state instead of a growing cache (Gated DeltaNet)."""

    layers: int
    key_heads: int
    value_heads: int
    head_dim: int


@dataclass(frozen=True, slots=True, config=_STRICT)
class TextDecoder:
    """A decoder.

    `experts` counts the copies of attention and MLP in a layer: CogVLM2 has one for text and one for
    pictures. `linear` says how many of the `layers` are of that kind.
    """

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocab: int
    tied: bool
    experts: int = 1
    gated_attention: bool = False
    linear: LinearAttention | None = None


@dataclass(frozen=True, slots=True, config=_STRICT)
class VisionTowerFacts:
    """A vision tower. `gated` is an MLP of three matrices, `frames` the pictures a patch spans."""

    layers: int
    hidden: int
    heads: int
    intermediate: int
    gated: bool
    patch: int
    frames: int = 1
    positions: int = 0


@dataclass(frozen=True, slots=True, config=_STRICT)
class Architecture:
    """The numbers that make up a model's size. `projector` lists its matrices as inputs, outputs."""

    source: str
    text: TextDecoder
    vision: VisionTowerFacts
    projector: tuple[tuple[int, int], ...]
    unverified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, config=_STRICT)
class Profile:
    """What is known of a model.

    `stored` is the quantisation its published files are in already, `dialect` how it was taught to be asked.
    """

    name: str
    id: str
    engine: str
    licence: Licence
    languages: tuple[str, ...]
    thinks: bool
    context: int
    image: PictureInput
    quantisations: tuple[Quantisation, ...]
    source: str
    architecture: Architecture | None = None
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = None
    revision_source: str = ""
    stored: Quantisation = "none"
    dialect: Dialect = "json"
    scores: Mapping[str, float] = field(default_factory=dict)
    scores_source: str = ""
    published_memory: str = ""
    published_source: str = ""
    unverified: tuple[str, ...] = ()


def _resolved(name: str, entry: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    shared = {"licence": "licences", "image": "images", "architecture": "architectures"}
    found = {key: raw[table][entry[key]] for key, table in shared.items() if key in entry}
    return {**entry, **found, "name": name}
