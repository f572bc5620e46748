"""LoRA adapters beside a model's weights: several at once, one of them chosen for each row.

A folder is what peft writes (adapter_config.json, adapter_model.safetensors), so that other programs read it,
too, and a manifest that says of what it was made and for which model.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from worker.errors import MissingExtra, ModelUnusable
from worker.reading.engines.transformers.checkpoint import Checkpoint, Open
from worker.reading.engines.transformers.location import Location
from worker.settings import ADAPTER_MANIFEST

WEIGHTS = "adapter_model.safetensors"
_PREFIX = "base_model.model."
_NONE = "__base__"  # what peft calls a row without an adapter


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
    return lambda folder, placement: laid(open_(folder, placement), folders)


def laid(checkpoint: Checkpoint, folders: Sequence[Path]) -> Checkpoint:
    """A checkpoint with adapters beside its weights, none chosen; raises ModelUnusable, MissingExtra."""
    if not folders:
        return checkpoint
    for folder in folders:
        _load(checkpoint.model, folder, read(folder).kind)
    return replace(checkpoint, answering=AdapterSwitch(checkpoint.model).choose)


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


class AdapterSwitch:
    """Lets the adapters of a model answer, for all rows of a batch the same or for each its own."""

    def __init__(self, model: Any) -> None:
        self._layers = [module for module in model.modules() if hasattr(module, "lora_A")]  # peft's
        self._chosen: tuple[str, ...] = ()
        for layer in self._layers:
            layer.register_forward_pre_hook(self._by_row, with_kwargs=True)
        self.choose([""])

    def choose(self, names: Sequence[str]) -> None:
        """Answer row by row with the adapters of these names, where there are any so named.

        The same for all holds for whatever the layers are shown. Different ones want the rows of the batch in
        every layer that is called, so that no pictures can be taken in under them.
        """
        chosen = tuple(names)
        if len(set(chosen)) == 1:
            chosen = chosen[:1]
        if chosen == self._chosen:
            return
        self._chosen = chosen
        for layer in self._layers:
            alone = chosen[0] if len(chosen) == 1 else ""
            if alone in layer.lora_A:
                layer.set_adapter([alone])
            layer.enable_adapters(len(chosen) > 1 or alone in layer.lora_A)

    def _by_row(self, _layer: Any, shown: Any, named: dict[str, Any]) -> tuple[Any, dict[str, Any]] | None:
        if len(self._chosen) == 1:
            return None
        return shown, {**named, "adapter_names": [name or _NONE for name in self._chosen]}


def hash_of(path: Path) -> str:
    """SHA-256 of a file; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
