"""Reading many documents one after the other, the next one opened while this one is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from schemas.record import Record
from schemas.registry import Schema
from worker.errors import CorruptFile, ModelUnavailable, PagemillError
from worker.log import logger
from worker.reading import pipeline
from worker.reading.engines.base import Engine
from worker.reading.pages.protocol import storable
from worker.reading.pages.sandbox import Sandbox, SandboxedDocument

_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class DocumentOutcome:
    """What became of a file."""

    path: Path
    record: Record
    error: PagemillError | None = None


def read_all(
    files: Sequence[tuple[Path, Schema]],
    *,
    engine: Engine,
    sandbox: Sandbox,
    review_below: float,
    progress: Callable[[Path, int, int], None] = lambda _path, _done, _all: None,
) -> Iterator[DocumentOutcome]:
    """An outcome per file and schema, in order; a file that cannot be read is one too, no exception.

    Raises ModelUnavailable when two files in a row met it, after their outcomes: the others would only
    wait in vain.
    """
    away = False
    opened = [sandbox.open(path) for path, _ in files[:1]]
    for index, (path, schema) in enumerate(files):
        document = opened.pop()
        opened.extend(sandbox.open(following) for following, _ in files[index + 1 : index + 2])
        outcome = _read(
            path, document, schema, engine=engine, review_below=review_below, progress=partial(progress, path)
        )
        yield outcome
        before, away = away, isinstance(outcome.error, ModelUnavailable)
        if before and isinstance(outcome.error, ModelUnavailable):
            raise outcome.error


def _read(
    path: Path,
    document: SandboxedDocument,
    schema: Schema,
    *,
    engine: Engine,
    review_below: float,
    progress: pipeline.Progress,
) -> DocumentOutcome:
    name, digest = storable(path.name), ""
    try:
        digest = _hash(path)
        source = pipeline.Source(name, digest, document)
        record = pipeline.extract(source, schema, engine=engine, review_below=review_below, progress=progress)
    except PagemillError as error:
        document.close()
        return DocumentOutcome(path, pipeline.failed(name, digest, schema, engine=engine, error=error), error)
    except Exception as error:  # noqa: BLE001 (the border of a document: the others must still be read)
        _log.exception("internal_error")
        document.close()
        fault = PagemillError(reason=type(error).__name__)
        record = pipeline.failed(name, digest, schema, engine=engine, error=fault)
        return DocumentOutcome(path, record, fault)
    return DocumentOutcome(path, record)


def _hash(path: Path) -> str:
    try:
        return pipeline.hash_file(path)
    except OSError as error:
        raise CorruptFile(kind="", detail="it cannot be read from disk") from error
