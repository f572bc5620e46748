"""The networks on ONNX Runtime, for machines without OpenVINO."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from worker.reading.pages.base import Picture
from worker.reading.text.runtimes.base import LIKELY, LetterOdds, NetworkFiles

_MIDDLE = 127.5
_ERRORS_ONLY = 3


class OnnxRuntime:
    """Both networks; calls share `threads` threads, `streams` of them side by side."""

    def __init__(self, files: NetworkFiles, *, streams: int, threads: int) -> None:
        self.streams = streams
        per_call = max(1, threads // streams)
        self._detector = _session(files.detector, per_call)
        self._recogniser = _session(files.recogniser, per_call)
        characters = self._recogniser.get_modelmeta().custom_metadata_map["character"]
        self.alphabet = (*characters.splitlines(), " ")

    def text_map(self, picture: Picture) -> NDArray[np.float32]:
        """How surely each pixel belongs to text."""
        [answer] = self._detector.run(None, {"x": _floats(picture[None])})
        return np.asarray(answer[0, 0])

    def letter_odds(self, crops: NDArray[np.uint8]) -> LetterOdds:
        """The likeliest letters along pictures of lines."""
        [answer] = self._recogniser.run(None, {"x": _floats(crops)})
        likely = np.argpartition(answer, -LIKELY, axis=-1)[..., -LIKELY:]
        odds = np.take_along_axis(answer, likely, axis=-1)
        falling = np.argsort(-odds, axis=-1)
        classes = np.take_along_axis(likely, falling, axis=-1).astype(np.int32)
        return LetterOdds(classes, np.take_along_axis(odds, falling, axis=-1))


def _session(file: Path, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    options.intra_op_num_threads = threads
    options.enable_cpu_mem_arena = False  # it keeps the memory of the largest picture for good
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def _floats(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Rows x columns x RGB of bytes to BGR x rows x columns from -1 to 1."""
    channels = np.ascontiguousarray(pictures[..., ::-1].transpose(0, 3, 1, 2), dtype=np.float32)
    return channels / _MIDDLE - 1.0
