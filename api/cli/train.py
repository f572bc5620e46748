"""`pagemill train`: an adapter for a kind, learned from what people corrected and kept if it reads better."""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from typing import Any

from tqdm import tqdm

from api.cli import corrections, evaluate, learning
from api.cli.remote import connect
from api.cli.scoring import Labelled
from worker import log
from worker.errors import RequestInvalid
from worker.reading.engines import registry as engines
from worker.reading.models import training_memory
from worker.reading.models.registry import profiles
from worker.reading.pages.base import PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.settings import ADAPTER_MANIFEST, Settings
from worker.settings import load as load_settings

LEAST = 50
"""Documents below which what is learned is chance."""
_HELD_OUT = 5  # one document of so many is never learned from

Rows = list[tuple[Labelled, Any]]


def run(options: argparse.Namespace) -> int:
    """Learn, compare, keep or not: 1 when the adapter is not better than the model alone."""
    log.configure(level="WARNING", form="text", process="train")
    settings = _settings(options)
    rows = _rows(options)
    held, learned = _parted(rows)
    print(_told(settings, options.rank, len(learned), len(held)), file=sys.stderr)
    before = _score(held, settings)
    _train(learned, settings, options)
    manifest = _describe(options, settings, rows, before)
    after = _score(held, settings.model_copy(update={"adapter": str(options.output)}))
    print(
        f"held-out documents: {len(held)}; fields right without the adapter {before:.3f}, with it {after:.3f}"
    )
    if after <= before:
        (options.output / ADAPTER_MANIFEST).unlink()  # without it nothing loads the weights
        print("it does not read better, and is not kept", file=sys.stderr)
        return 1
    made = manifest.model_copy(update={"score_after": after})
    (options.output / ADAPTER_MANIFEST).write_text(made.model_dump_json(indent=2), encoding="utf-8")
    print(f"read with it: PAGEMILL_ADAPTER={options.output}", file=sys.stderr)
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    """What is set, with the model of the command line and the engine that runs it; raises RequestInvalid."""
    settings = load_settings()
    model = options.model or settings.model
    known = profiles().get(model)
    engine = options.engine or (known.engine if known else settings.engine)
    if engine not in engines.opening_folders():
        raise RequestInvalid(detail="say which model is to learn: --model, and its --engine for a folder")
    quantised = options.quantisation or settings.quantisation
    return settings.with_model(model, engine=engine, quantisation=quantised, adapter="")


def _rows(options: argparse.Namespace) -> Rows:
    """The settled documents of the kind; raises RequestInvalid when they are too few."""
    folder = options.corrections
    if folder is None:
        folder = options.output / "corrections"
        with connect(options) as client:
            corrections.write(client, folder)
    found = [
        (labelled, row)
        for labelled, row in evaluate.with_rows(folder / corrections.MANIFEST)
        if row.get("kind") == options.kind
    ]
    if len(found) < LEAST:
        detail = (
            f"there are {len(found)} settled documents of the kind {options.kind}, and at least {LEAST} are "
            "needed for a fifth of them to say whether anything was learned"
        )
        raise RequestInvalid(detail=detail)
    return found


def _parted(rows: Rows) -> tuple[Rows, Rows]:
    """A fifth of the documents, the same every time, and the others."""
    ordered = sorted(rows, key=lambda row: hashlib.sha256(row[0].id.encode()).digest())
    return ordered[::_HELD_OUT], [row for number, row in enumerate(ordered) if number % _HELD_OUT]


def _told(settings: Settings, rank: int, learned: int, held: int) -> str:
    """What it will take, said before it starts."""
    known = profiles().get(settings.model)
    need = training_memory.needed(known, settings.quantisation, rank) if known else None
    memory = (
        "an amount of memory that is not known" if need is None else f"about {need / 1e9:.1f} GB of memory"
    )
    return f"{learned} documents to learn from, {held} held out; training takes {memory}"


def _score(held: Rows, settings: Settings) -> float:
    """The share of labelled fields that are read right."""
    engine = engines.create(settings.engine, settings)
    documents: Sequence[Labelled] = [labelled for labelled, _ in held]
    try:
        engine.warm_up()
        with Sandbox(PageLimits.of(settings), pdf_backend=settings.pdf_backend) as sandbox:
            read = evaluate.evaluate(documents, engine=engine, sandbox=sandbox, settings=settings)
            right = [
                score.right
                for scored in tqdm(read, total=len(documents), unit=" documents", disable=None, leave=False)
                for score in scored.scores
            ]
    finally:
        engine.close()
    return sum(right) / max(1, len(right))


def _train(learned: Rows, settings: Settings, options: argparse.Namespace) -> None:
    from worker.reading.engines.builtin import checkpoint_loader
    from worker.reading.learning import training

    rows = list(learning.of_rows(iter(learned), settings))
    if not rows:
        raise RequestInvalid(detail="no document yields an example")
    loader = checkpoint_loader(settings.engine, settings)
    folder = loader.locate().folder
    checkpoint = loader.open(folder, loader.place(folder))
    chosen = training.TrainingOptions(
        options.rank, options.epochs, options.learning_rate, vision=options.vision
    )
    with tqdm(unit=" updates", disable=None, leave=False) as bar:

        def progress(done: int, updates: int, loss: float) -> None:
            bar.total = updates
            bar.set_postfix(loss=f"{loss:.3f}")
            bar.update(done - bar.n)

        training.train(checkpoint, rows, options.output, options=chosen, progress=progress)


def _describe(options: argparse.Namespace, settings: Settings, rows: Rows, before: float) -> Any:
    """Write what the adapter is, so that it can be loaded."""
    from worker.reading.engines.builtin import checkpoint_loader
    from worker.reading.engines.transformers import adapters

    location = checkpoint_loader(settings.engine, settings).locate()
    learned_from = "".join(sorted(f"{labelled.id}{labelled.expected}" for labelled, _ in rows))
    made = adapters.AdapterManifest(
        kind=options.kind,
        model=location.model,
        revision=location.revision,
        schema_sha256=rows[-1][0].schema.sha256,
        data_sha256=hashlib.sha256(learned_from.encode()).hexdigest(),
        documents=len(rows),
        sha256=adapters.hash_of(options.output / adapters.WEIGHTS),
        score_before=before,
    )
    (options.output / ADAPTER_MANIFEST).write_text(made.model_dump_json(indent=2), encoding="utf-8")
    return made
