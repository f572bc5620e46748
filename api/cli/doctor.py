"""`pagemill doctor`: what is installed, what is missing, and how to get it."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from typing import TextIO

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
    _Part("torch", "torch", "vision-language models", "vlm", needed=False),
    _Part("transformers", "transformers", "vision-language models", "vlm", needed=False),
    _Part("llguidance", "llguidance", "answers held to a schema", "vlm", needed=False),
    _Part("bitsandbytes", "bitsandbytes", "weights in int8 and nf4", "vlm", needed=False),
)


def run(out: TextIO) -> int:
    """Print the findings; 1 when something needed is missing."""
    settings = load_settings()
    print(f"pagemill {metadata.version('pagemill')}, Python {platform.python_version()}, "
          f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs", file=out)  # fmt: skip
    missing = False
    for part in _PARTS:
        found = find_spec(part.module) is not None
        missing |= part.needed and not found
        state = _version(part) if found else f"missing: pip install 'pagemill[{part.extra}]'"
        print(f"  {part.distribution:<14} {state:<44} {part.purpose}", file=out)
    model = f" with {settings.model}" if settings.model else ""
    print(f"settings: engine {settings.engine}{model}, PDF by {settings.pdf_backend}, "
          f"OCR on {settings.ocr_runtime}, {settings.dpi} dpi, up to {settings.max_pages} pages "
          f"and {settings.max_bytes // 2**20} MiB a file", file=out)  # fmt: skip
    return int(missing)


def _version(part: _Part) -> str:
    try:
        return metadata.version(part.distribution)
    except metadata.PackageNotFoundError:
        return "installed under another name"
