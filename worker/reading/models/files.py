"""The files of a model: fetched once, written down in a manifest, and compared with it ever after."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from worker.errors import ModelChanged, ModelUnavailable, ModelUnusable
from worker.reading.models.hub import Fetched, download
from worker.reading.models.registry import Profile, profiles

MANIFEST = "manifest.json"
_CHUNK = 2**20

Fetch = Callable[[Profile, Path], Fetched]


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was when it was pulled."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which files make up a model. `files` are keyed by their path inside the folder."""

    model: str
    id: str
    revision: str
    files: Mapping[str, File]


def pull(profile: Profile, models_dir: Path, *, fetch: Fetch = download) -> Path:
    """Fetch a model's files and write their manifest; raises ModelUnavailable.

    The manifest goes first and comes last, so a folder that has one is whole; it comes back when nothing
    was fetched. Files that are there already and are right are not fetched again.
    """
    folder = models_dir / profile.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fetched = _fetched(profile, folder, fetch)
        files = {name: _measured(folder / name) for name in _names(folder)}
        _check(profile, fetched, files)
        _write(folder, Manifest(profile.name, profile.id, fetched.revision, files))
    except OSError as error:
        raise ModelUnavailable(detail=f"its files cannot be written ({error.strerror})") from error
    finally:
        with suppress(OSError):
            folder.rmdir()  # only if nothing came
    return folder


def _fetched(profile: Profile, folder: Path, fetch: Fetch) -> Fetched:
    manifest = folder / MANIFEST
    before = manifest.read_bytes() if manifest.is_file() else None
    manifest.unlink(missing_ok=True)
    try:
        return fetch(profile, folder)
    except ModelUnavailable:
        if before is not None:
            manifest.write_bytes(before)
            _forget_unless_whole(folder)
        raise


def _forget_unless_whole(folder: Path) -> None:
    try:
        verify(folder, deep=False)
    except ModelUnusable:
        (folder / MANIFEST).unlink()


def load_folder(model: str, models_dir: Path, *, deep: bool = True) -> Path:
    """The folder of a profile, or a folder by its path, verified where it has a manifest.

    Raises ModelUnusable where there is none, and ModelChanged.
    """
    folder = models_dir / model if model in profiles() else Path(model)
    if model in profiles() and not (folder / MANIFEST).is_file():
        raise ModelUnusable(
            detail=f"{model} is not in PAGEMILL_MODELS_DIR ({models_dir.name}); run: pagemill pull {model}"
        )
    if not (folder / "config.json").is_file():
        by_id = next((profile.name for profile in profiles().values() if profile.id == model), None)
        if by_id is not None:
            raise ModelUnusable(detail=f"{model} goes by the name of its profile, {by_id}")
        raise ModelUnusable(
            detail=f"{folder.name!r} is no folder with a config.json, nor the name of a profile "
            "(`pagemill models` lists them)"
        )
    if (folder / MANIFEST).is_file():
        verify(folder, deep=deep)
    return folder


def verify(folder: Path, *, deep: bool = True) -> Manifest:
    """Compare a pulled folder with its manifest; raises ModelChanged for the first file that differs.

    Without `deep`, sizes are compared and contents are not.
    """
    manifest = read_manifest(folder)
    for name, file in manifest.files.items():
        if not _same(folder / name, file, deep=deep):
            raise ModelChanged(file=name, model=manifest.model)
    strangers = sorted(set(_names(folder)) - set(manifest.files))
    if strangers:  # a weight, a configuration or code that was added is loaded like the others
        raise ModelChanged(file=strangers[0], model=manifest.model)
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """What a pulled folder should hold; raises ModelUnusable or ModelChanged."""
    try:
        return TypeAdapter(Manifest).validate_json((folder / MANIFEST).read_bytes())
    except OSError as error:
        begun = "was begun and not finished" if folder.is_dir() else "is not here"
        raise ModelUnusable(detail=f"{folder.name} {begun}; run: pagemill pull {folder.name}") from error
    except ValidationError as error:
        raise ModelChanged(file=MANIFEST, model=folder.name) from error


def pulled_revision(model: str, models_dir: Path) -> str:
    """The revision of a profile's model as it was pulled; empty where it was not, and for other models."""
    if model not in profiles() or not (models_dir / model / MANIFEST).is_file():
        return ""
    return read_manifest(models_dir / model).revision


def _same(path: Path, file: File, *, deep: bool) -> bool:
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    return not deep or _measured(path) == file


def _measured(path: Path) -> File:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return File(digest.hexdigest(), path.stat().st_size)


def _names(folder: Path) -> Iterator[str]:
    """Every file by its path inside the folder, without hidden ones and the manifest."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        if path.is_file() and not hidden and name != Path(MANIFEST):
            yield name.as_posix()


def _check(profile: Profile, fetched: Fetched, files: Mapping[str, File]) -> None:
    """Raises ModelUnavailable for a model without weights, and for files that came damaged."""
    if "config.json" not in files or not any(name.endswith((".safetensors", ".bin")) for name in files):
        raise ModelUnavailable(detail=f"{profile.id} has no config.json or no weights that are allowed")
    for name, sha256 in fetched.hashes.items():
        if name not in files or files[name].sha256 != sha256:
            detail = f"{name} is not what the hub has; delete it and run: pagemill pull {profile.name}"
            raise ModelUnavailable(detail=detail)


def _write(folder: Path, manifest: Manifest) -> None:
    unfinished = folder / f".{MANIFEST}"
    unfinished.write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
    unfinished.replace(folder / MANIFEST)
