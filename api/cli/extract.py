"""`pagemill extract`: read documents here and now, without a server."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from tqdm import tqdm

from api.cli import interrupt, schema_argument, sources
from api.export import prose
from schemas.documents.text import Text
from schemas.record import Severity
from schemas.registry import Schema
from worker import log
from worker.errors import PagemillError, RequestInvalid
from worker.reading.documents import DocumentOutcome, read_all
from worker.reading.engines import registry as engines
from worker.reading.engines.base import Engine
from worker.reading.models.registry import profiles
from worker.reading.pages.base import PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.settings import Settings
from worker.settings import load as load_settings

_JSON = "json"


def run(options: argparse.Namespace) -> int:
    """Read every file; 1 when one of them failed, 2 when none could be begun with."""
    settings = _settings(options)
    log.configure(level="WARNING", form="text", process="extract")  # to stderr: stdout is for records
    files, missing = sources.expand(options.files)
    for name in missing:
        why = "no documents in this folder" if Path(name).is_dir() else "no such file"
        print(f"{name}: {why}", file=sys.stderr)
    unusable = _unusable_output(options, files)
    if unusable:
        print(unusable, file=sys.stderr)
        return 2
    try:
        schema = schema_argument.load(kind=options.kind, schema=options.schema)
        _require_text(schema, options.format)
        engine = engines.create(settings.engine, settings)
    except PagemillError as error:
        print(error, file=sys.stderr)
        return 2
    if not files:
        return 1
    with interrupt.heeded() as go_on:
        try:
            engine.warm_up()
        except PagemillError as error:
            print(f"{error} {len(files)} of {len(files)} documents were not read.", file=sys.stderr)
            return 2
        finished = _read(files, schema, engine, options=options, settings=settings, go_on=go_on)
    return int(bool(missing) or not finished)


def _read(
    files: Sequence[Path],
    schema: Schema,
    engine: Engine,
    *,
    options: argparse.Namespace,
    settings: Settings,
    go_on: Callable[[], None],
) -> bool:
    """Write a record for each document; whether all went well."""
    failed, written = False, 0
    with (
        Sandbox(PageLimits.of(settings), pdf_backend=settings.pdf_backend) as sandbox,
        _records(options.output) as stream,
        _progress(len(files), go_on, quiet=options.quiet) as progress,
    ):
        outcomes = read_all(
            [(file, schema) for file in files],
            engine=engine,
            sandbox=sandbox,
            review_below=settings.review_below,
            progress=progress,
        )
        try:
            for outcome in outcomes:
                failed |= outcome.error is not None
                written += 1
                _write(outcome, stream, form=options.format, first=written == 1)
                if options.overlay and outcome.error is None:
                    failed |= not _drawn(outcome, options.overlay, sandbox)
        except PagemillError as error:
            left = len(files) - written
            print(f"{error} {left} of {len(files)} documents were not read.", file=sys.stderr)
            failed = True
        finally:
            engine.close()
    return not failed


def _settings(options: argparse.Namespace) -> Settings:
    """What is set, and the engine and model of the command line; raises RequestInvalid."""
    settings = load_settings()
    engine = options.engine or settings.engine
    if options.model and not engines.spec(engine).takes_model:
        known = profiles().get(options.model)
        which = known.engine if known else " or ".join(engines.taking_models())
        raise RequestInvalid(detail=f"--model needs an engine that runs it: --engine {which}")
    return settings.with_model(options.model or settings.model, engine=engine)


def _require_text(schema: Schema, form: str) -> None:
    """Raise RequestInvalid for a text that is asked of a kind that has none."""
    if form != _JSON and schema.name != Text.kind:
        raise RequestInvalid(detail=f"--format {form} needs --kind {Text.kind}")


def _unusable_output(options: argparse.Namespace, files: Sequence[Path]) -> str | None:
    """Why nothing may be written where the user wants it; None when it may."""
    output, overlay = options.output, options.overlay
    if output is not None and output.resolve() in {file.resolve() for file in files}:
        return f"{output} is one of the documents to be read"
    if output is not None and (output.is_dir() or any(p.is_file() for p in output.parents)):
        return f"{output} cannot be written"
    if overlay is not None and (overlay.is_file() or any(p.is_file() for p in overlay.parents)):
        return f"{overlay} is not a folder"
    return None


def _write(outcome: DocumentOutcome, stream: TextIO, *, form: str, first: bool) -> None:
    """A record as a line, or the text of a document that was read, an empty line before the next one."""
    if form == _JSON:
        stream.write(outcome.record.model_dump_json() + "\n")
    elif outcome.error is None:
        stream.write(("" if first else "\n") + prose.render(outcome.record.data, prose.ProseForm(form)))
    stream.flush()
    if outcome.error is not None:
        tqdm.write(f"{outcome.path.name}: {outcome.error}", file=sys.stderr)
        return
    for issue in outcome.record.issues:
        if issue.severity is Severity.ERROR:
            tqdm.write(f"{outcome.path.name}: {issue.path} {issue.message}", file=sys.stderr)


def _drawn(outcome: DocumentOutcome, folder: Path, sandbox: Sandbox) -> bool:
    from api.cli import overlay

    try:
        overlay.draw(outcome.path, outcome.record, folder, sandbox)
    except (OSError, PagemillError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        tqdm.write(f"{outcome.path.name}: no pictures of it could be written ({why})", file=sys.stderr)
        return False
    return True


@contextlib.contextmanager
def _records(output: Path | None) -> Iterator[TextIO]:
    """Where records go: a file, written whole line by line, or stdout."""
    if output is None:
        yield sys.stdout
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("w", encoding="utf-8") as stream:
        yield stream


@contextlib.contextmanager
def _progress(
    files: int, go_on: Callable[[], None], *, quiet: bool
) -> Iterator[Callable[[Path, int, int], None]]:
    """A bar on stderr: pages per second, the time left in the document. `go_on` is called at every page."""
    with tqdm(unit=" pages", disable=quiet or None, dynamic_ncols=True, leave=False) as bar:
        position = 0
        current: Path | None = None

        def update(path: Path, done: int, count: int) -> None:
            nonlocal position, current
            go_on()
            if path != current:
                current, position = path, position + 1
                bar.reset(total=count)
                bar.set_description(f"{position}/{files} {path.name[:32]}")
            bar.update(1)
            if done == count:
                bar.refresh()

        yield update
