"""Fetches the files of a model from the hub: weights, configuration and licence, never code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from worker.errors import MissingExtra, ModelUnavailable
from worker.reading.models.registry import Profile

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

_ALLOWED = (
    "*.json",
    "*.safetensors",
    "*.txt",
    "*.model",
    "*.jinja",
    "*.tiktoken",
    "merges*",
    "LICENSE*",
    "MODEL_LICENSE*",
    "NOTICE*",
)
_PICKLED = ("pytorch_model*.bin",)  # for the CogVLM2 files that exist in no other form; read weights-only


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was fetched: the commit, and the SHA-256 of those files for which the hub names one."""

    revision: str
    hashes: Mapping[str, str]


def download(profile: Profile, folder: Path, *, endpoint: str | None = None) -> Fetched:
    """Bring a folder to the state of the profile's revision, or of the newest commit; ModelUnavailable."""
    try:
        from huggingface_hub import HfApi, snapshot_download  # noqa: PLC0415 (an extra, and heavy)
        from huggingface_hub.errors import HFValidationError, XetDownloadError  # noqa: PLC0415
        from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # noqa: PLC0415 (its own client)
    except ImportError as error:
        raise MissingExtra(feature="Pulling a model", extra="vlm") from error
    try:
        info = HfApi(endpoint=endpoint).model_info(profile.id, revision=profile.revision, files_metadata=True)
        commit, hashes = _listed(profile, info)
        names = list(hashes)
        snapshot_download(
            profile.id, revision=commit, local_dir=folder, endpoint=endpoint, allow_patterns=names
        )
    except (httpx.HTTPError, HFValidationError, XetDownloadError, OSError, ValueError) as error:
        raise ModelUnavailable(
            detail=f"{profile.id} cannot be fetched ({_reason(error)}); set HF_ENDPOINT to a mirror, or pull "
            "it on another machine and copy its folder here"
        ) from error
    _forget_others(folder, names)
    return Fetched(commit, {name: sha256 for name, sha256 in hashes.items() if sha256})


def _listed(profile: Profile, info: ModelInfo) -> tuple[str, dict[str, str]]:
    """The commit, and each allowed file with its SHA-256, which is empty for small ones."""
    allowed = _ALLOWED + (_PICKLED if profile.stored != "none" else ())
    siblings = info.siblings or []
    names = {
        file.rfilename: file.lfs.sha256 if file.lfs else ""
        for file in siblings
        if any(fnmatch(file.rfilename, pattern) for pattern in allowed)
    }
    if info.sha is None or not names:
        raise ModelUnavailable(detail=f"the hub lists no files of {profile.id}")
    if profile.revision not in {None, info.sha}:  # a mirror may know one state only
        raise ModelUnavailable(detail=f"the hub answers with commit {info.sha}, not {profile.revision}")
    return info.sha, names


def _forget_others(folder: Path, names: Sequence[str]) -> None:
    """Delete what an earlier pull of another commit left, or it would be taken for part of this one."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and not name.parts[0].startswith(".") and name.as_posix() not in names:
            path.unlink()


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror  # without the path
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
