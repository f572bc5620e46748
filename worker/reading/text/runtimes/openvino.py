"""The networks on OpenVINO: three times as fast as ONNX Runtime on processors with bf16 matrices.

Normalising and the likeliest letters are part of the graph, so that bytes go in and not 18,710 floats
per place come out. Its kernels are built per picture size and kept: the sizes must come from a grid.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13
from openvino.preprocess import ColorFormat, PrePostProcessor

from worker.reading.pages.base import Picture
from worker.reading.text.runtimes.base import LIKELY, LetterOdds, NetworkFiles

_MIDDLE = [127.5] * 3


class OpenVinoRuntime:
    """Both networks, `streams` calls of each side by side on `threads` threads."""

    def __init__(self, files: NetworkFiles, *, streams: int, threads: int) -> None:
        core = ov.Core()
        settings = {
            "NUM_STREAMS": str(streams),
            "INFERENCE_NUM_THREADS": str(threads),
            "ENABLE_CPU_PINNING": "NO",
        }
        self.streams = streams
        recogniser = core.read_model(files.recogniser)
        characters: str = recogniser.get_rt_info()["framework"]["character"].value
        self.alphabet = (*characters.splitlines(), " ")
        detector = _of_bytes(core.read_model(files.detector))
        self._detectors = _requests(core.compile_model(detector, "CPU", settings), streams)
        likeliest = _of_bytes(_likeliest(recogniser))
        self._recognisers = _requests(core.compile_model(likeliest, "CPU", settings), streams)

    def text_map(self, picture: Picture) -> NDArray[np.float32]:
        """How surely each pixel belongs to text."""
        with _borrowed(self._detectors) as request:
            request.infer([picture[None]], share_inputs=True)
            return np.array(request.get_output_tensor(0).data[0, 0])

    def letter_odds(self, crops: NDArray[np.uint8]) -> LetterOdds:
        """The likeliest letters along pictures of lines."""
        with _borrowed(self._recognisers) as request:
            request.infer([crops], share_inputs=True)
            odds, classes = (np.array(request.get_output_tensor(index).data) for index in (0, 1))
        return LetterOdds(classes, odds)


def _of_bytes(model: Any) -> Any:
    """The model with a graph before it that takes RGB bytes, rows before channels."""
    steps = PrePostProcessor(model)
    given = steps.input(0)
    given.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    given.tensor().set_color_format(ColorFormat.RGB)
    given.model().set_layout(ov.Layout("NCHW"))
    prepared = given.preprocess().convert_element_type(ov.Type.f32).convert_color(ColorFormat.BGR)
    prepared.mean(_MIDDLE).scale(_MIDDLE)
    return steps.build()


def _likeliest(model: Any) -> Any:
    """The model with a graph after it that keeps the likeliest letters only."""
    odds = model.get_results()[0].input_value(0)
    best = opset13.topk(
        odds, opset13.constant(np.int64(LIKELY)), -1, "max", "value", index_element_type="i32"
    )
    answers = [opset13.result(best.output(index)) for index in (0, 1)]
    return ov.Model(answers, model.get_parameters(), "likeliest")


def _requests(compiled: Any, count: int) -> queue.SimpleQueue[Any]:
    idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for _ in range(count):
        idle.put(compiled.create_infer_request())
    return idle


@contextmanager
def _borrowed(idle: queue.SimpleQueue[Any]) -> Iterator[Any]:
    """One of the requests, which hold one picture at a time; waits for one to be free."""
    request = idle.get()
    try:
        yield request
    finally:
        idle.put(request)
