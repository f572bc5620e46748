"""Runs a checkpoint's own code in another environment, and this implementation here, and compares."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

import torch
from safetensors.torch import load_file

from worker import settings
from worker.errors import ModelUnavailable
from worker.reading.engines.parity import differences, pages
from worker.reading.engines.parity.differences import LIMITS
from worker.reading.engines.parity.native import Measured, measure
from worker.reading.engines.parity.reference import code_files, family
from worker.reading.engines.transformers.placement import Placement

_PROGRAM = Path(__file__).with_name("reference_runner.py")
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "SYSTEMROOT")
"""All that the other process gets of this one's environment, in which there may be credentials."""


def compare(folder: Path, *, python: Path, out: TextIO, dtype: str = "float32") -> bool:
    """Print the differences; True when all that could be measured agrees.

    **Runs the checkpoint's code** with the given interpreter, on request only. Raises
    ModelUnavailable, MissingExtra.
    """
    code_files(folder)
    family(folder)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with TemporaryDirectory(prefix="pagemill-parity-") as name:
        work = Path(name)
        cases = pages.write(work / "cases")
        reference, facts = _theirs(folder, python, work, options=("--dtype", dtype, "--device", device))
        print(
            f"{facts['class']} with torch {facts['torch']} and transformers {facts['transformers']}, "
            f"{dtype} on {device}; left its own code, right this implementation",
            file=out,
        )
        native = measure(folder, cases, reference, placement=Placement(device, getattr(torch, dtype)))
    return differences.report([case.name for case in cases], reference, native, limits=LIMITS[dtype], out=out)


def _theirs(
    folder: Path, python: Path, work: Path, *, options: tuple[str, ...]
) -> tuple[Measured, dict[str, Any]]:
    """What the other environment measures. It sees the folder under a name that Python can import."""
    seen_as = work / "checkpoint"
    seen_as.symlink_to(folder.resolve(), target_is_directory=True)
    interpreter = str(python.absolute())  # not resolved: the link is what makes it that environment's
    command = [interpreter, "-I", str(_PROGRAM), str(seen_as), str(work / "cases"), str(work), *options]
    try:
        done = subprocess.run(  # noqa: S603 (asked for by the user, who was shown what runs)
            command, cwd=work, env=environment(work), capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise ModelUnavailable(detail=f"{python} cannot be run ({error.strerror})") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise ModelUnavailable(detail="its own code failed there: " + " | ".join(lines[-3:]))
    facts = json.loads((work / "reference.json").read_text(encoding="utf-8"))
    return Measured(load_file(work / "reference.safetensors"), facts["missing"]), facts


def environment(work: Path) -> dict[str, str]:
    """What the other process is told: where programs are, a home of its own, and to fetch nothing."""
    here = settings.environment({})
    passed = {name: here[name] for name in _PASSED_ON if name in here}
    return {
        **passed,
        "HOME": str(work),
        "TMPDIR": str(work),
        "HF_HOME": str(work / "hf"),
        "HF_MODULES_CACHE": str(work / "modules"),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
