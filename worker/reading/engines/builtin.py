"""The engines that are shipped: the only module that knows them. Their libraries load when they are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worker.errors import MissingExtra, ModelUnusable
from worker.reading.engines.registry import EngineSpec, ModelFolders, opening_folders
from worker.settings import Settings

if TYPE_CHECKING:
    from worker.reading.engines.base import Engine
    from worker.reading.engines.transformers.checkpoint import CheckpointLoader, Open
    from worker.reading.engines.transformers.generator import TransformersGenerator
    from worker.reading.engines.vision.base import Generator
    from worker.reading.engines.vision.filling import Filler
    from worker.reading.models.registry import Dialect

_AS_IT_FITS = 2**31  # rows or tokens of a batch: the generator knows how many


def _embedded(settings: Settings) -> Engine:
    from worker.reading.engines.matcher.engine import EmbeddedEngine

    return EmbeddedEngine(ocr_runtime=settings.ocr_runtime)


def _fake(settings: Settings) -> Engine:
    from worker.reading.engines.fake import FakeEngine

    return FakeEngine(page_seconds=settings.fake_seconds)


def checkpoint_loader(name: str, settings: Settings) -> CheckpointLoader:
    """How the model of the settings is loaded, with its adapters; raises MissingExtra."""
    try:
        from worker.reading.engines.transformers import adapters
        from worker.reading.engines.transformers.checkpoint import CheckpointLoader
        from worker.reading.engines.transformers.location import find
        from worker.reading.engines.transformers.placement import choose
        from worker.reading.models import footprint
    except ImportError as error:
        raise MissingExtra(feature="Reading with a vision-language model", extra="vlm") from error
    return CheckpointLoader(
        locate=lambda: adapters.require(
            settings.adapters, find(settings.model, engine=name, models_dir=settings.models_dir)
        ),
        place=lambda folder: choose(
            settings.device,
            settings.quantisation,
            weights=footprint.weights_in(folder, settings.quantisation),
        ),
        open=adapters.opening(_opener(name), settings.adapters),
    )


def why_not_compiled(settings: Settings) -> str:
    """Why the decode step of the settings' model is not compiled, after trying; empty: it is.

    Loads the model of an engine in this process; raises ModelUnavailable, MissingExtra, OutOfMemory.
    """
    generator = _generator(settings.engine, settings)
    try:
        generator.load()
        generator.warm_up()
        return generator.not_compiled
    finally:
        generator.close()


def _in_this_process(name: str, settings: Settings) -> Engine:
    generator = _generator(name, settings)
    return _vision(generator, settings, frozenset(_adapted(settings)))


def _adapted(settings: Settings) -> Iterator[str]:
    """The kinds for which there is an adapter."""
    from worker.reading.engines.transformers import adapters

    return (adapters.read(path).kind for path in settings.adapters)


def _generator(name: str, settings: Settings) -> TransformersGenerator:
    opening = checkpoint_loader(name, settings)
    from worker.reading.engines.transformers.capacity import BatchWishes
    from worker.reading.engines.transformers.generator import TransformersGenerator

    return TransformersGenerator(
        name,
        settings.model,
        opening=opening,
        wishes=BatchWishes(
            settings.batch_rows, settings.batch_tokens, settings.model_pixels, settings.max_new_tokens
        ),
        caveats=_caveats(settings),
        compile_with="" if settings.compile_step == "none" else settings.compile_step,
    )


def _on_a_server(settings: Settings) -> Engine:
    from worker.reading.engines.openai_http.generator import OpenAiGenerator

    if settings.adapters:
        raise ModelUnusable(
            detail="an adapter is for a model in this process; a server gives one that it has a name of "
            "its own: set PAGEMILL_MODEL to that, and PAGEMILL_ADAPTER to nothing"
        )
    generator = OpenAiGenerator(
        settings.openai_base_url,
        settings.model,
        api_key=settings.openai_api_key,
        seconds=settings.openai_seconds,
        concurrency=settings.openai_concurrency,
    )
    return _vision(generator, settings)


def _vision(generator: Generator, settings: Settings, adapted: frozenset[str] = frozenset()) -> Engine:
    from worker.reading.engines.matcher.engine import read_lines
    from worker.reading.engines.vision.dialects import TRANSCRIBERS
    from worker.reading.engines.vision.engine import GenerationLimits, VisionEngine
    from worker.reading.engines.vision.filling import RuleFiller
    from worker.reading.engines.vision.packing import BatchLimits
    from worker.reading.engines.vision.transcribing import TranscribingEngine
    from worker.reading.text.sources import OcrLines, TextLayerLines

    limits = BatchLimits(
        settings.batch_rows or _AS_IT_FITS, settings.batch_tokens or _AS_IT_FITS, settings.batch_wait
    )
    generation = GenerationLimits(
        limits,
        settings.model_pixels,
        max_tokens=settings.max_new_tokens,
        thinking=settings.thinking_tokens,
        dialect=dialect_of(settings),
        page_text=settings.model_text,
        adapters=adapted,
        look_below=settings.review_below,
        looks=settings.second_looks,
        revision=settings.model_revision,
    )
    by_ocr = settings.grounding == "ocr"
    if by_ocr and find_spec("rapidocr") is None:
        raise MissingExtra(feature="Finding a model's values on pages (PAGEMILL_GROUNDING=ocr)", extra="ocr")
    line_source = OcrLines(ocr_runtime=settings.ocr_runtime) if by_ocr else TextLayerLines()
    if generation.dialect in TRANSCRIBERS:
        filler = _text_model(settings) if settings.text_model else RuleFiller(read_lines)
        return TranscribingEngine(generator, generation=generation, line_source=line_source, filler=filler)
    return VisionEngine(generator, generation=generation, line_source=line_source)


def _text_model(settings: Settings) -> Filler:
    """The second model, which fills the schema from what the first has read: of a folder, or on a server."""
    from worker.reading.engines.openai_http.generator import OpenAiTextGenerator
    from worker.reading.engines.vision.filling import ModelFiller
    from worker.reading.engines.vision.packing import BatchLimits

    held = settings.text_base_url is None and Path(settings.text_model).is_dir()
    generator: Generator = (
        _text_generator(settings)
        if held
        else OpenAiTextGenerator(
            settings.text_base_url or settings.openai_base_url,
            settings.text_model,
            api_key=settings.openai_api_key,
            seconds=settings.openai_seconds,
            concurrency=settings.openai_concurrency,
        )
    )
    return ModelFiller(
        generator,
        BatchLimits(wait=settings.batch_wait),
        max_tokens=settings.max_new_tokens,
        thinking=settings.thinking_tokens,
    )


def _text_generator(settings: Settings) -> TransformersGenerator:
    """A language model in this process, beside the one that reads; raises MissingExtra."""
    try:
        from worker.reading.engines.transformers import text_only
        from worker.reading.engines.transformers.capacity import BatchWishes
        from worker.reading.engines.transformers.generator import TransformersGenerator
        from worker.reading.engines.vision.packing import BatchLimits
    except ImportError as error:
        raise MissingExtra(feature="A text model in this process", extra="vlm") from error
    texts = settings.model_copy(update={"model": settings.text_model, "adapter": ""})
    few = BatchLimits()
    return TransformersGenerator(
        "transformers",
        settings.text_model,
        opening=replace(checkpoint_loader("transformers", texts), open=text_only.open_checkpoint),
        wishes=BatchWishes(few.rows, few.tokens, settings.model_pixels, settings.max_new_tokens),
        caveats=_caveats(settings),
    )


def dialect_of(settings: Settings) -> Dialect:
    """How the model wants to be asked: as is set, or as the profile of that name says."""
    if settings.dialect != "auto":
        return settings.dialect
    from worker.reading.models.registry import profiles

    known = (profile for profile in profiles().values() if settings.model in {profile.name, profile.id})
    return next((profile.dialect for profile in known), "json")


def _opener(name: str) -> Open:
    opener: Open = import_module(opening_folders()[name].module).open_checkpoint
    return opener


def _caveats(settings: Settings) -> tuple[str, ...]:
    return (f"weights in {settings.quantisation}",) if settings.quantisation != "none" else ()


def _find(name: str, settings: Settings) -> None:
    from worker.reading.engines.transformers.location import find

    find(settings.model, engine=name, models_dir=settings.models_dir, deep=False)


def _local(name: str, folders: ModelFolders) -> EngineSpec:
    return EngineSpec(
        queue="gpu",
        create=partial(_in_this_process, name),
        takes_model=True,
        check=partial(_find, name),
        folders=folders,
    )


def _is_cogvlm2(config: Mapping[str, Any]) -> bool:
    return "num_multi_query_heads" in config and "vision_config" in config


def _is_sail_vl2(config: Mapping[str, Any]) -> bool:
    named = f"{config.get('model_type')} {config.get('architectures')}".lower()
    return "llm_config" in config and "sail" in named


EMBEDDED = EngineSpec(queue="cpu", create=_embedded, model="PP-OCRv6-small")
TRANSFORMERS = _local("transformers", ModelFolders("worker.reading.engines.transformers.auto"))
_OF_COGVLM2 = ("xformers", "triton")  # its kernels, for a GPU
COGVLM2 = _local("cogvlm2", ModelFolders("worker.reading.engines.cogvlm2.loading", _is_cogvlm2, _OF_COGVLM2))
SAIL_VL2 = _local("sail_vl2", ModelFolders("worker.reading.engines.sail_vl2.loading", _is_sail_vl2))
OPENAI = EngineSpec(queue="cpu", create=_on_a_server, takes_model=True)
FAKE = EngineSpec(queue="cpu", create=_fake)
