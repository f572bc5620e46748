"""LoRA adapters beside a model's weights: several at once, one of them chosen for each batch.

A folder is what peft writes (adapter_config.json, adapter_model.safetensors), so that other programs read it,
too, and a manifest that says of what it was made and for which model.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from worker.errors import MissingExtra, ModelUnusable
from worker.reading.engines.transformers.checkpoint import Checkpoint, Open
from worker.reading.engines.transformers.location import Location
from worker.reading.engines.transformers.placement import Placement
from worker.settings import ADAPTER_MANIFEST

WEIGHTS = "adapter_model.safetensors"
_PREFIX = "base_model.model."


class AdapterManifest(BaseModel):
    """For which kind and model an adapter is, from what it was made, and what it brings.

    `sha256` is that of its weights, `data_sha256` that of the manifest of the documents it learned from;
    scores are the share of fields that were right on those that were held out.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: str
    model: str
    revision: str | None
    schema_sha256: str
    data_sha256: str
    documents: int
    sha256: str
    score_before: float | None = None
    score_after: float | None = None


def read(folder: Path) -> AdapterManifest:
    """What is said of an adapter; raises ModelUnusable, also when its weights are others."""
    try:
        manifest = AdapterManifest.model_validate_json((folder / ADAPTER_MANIFEST).read_text("utf-8"))
        digest = hash_of(folder / WEIGHTS)
    except (OSError, ValidationError) as error:
        raise ModelUnusable(detail=f"{folder} holds no adapter of `pagemill train`") from error
    if digest != manifest.sha256:
        raise ModelUnusable(detail=f"the weights in {folder} are not those that were trained")
    return manifest


def require(folders: Sequence[Path], location: Location) -> Location:
    """The model with its adapters named in its revision.

    Raises ModelUnusable for an adapter of another model or revision, and for two of one kind.
    """
    manifests = [read(folder) for folder in folders]
    for folder, manifest in zip(folders, manifests, strict=True):
        if (manifest.model, manifest.revision) != (location.model, location.revision):
            detail = (
                f"the adapter {folder} was made for {manifest.model} ({manifest.revision}), "
                f"not for {location.model} ({location.revision})"
            )
            raise ModelUnusable(detail=detail)
    kinds = [manifest.kind for manifest in manifests]
    if len(set(kinds)) < len(kinds):
        raise ModelUnusable(detail=f"two adapters are for the same kind: {', '.join(sorted(kinds))}")
    named = [f"{manifest.kind}-{manifest.sha256[:12]}" for manifest in manifests]
    revision = " + ".join([location.revision or "", *named]) if named else location.revision
    return Location(location.folder, location.model, revision, location.thinks)


def opening(open_: Open, folders: Sequence[Path]) -> Open:
    """A way of opening checkpoints that lays these adapters beside their weights."""

    def open_with_adapters(folder: Path, placement: Placement) -> Checkpoint:
        checkpoint = open_(folder, placement)
        load(checkpoint.model, folders)
        return checkpoint

    return open_with_adapters


def load(model: Any, folders: Iterable[Path]) -> None:
    """Lay adapters beside the weights of a model, none of them chosen; raises ModelUnusable, MissingExtra."""
    for folder in folders:
        _load(model, folder, read(folder).kind)
    choose(model, "")


def _load(model: Any, folder: Path, name: str) -> None:
    try:
        from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict
        from safetensors.torch import load_file
    except ImportError as error:
        raise MissingExtra(feature="Reading with an adapter", extra="train") from error
    try:
        config = LoraConfig.from_pretrained(str(folder))
        with warnings.catch_warnings():  # of there being one already: several are meant
            warnings.simplefilter("ignore", UserWarning)
            inject_adapter_in_model(config, model, adapter_name=name)
        weights = {key.removeprefix(_PREFIX): value for key, value in load_file(folder / WEIGHTS).items()}
        left = set_peft_model_state_dict(model, weights, adapter_name=name)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelUnusable(detail=f"the adapter {folder} does not fit this model ({error})") from error
    if left.unexpected_keys:
        raise ModelUnusable(detail=f"the adapter {folder} has weights for layers that this model lacks")


def choose(model: Any, name: str) -> None:
    """Answer with the adapter of that name from now on; with none of them for ""."""
    for layer in _layers(model):
        has = name in layer.lora_A
        layer.enable_adapters(has)
        if has:
            layer.set_adapter([name])


def _layers(model: Any) -> list[Any]:
    """The layers that have adapters beside them, as peft marks them."""
    return [module for module in model.modules() if hasattr(module, "lora_A")]


def hash_of(path: Path) -> str:
    """SHA-256 of a file; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
