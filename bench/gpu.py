"""What only a GPU can confirm, of every model that was pulled: `python -m bench.gpu [MODEL --engine sail_vl2]`.

Prints, for the figures that bench/README.md has from arithmetic or from a CPU: bytes of the weights, the rows and
tokens that the free memory was found to hold, what a full batch of large pages then takes, seconds to the first
token of a page and of another question about it, milliseconds of a step by rows, as it is and compiled, and the
running batch against static `generate`. Exits with 1 where a full batch does not fit, with 2 and a sentence
where there is no GPU, or no model.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from bench import decode
from schemas import registry
from schemas.json_schema.answer import answer_schema
from worker.errors import PagemillError
from worker.reading.engines import builtin
from worker.reading.engines.registry import opening_folders
from worker.reading.engines.transformers import placement
from worker.reading.engines.transformers.capacity import CudaMeter, Meter
from worker.reading.engines.transformers.checkpoint import CheckpointLoader
from worker.reading.engines.transformers.generator import TransformersGenerator
from worker.reading.engines.transformers.location import find
from worker.reading.engines.vision.base import Message, Prompt
from worker.reading.models import files, footprint
from worker.reading.models.registry import profiles

_STEPS = 20
_TOKENS = 256  # of each answer in a full batch


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure one model; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.gpu", description="Measures a model on a GPU.")
    parser.add_argument("model", nargs="?", help="a profile, or a folder (default: all that were pulled)")
    parser.add_argument(
        "--engine", default="transformers", choices=tuple(opening_folders()), help="of a folder"
    )
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    given = parser.parse_args(arguments)
    if not torch.cuda.is_available():
        print(
            "bench.gpu: torch sees no GPU here, and these figures mean nothing without one", file=sys.stderr
        )
        return 2
    names = [given.model] if given.model else pulled(given.models_dir)
    if not names:
        print(f"bench.gpu: nothing was pulled into {given.models_dir}", file=sys.stderr)
    return max((_measure(name, given.engine, given.models_dir) for name in names), default=2)


def pulled(models_dir: Path) -> list[str]:
    """The profiles whose files are there and that an engine in this process runs."""
    return [
        name
        for name, profile in profiles().items()
        if profile.engine in opening_folders() and files.pulled_revision(name, models_dir)
    ]


def _measure(name: str, engine: str, models_dir: Path) -> int:
    """Print a model's figures; the exit status."""
    known = profiles().get(name)
    engine = known.engine if known else engine
    try:
        model = loaded(name, engine=engine, models_dir=models_dir)
    except PagemillError as error:
        print(f"bench.gpu: {error}", file=sys.stderr)
        return 2
    device = model._loaded().model.device  # noqa: SLF001
    print(f"{name} on {torch.cuda.get_device_name(device)}, torch {torch.__version__}")
    good = True
    for line, fine in figures(model, CudaMeter(device)):
        print(f"{line}{'' if fine else '  WRONG'}", flush=True)
        good &= fine
    model.close()
    try:
        compiled = loaded(name, engine=engine, models_dir=models_dir, compile_with="inductor")
    except PagemillError as error:
        print(f"compiled: {error}", flush=True)
    else:
        print(compiled_step(compiled), flush=True)
        compiled.close()
    return 0 if good else 1


def loaded(name: str, *, engine: str, models_dir: Path, compile_with: str = "") -> TransformersGenerator:
    """The model, warm; raises PagemillError."""
    opening = CheckpointLoader(
        locate=lambda: find(name, engine=engine, models_dir=models_dir),
        place=lambda folder: placement.choose("auto", "none", weights=footprint.weights_in(folder, "none")),
        open=builtin._opener(engine),  # noqa: SLF001
    )
    model = TransformersGenerator(engine, name, opening=opening, compile_with=compile_with)
    model.load()
    model.warm_up()
    return model


def figures(
    model: TransformersGenerator,
    meter: Meter,
    *,
    pixels: int = 2_200_000,
    tokens: int = _TOKENS,
    queue: int = 64,
) -> Iterator[tuple[str, bool]]:
    """A line for each figure, and whether it is as it should be."""
    weights = model._loaded().model.get_memory_footprint()  # noqa: SLF001
    yield f"weights: {weights / 1e9:.2f} GB; {model.max_rows} rows, {model.max_tokens} tokens chosen", True
    yield full_batch(model, meter, pixels=pixels, tokens=tokens)
    yield first_tokens(model, pixels=pixels), True
    for rows in sorted({1, min(8, model.max_rows), model.max_rows}):
        yield f"a step of {rows} rows: {1000 * step_seconds(model, rows, pixels=pixels):.1f} ms", True
    if model.refills:
        model.max_rows = decode.ROWS
        yield decode.compared(model, "invoices", queue=queue).told, True  # 16-bit numbers may tip a token


def first_tokens(model: TransformersGenerator, *, pixels: int) -> str:
    """Seconds to the first token of a page that was not seen before, and of the next question about it."""
    page = _page(pixels, 1)
    other = replace(page, messages=(Message("user", "What is the number of this document?"),))
    fresh, again = [], []
    for _ in range(3):
        model._kept.clear()  # noqa: SLF001
        fresh.append(_seconds(lambda: model.generate([page], _wanted)))
        again.append(_seconds(lambda: model.generate([other], _wanted)))
    told = f"first token of a page of {pixels / 1e6:.1f} MP: {min(fresh):.3f} s"
    return f"{told}; of another question about it: {min(again):.3f} s"


def compiled_step(model: TransformersGenerator, *, pixels: int = 2_200_000) -> str:
    """What a step takes that was compiled, or why it was not."""
    if model.not_compiled:
        return f"the step is not compiled: {model.not_compiled}"
    rows = min(8, model.max_rows)
    return f"a compiled step of {rows} rows: {1000 * step_seconds(model, rows, pixels=pixels):.1f} ms"


def full_batch(model: TransformersGenerator, meter: Meter, *, pixels: int, tokens: int) -> tuple[str, bool]:
    """As many large pages as were said to fit, all at once: what they take of what was free, and how fast."""
    free, rows = meter.free(), model.max_rows
    meter.begin()
    asked = [_page(pixels, tokens, seed=row) for row in range(rows)]
    try:
        seconds = _seconds(lambda: model.generate(asked, _wanted))
    except PagemillError as error:
        return f"a full batch of {rows} pages: {error}", False
    taken = meter.peak()
    told = f"{taken / 1e9:.2f} of {free / 1e9:.2f} GB that were free; {rows / seconds:.2f} pages/s"
    return f"a full batch of {rows} pages: {told} with answers of at most {tokens} tokens", taken <= free


def step_seconds(model: TransformersGenerator, rows: int, *, pixels: int) -> float:
    """The median of what one more token for each row takes: a run that is so many steps longer, by the step."""

    def run(tokens: int) -> float:
        asked = [_free(pixels, tokens, row) for row in range(rows)]
        return statistics.median(_seconds(lambda: model.generate(asked, _wanted)) for _ in range(3))

    return max(0.0, run(1 + _STEPS) - run(1)) / _STEPS


def _page(pixels: int, tokens: int, seed: int = 0) -> Prompt:
    """An upright page of noise, asked for an invoice."""
    width = int((pixels / 2**0.5) ** 0.5)
    noise = np.random.default_rng(seed).integers(0, 255, (pixels // width, width, 3), np.uint8)
    schema = answer_schema(registry.kind("invoice").root)
    return Prompt(noise, (Message("user", "Read the page."),), schema, max_tokens=tokens)


def _free(pixels: int, tokens: int, seed: int) -> Prompt:
    """The same, asked for text: nothing of it is dictated."""
    return replace(_page(pixels, tokens, seed), schema=None)


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _wanted(_row: int) -> bool:
    return False


if __name__ == "__main__":
    sys.exit(main())
