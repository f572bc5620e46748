"""Engines by name: the only module that knows them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from worker.errors import MissingExtra, ModelUnavailable
from worker.reading.engines.base import Engine
from worker.settings import Settings

if TYPE_CHECKING:
    from worker.reading.engines.transformers.checkpoint import Open
    from worker.reading.engines.vision.base import Generator

_LOCAL = ("transformers", "cogvlm2", "sail_vl2")
NAMES = ("embedded", *_LOCAL, "openai", "fake")


def create(name: str, settings: Settings) -> Engine:
    """The engine of that name, not loaded yet; raises ModelUnavailable, MissingExtra."""
    if name == "embedded":
        from worker.reading.engines.matcher.engine import EmbeddedEngine

        return EmbeddedEngine(ocr_runtime=settings.ocr_runtime)
    if name == "fake":
        from worker.reading.engines.fake import FakeEngine

        return FakeEngine(page_seconds=settings.fake_seconds)
    if name in _LOCAL:
        return _vision(_local(name, settings), settings)
    if name == "openai":
        return _vision(_server(settings), settings)
    raise _unknown(name)


def check(name: str, settings: Settings) -> None:
    """Raise ModelUnavailable or MissingExtra for an engine whose model is not there; loads nothing."""
    if name not in NAMES:
        raise _unknown(name)
    if name in _LOCAL:
        from worker.reading.engines.transformers.location import find

        find(settings.model, engine=name, models_dir=settings.models_dir, deep=False)


def runs_a_model(name: str) -> bool:
    """Whether an engine runs whatever model the settings name: it may load for long, or not at all."""
    return name in (*_LOCAL, "openai")


def _unknown(name: str) -> ModelUnavailable:
    return ModelUnavailable(detail=f"no engine is called {name!r}; there are: {', '.join(NAMES)}")


def _vision(generator: Generator, settings: Settings) -> Engine:
    from worker.reading.engines.vision.batcher import BatchLimits
    from worker.reading.engines.vision.engine import GenerationLimits, VisionEngine
    from worker.reading.text.sources import OcrLines, TextLayerLines

    limits = BatchLimits(settings.batch_rows, settings.batch_tokens, settings.batch_wait)
    generation = GenerationLimits(
        limits, settings.model_pixels, max_tokens=settings.max_new_tokens, thinking=settings.thinking_tokens
    )
    by_ocr = settings.grounding == "ocr"
    if by_ocr and find_spec("rapidocr") is None:
        raise MissingExtra(feature="Finding a model's values on pages (PAGEMILL_GROUNDING=ocr)", extra="ocr")
    line_source = OcrLines(ocr_runtime=settings.ocr_runtime) if by_ocr else TextLayerLines()
    return VisionEngine(generator, generation=generation, line_source=line_source)


def _local(name: str, settings: Settings) -> Generator:
    try:
        from worker.reading.engines.transformers.checkpoint import CheckpointLoader
        from worker.reading.engines.transformers.generator import TransformersGenerator
        from worker.reading.engines.transformers.location import find
        from worker.reading.engines.transformers.placement import choose
    except ImportError as error:
        raise MissingExtra(feature="Reading with a vision-language model", extra="vlm") from error
    opening = CheckpointLoader(
        locate=lambda: find(settings.model, engine=name, models_dir=settings.models_dir),
        place=lambda: choose(settings.device, settings.quantisation),
        open=_opener(name),
    )
    return TransformersGenerator(
        name, settings.model, opening=opening, rows=settings.batch_rows, caveats=_caveats(settings)
    )


def _opener(name: str) -> Open:
    if name == "cogvlm2":
        from worker.reading.engines.cogvlm2 import loading as cogvlm2

        return cogvlm2.open_checkpoint
    if name == "sail_vl2":
        from worker.reading.engines.sail_vl2 import loading as sail_vl2

        return sail_vl2.open_checkpoint
    from worker.reading.engines.transformers import auto

    return auto.open_checkpoint


def _caveats(settings: Settings) -> tuple[str, ...]:
    return (f"weights in {settings.quantisation}",) if settings.quantisation != "none" else ()


def _server(settings: Settings) -> Generator:
    from worker.reading.engines.openai_http.generator import OpenAiGenerator

    return OpenAiGenerator(
        settings.openai_base_url,
        settings.model,
        api_key=settings.openai_api_key,
        seconds=settings.openai_seconds,
        concurrency=settings.openai_concurrency,
    )
