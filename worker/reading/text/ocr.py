"""Printed and written lines in a picture, by RapidOCR (PP-OCRv6 small) on the CPU.

The library's defaults are right for upright pages of ordinary shape. What is done here for the
others: thin crops are padded (its detector blows them up and then finds nothing), a page that
lies on its side or head is turned and read again, and all three of its switches are given on
every call because it remembers them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from schemas.page import Box, Line, even_edges
from schemas.values.folding import has_cjk
from worker.errors import MissingExtra, ModelUnavailable
from worker.reading.pages.base import Page, Picture
from worker.reading.text import orientation, touch_up
from worker.reading.text.crops import crop
from worker.reading.text.page_lines import PageLines

_MIN_CONFIDENCE = 0.5
_MAX_ASPECT = 3.0  # a picture thinner than this is padded
_STRIP = 5.0  # a picture wider than this may be a single line, cut out by somebody
_GLYPHS = 8  # characters looked at to tell columns from a page on its side
_SLACK = 0.25  # PP-OCR's boxes are a third higher than the ink in them
_TALL = 1.5  # a box this much higher than wide holds turned or vertical writing


class Ocr:
    """One OCR engine. Its runtimes are not thread-safe: a lock makes calls wait for each other."""

    def __init__(self, *, runtime: str = "auto") -> None:
        self._runtime = runtime
        self._lock = threading.Lock()
        self._rapid: Any = None

    def warm_up(self) -> None:
        """Load the models; raises MissingExtra or ModelUnavailable."""
        blank = np.full((96, 320, 3), 255, dtype=np.uint8)
        blank[40:56, 40:280] = 0
        self._detect(blank)

    def close(self) -> None:
        """Let go of the models; they are loaded again when they are needed."""
        with self._lock:
            self._rapid = None

    def read(self, page: Page) -> PageLines:
        """All lines of a page in the frame in which they are upright."""
        lines, turns = self._upright(page.picture)
        width, height = (page.height, page.width) if turns % 2 else (page.width, page.height)
        lines = touch_up.without_stray_accents(lines)
        faint = touch_up.faint(np.rot90(page.picture, turns), lines)
        return PageLines(page.number, width, height, lines, turns, bool(page.words), faint, _SLACK)

    def _upright(self, picture: Picture) -> tuple[tuple[Line, ...], int]:
        """All lines, and by how many quarters the page was turned first where it needed it."""
        lines = self._detect(picture)
        if picture.shape[1] > _STRIP * picture.shape[0]:
            whole = self._whole(picture)
            if not lines or (whole and whole[0].confidence >= _weakest(lines)):
                return whole, 0
        return orientation.best(
            lines,
            read=lambda turns: self._detect(np.rot90(picture, turns)),
            stands=lambda columns: self._stands(picture, columns),
        )

    def recognise(self, crops: Sequence[Picture]) -> list[tuple[str, float]]:
        """Text and confidence of pictures that each hold a single line."""
        with self._lock:
            result = self._engine().recognize_txt([_bgr(crop) for crop in crops])
        return list(zip(result.txts, map(float, result.scores), strict=True))

    def _detect(self, picture: Picture) -> tuple[Line, ...]:
        padded, box = _padded(picture)
        with self._lock:
            result = self._engine()(
                _bgr(padded), use_det=True, use_cls=False, use_rec=True, return_word_box=True
            )
        if result.boxes is None:
            return ()
        height, width = padded.shape[:2]
        found = (
            _line(np.asarray(quad), text, float(score), words, width=width, height=height)
            for quad, text, score, words in zip(
                result.boxes, result.txts, result.scores, result.word_results, strict=False
            )
            if score >= _MIN_CONFIDENCE and text.strip()
        )
        lines = [_unpadded(line, box) for line in found]
        return tuple(self._climbing(picture, lines))

    def _climbing(self, picture: Picture, lines: Sequence[Line]) -> Iterator[Line]:
        """Upright lines read again from below, as the numbers along the side of a drawing are.

        The recogniser is given them turned so that they read from above; the surer reading wins.
        """
        climbing = {
            index: crop(picture, line.box)
            for index, line in enumerate(lines)
            if line.vertical and not has_cjk(line.text)
        }
        read = self.recognise([np.rot90(ink, -1) for ink in climbing.values()]) if climbing else []
        again = dict(zip(climbing, read, strict=True))
        for index, line in enumerate(lines):
            text, score = again.get(index, ("", 0.0))
            text = text.strip()
            if text and score > line.confidence:
                edges = even_edges(line.box, len(text), vertical=True)
                yield replace(line, text=text, confidence=score, edges=edges)
            else:
                yield line

    def _stands(self, picture: Picture, columns: Sequence[Line]) -> bool:
        """Whether single characters of the columns read better as they are than turned."""
        boxes = [
            column.span_box(index, index + 1)
            for column in columns
            for index, char in enumerate(column.text)
            if has_cjk(char)
        ]
        sample = [crop(picture, box) for box in boxes[:: max(1, len(boxes) // _GLYPHS)]]
        upright = self.recognise(sample)
        turned = self.recognise([np.rot90(glyph) for glyph in sample])
        return sum(score for _, score in upright) >= sum(score for _, score in turned)

    def _whole(self, picture: Picture) -> tuple[Line, ...]:
        """A strip in which the detector saw nothing, taken as one line."""
        [(text, score)] = self.recognise([picture])
        if score < _MIN_CONFIDENCE or not text.strip():
            return ()
        box = Box(0.0, 0.0, 1.0, 1.0)
        return (Line(text.strip(), box, score, even_edges(box, len(text.strip()))),)

    def _engine(self) -> Any:
        if self._rapid is None:
            self._rapid = _load(self._runtime)
        return self._rapid


def _weakest(lines: Sequence[Line]) -> float:
    return min(line.confidence for line in lines)


def _load(runtime: str) -> Any:
    """A RapidOCR on the wanted runtime; its models come inside its wheel."""
    if find_spec("rapidocr") is None:
        raise MissingExtra(feature="The embedded engine", extra="ocr")
    if runtime == "auto":
        runtime = "openvino" if find_spec("openvino") else "onnxruntime"
    if find_spec(runtime) is None:
        raise MissingExtra(feature=f"Recognition on {runtime}", extra="ocr")
    from rapidocr import EngineType, RapidOCR

    if runtime == "openvino":
        cap_openvino_memory()
    engine = EngineType(runtime)
    try:
        return RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.text_score": 0.0,
                "Det.engine_type": engine,
                "Rec.engine_type": engine,
            }
        )
    except (OSError, RuntimeError) as error:
        raise ModelUnavailable(detail=f"PP-OCRv6 does not load on {runtime}") from error


def cap_openvino_memory() -> None:
    """Keep OpenVINO from caching a compiled graph per picture size.

    Every page has another size, so the cache only grows: 3 GB after 140 receipts against 1.2 GB
    without it, at the same speed. RapidOCR does not pass this property on.
    """
    from rapidocr.inference_engine.openvino import main

    class Capped(main.CPUConfig):  # type: ignore[misc]  # untyped library
        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "CPU_RUNTIME_CACHE_CAPACITY": "0"}

    if main.CPUConfig.__name__ != "Capped":
        main.CPUConfig = Capped


def _bgr(picture: Picture) -> Picture:
    """The channel order of OpenCV, which trained the models."""
    return np.ascontiguousarray(picture[..., ::-1])


def _padded(picture: Picture) -> tuple[Picture, Box]:
    """The picture brought to a shape the detector can work with, and its place therein."""
    height, width = picture.shape[:2]
    new_height = max(height, int(width / _MAX_ASPECT))
    new_width = max(width, int(height / _MAX_ASPECT))
    if (new_height, new_width) == (height, width):
        return picture, Box(0.0, 0.0, 1.0, 1.0)
    top, left = (new_height - height) // 2, (new_width - width) // 2
    edge = np.median(picture.reshape(-1, 3)[:: max(1, height * width // 5000)], axis=0)
    padded = np.empty((new_height, new_width, 3), dtype=np.uint8)
    padded[:] = edge.astype(np.uint8)
    padded[top : top + height, left : left + width] = picture
    place = Box(left / new_width, top / new_height, (left + width) / new_width, (top + height) / new_height)
    return padded, place


def _unpadded(line: Line, place: Box) -> Line:
    """A line's place in the picture before it was padded."""
    if place.area >= 1.0:
        return line

    def x(value: float) -> float:
        return (value - place.x0) / place.width

    def y(value: float) -> float:
        return (value - place.y0) / place.height

    box = Box(x(line.box.x0), y(line.box.y0), x(line.box.x1), y(line.box.y1))
    edges = tuple(map(y if line.vertical else x, line.edges))
    return replace(line, box=box, edges=edges, slope=line.slope * place.width / place.height)


def _line(quad: Any, text: str, score: float, words: Any, *, width: int, height: int) -> Line:
    """A line from RapidOCR's quadrilateral (pixels, clockwise from top left) and its words."""
    box = Box(
        float(quad[:, 0].min()) / width,
        float(quad[:, 1].min()) / height,
        float(quad[:, 0].max()) / width,
        float(quad[:, 1].max()) / height,
    )
    run = float(np.linalg.norm(quad[1] - quad[0]))
    rise = float(np.linalg.norm(quad[3] - quad[0]))
    vertical = rise > _TALL * run and len(text.strip()) > 1
    fall = (quad[1][1] - quad[0][1]) / max(1.0, quad[1][0] - quad[0][0])
    slope = 0.0 if vertical else float(fall) * width / height
    edges = _edges(text, words, box, vertical=vertical, size=height if vertical else width)
    lead = len(text) - len(text.lstrip())
    text = text.strip()
    return Line(text, box, score, edges[lead : lead + len(text) + 1], vertical, slope)


def _edges(text: str, words: Any, box: Box, *, vertical: bool, size: int) -> tuple[float, ...]:
    """Edges between the characters, from the places of the words the recogniser reported."""
    axis = 1 if vertical else 0
    low, high = (box.y0, box.y1) if vertical else (box.x0, box.x1)
    known: dict[int, float] = {0: low, len(text): high}
    at = 0
    for word, _, corners in words:
        start = text.find(word, at)
        if start < 0:
            continue
        at = start + len(word)
        places = np.asarray(corners, dtype=float)[:, axis] / size
        known[start], known[at] = float(places.min()), float(places.max())
    marks = sorted(known)
    edges = np.interp(range(len(text) + 1), marks, [known[mark] for mark in marks])
    return tuple(float(edge) for edge in np.clip(np.maximum.accumulate(edges), low, high))
