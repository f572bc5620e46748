"""`pagemill doctor --parity`: compares this implementation with a checkpoint's own code."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from worker.errors import MissingExtra

_USAGE = 2
_HOW = """\
The code needs an environment of its own, with versions like those it was written for:
  python3.11 -m venv legacy
  legacy/bin/pip install 'torch==2.13.0' 'transformers==4.51.3' 'tokenizers<0.22' 'huggingface_hub<1' \\
    pillow einops torchvision{more}
Then: pagemill doctor --parity {folder} --run-its-code --python legacy/bin/python"""


def run(folder: Path, *, python: Path | None, accept_code: bool, out: TextIO, dtype: str = "float32") -> int:
    """Compare, or say what is to be agreed to first; 0 agrees, 1 differs, 2 nothing was run."""
    from worker.reading.engines import registry
    from worker.reading.engines.parity import reference

    files = reference.code_files(folder)
    family = reference.family(folder)
    if not accept_code:
        print(
            f"{folder.name} comes with code that was not reviewed and would run with your rights:", file=out
        )
        for file in files:
            print(f"  {file.sha256}  {file.name}", file=out)
        print("Nothing was run. If you trust these files, say so with --run-its-code.", file=out)
        return _USAGE
    if python is None:
        needs = registry.opening_folders()[family].code_needs
        print(_HOW.format(folder=folder, more="".join(f" {package}" for package in needs)), file=out)
        return _USAGE
    return 0 if _compare(folder, python, dtype, out) else 1


def _compare(folder: Path, python: Path, dtype: str, out: TextIO) -> bool:
    try:
        from worker.reading.engines.parity.run_both import compare
    except ImportError as error:
        raise MissingExtra(feature="Comparing with a checkpoint's own code", extra="vlm") from error
    return compare(folder, python=python, out=out, dtype=dtype)
