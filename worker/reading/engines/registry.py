"""Engines by name: those that are shipped and those that other packages bring, alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schemas import extensions
from worker.errors import ModelUnavailable
from worker.settings import Settings

if TYPE_CHECKING:  # an image without numpy lists engines, too
    from worker.reading.engines.base import Engine


def _nothing_to_check(_settings: Settings) -> None:
    """There is no model that could be missing."""


@dataclass(frozen=True, slots=True)
class ModelFolders:
    """The folders of models that an engine runs in its own process.

    `module` has `open_checkpoint`, which opens one. `fits` says by its config.json whether one is of this
    engine's architecture; without it the engine runs every folder that no other one does. `code_needs` are
    the packages that the code beside such a checkpoint imports besides those of most models.
    """

    module: str
    fits: Callable[[Mapping[str, Any]], bool] | None = None
    code_needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """What is known of an engine before it is made; named in the entry-point group `pagemill.engines`.

    `queue` is where its jobs wait: "gpu" for engines that fill the memory they run in, "cpu" for those
    that stand beside others. `model` is the one it always reads with; where `takes_model`, it is that of
    PAGEMILL_MODEL, which may load for long or not at all. `create` makes the engine, not loaded yet;
    raises ModelUnavailable, MissingExtra. `check` raises them for a model that is not there, loading nothing.
    `folders` are those that it opens, if any: only such a model can learn.
    """

    queue: str
    create: Callable[[Settings], Engine]
    model: str = ""
    takes_model: bool = False
    check: Callable[[Settings], None] = _nothing_to_check
    folders: ModelFolders | None = None


def spec(name: str) -> EngineSpec:
    """An engine by name; raises ModelUnavailable with the names there are."""
    try:
        found: EngineSpec = extensions.load("engines", name)
    except KeyError:
        known = ", ".join(extensions.names("engines"))
        raise ModelUnavailable(detail=f"no engine is called {name!r}; there are: {known}") from None
    except extensions.ExtensionBroken as error:
        raise ModelUnavailable(detail=str(error)) from error
    return found


def create(name: str, settings: Settings) -> Engine:
    """The engine of that name, not loaded yet; raises ModelUnavailable, MissingExtra."""
    return spec(name).create(settings)


def check(name: str, settings: Settings) -> None:
    """Raise ModelUnavailable or MissingExtra for an engine whose model is not there; loads nothing."""
    spec(name).check(settings)


def taking_models() -> tuple[str, ...]:
    """The engines that read with whatever model is named."""
    return tuple(name for name in extensions.names("engines") if spec(name).takes_model)


def opening_folders() -> dict[str, ModelFolders]:
    """The engines that open models in folders, by name."""
    found = {name: spec(name).folders for name in extensions.names("engines")}
    return {name: folders for name, folders in found.items() if folders is not None}
