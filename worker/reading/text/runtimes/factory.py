"""Which runtime runs the networks: the only module that names them."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from worker.errors import MissingExtra, ModelUnavailable
from worker.reading.text.runtimes.base import NetworkFiles, OcrRuntime

_MOST_STREAMS = 8  # each holds buffers of its own


def load(name: str) -> OcrRuntime:
    """Both networks, loaded by a runtime, "auto" for the faster one there is.

    Raises MissingExtra and ModelUnavailable.
    """
    spec = find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra(feature="The embedded engine", extra="ocr")
    models = Path(spec.submodule_search_locations[0]) / "models"
    files = NetworkFiles(models / "PP-OCRv6_det_small.onnx", models / "PP-OCRv6_rec_small.onnx")
    if name == "auto":
        name = "openvino" if find_spec("openvino") else "onnxruntime"
    if find_spec(name) is None:
        raise MissingExtra(feature=f"Recognition on {name}", extra="ocr")
    cores = len(os.sched_getaffinity(0))
    try:
        return _load(name, files, cores)
    except (OSError, RuntimeError) as error:
        raise ModelUnavailable(detail=f"PP-OCRv6 does not load on {name}") from error


def _load(name: str, files: NetworkFiles, cores: int) -> OcrRuntime:
    streams = min(cores, _MOST_STREAMS)
    if name == "openvino":
        from worker.reading.text.runtimes.openvino import OpenVinoRuntime

        return OpenVinoRuntime(files, streams=streams, threads=cores)
    from worker.reading.text.runtimes.onnxruntime import OnnxRuntime

    return OnnxRuntime(files, streams=streams, threads=cores)
