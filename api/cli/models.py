"""`pagemill models`, `pull` and `verify`: which models there are, which fit, and their files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from worker.errors import PagemillError
from worker.reading.models import files, memory_estimate
from worker.reading.models.registry import QUANTISATIONS, Profile, Quantisation, profiles
from worker.settings import Settings

_USAGE = 2
_BATCHES = (1, 8)


@dataclass(frozen=True, slots=True)
class Gpu:
    """The GPU at hand: its free memory in bytes, or in words why there is none."""

    free: int | None
    words: str


def run_models(settings: Settings, out: TextIO, name: str | None = None) -> int:
    """Print the table of models, or all that is known of one."""
    if name is not None:
        return _run_one(settings, out, name)
    gpu = gpu_at_hand()
    rows = [_HEADINGS, *(_row(profile, gpu) for profile in profiles().values())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(line.rstrip(), file=out)
    print(f"\n{gpu.words}", file=out)
    print(_LEGEND, file=out)
    return 0


def run_pull(settings: Settings, name: str, out: TextIO, *, accept_licence: bool = False) -> int:
    """Fetch a model; one whose licence asks for it only after `--accept-licence`."""
    profile = _known(name)
    if profile is None:
        return _USAGE
    if profile.licence.notice:
        print(f"{profile.licence.name}\n{profile.licence.notice}", file=sys.stderr)
        if not accept_licence:
            print(f"If you agree: pagemill pull {name} --accept-licence", file=sys.stderr)
            return _USAGE
    folder = files.pull(profile, settings.models_dir)
    manifest = files.read_manifest(folder)
    size = sum(file.size for file in manifest.files.values())
    print(f"{name}: {len(manifest.files)} files, {_gb(size)} GB, revision {manifest.revision}", file=out)
    return 0


def run_verify(settings: Settings, names: Sequence[str], out: TextIO) -> int:
    """Compare pulled models with their manifests: those named, or all in the folder."""
    if None in [_known(name) for name in names]:
        return _USAGE
    chosen = list(names) or [name for name in profiles() if (settings.models_dir / name).is_dir()]
    if not chosen:
        print("no model was pulled yet; see: pagemill models", file=sys.stderr)
    return int(False in [_verified(settings.models_dir / name, out) for name in chosen])


def _verified(folder: Path, out: TextIO) -> bool:
    try:
        manifest = files.verify(folder)
    except PagemillError as error:
        print(f"{folder.name}: {error}", file=sys.stderr)
        return False
    print(f"{folder.name}: {len(manifest.files)} files as pulled, revision {manifest.revision}", file=out)
    return True


_HEADINGS = ("profile", "engine", "licence", "languages", *QUANTISATIONS, "fits")
_LEGEND = (
    "Columns none (bf16), int8 and nf4: GB for 1 / 8 A4 pages of 200 dpi in a batch, computed from the\n"
    "architecture and not measured; ? is not known, - does not exist. `pagemill models NAME` says more."
)


def _row(profile: Profile, gpu: Gpu) -> tuple[str, ...]:
    licence = profile.licence.name + (" (notice)" if profile.licence.notice else "")
    need = [_needs(profile, quantisation) for quantisation in QUANTISATIONS]
    languages = " ".join(profile.languages)
    return (profile.name, profile.engine, licence, languages, *need, _fits(profile, gpu))


def _needs(profile: Profile, quantisation: Quantisation) -> str:
    if quantisation not in profile.quantisations:
        return "-"
    found = [memory_estimate.needed(profile, quantisation, pages) for pages in _BATCHES]
    return " / ".join("?" if value is None else _gb(value) for value in found)


def _fits(profile: Profile, gpu: Gpu) -> str:
    """The quantisations that fit, each with the larger of the two batches that does."""
    free = gpu.free
    if free is None:
        return ""
    found = []
    for quantisation in profile.quantisations:
        needs = {pages: memory_estimate.needed(profile, quantisation, pages) for pages in _BATCHES}
        fitting = [pages for pages, need in needs.items() if need is not None and need <= free]
        found += [f"{quantisation} ×{max(fitting)}"] if fitting else []
    return ", ".join(found) or "no"


def gpu_at_hand() -> Gpu:
    """The GPU that torch would use, or why there is none."""
    try:
        import torch
    except ImportError:
        return Gpu(None, "GPU: not known, because torch is not installed; pip install 'pagemill[vlm]'.")
    if not torch.cuda.is_available():
        return Gpu(
            None, "GPU: none here that torch can use; on a CPU vision-language models take minutes a page."
        )
    free, total = torch.cuda.mem_get_info()
    name = torch.cuda.get_device_name()
    return Gpu(free, f"GPU: {name}, {_gb(free)} of {_gb(total)} GB free; ×8 is a batch of 8 pages.")


def _run_one(settings: Settings, out: TextIO, name: str) -> int:
    profile = _known(name)
    if profile is None:
        return _USAGE
    for label, value in _facts(profile, settings.models_dir):
        if value:
            print(f"{label + ':':<20} {value}".rstrip(), file=out)
    if profile.licence.notice:
        print(f"\n{profile.licence.notice}", file=out)
    return 0


def _facts(profile: Profile, models_dir: Path) -> Iterator[tuple[str, str]]:
    yield "profile", profile.name
    yield "model", profile.id
    yield "revision", profile.revision or "none; pull takes the newest commit and writes it down"
    yield "  source", profile.revision_source
    yield "pulled", _state(profile, models_dir)
    yield "engine", profile.engine
    yield "licence", profile.licence.name
    yield "  source", profile.licence.source or profile.source
    yield "languages", ", ".join(profile.languages)
    yield "thinks", "yes" if profile.thinks else "no"
    yield "context", f"{profile.context:,} tokens"
    yield "  source", profile.source
    yield "images", f"{profile.image.limits}; {profile.image.tokens:,} tokens an A4 page of 200 dpi"
    yield "  source", profile.image.source
    yield from _sizes(profile)
    yield "scores", ", ".join(f"{table} {value:g}" for table, value in profile.scores.items())
    yield "  source", profile.scores_source
    notes = profile.unverified + (profile.architecture.unverified if profile.architecture else ())
    yield from (("not verified", note) for note in notes)


def _sizes(profile: Profile) -> Iterator[tuple[str, str]]:
    if profile.architecture is None:
        yield "memory", "not known: the architecture is not"
    else:
        count = memory_estimate.parameters(profile.architecture).total
        yield "parameters", f"{count / 1e9:.2f} billion"
        yield "  source", profile.architecture.source
    for quantisation in profile.quantisations:
        held = memory_estimate.weights(profile, quantisation)
        if held is not None:
            form = f"{_gb(held)} GB of weights, {_needs(profile, quantisation)} GB for 1 / 8 pages"
            yield f"memory {quantisation}", f"{form} (computed, not measured)"
    yield "memory published", profile.published_memory
    yield "  source", profile.published_source


def _state(profile: Profile, models_dir: Path) -> str:
    folder = models_dir / profile.name
    if not (folder / files.MANIFEST).is_file():
        return f"no; run: pagemill pull {profile.name}"
    return f"revision {files.read_manifest(folder).revision}"


def _known(name: str) -> Profile | None:
    profile = profiles().get(name)
    if profile is None:
        print(f"no profile is called {json.dumps(name)}; see: pagemill models", file=sys.stderr)
    return profile


def pulled(models_dir: Path) -> list[str]:
    """The profiles whose files are here, whole."""
    return [name for name in profiles() if (models_dir / name / files.MANIFEST).is_file()]


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f}"
