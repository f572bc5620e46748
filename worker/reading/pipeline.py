"""One document, from file to record: the whole flow, read top-down.

file ─pages─► pages ─engine─► values with their places ─evidence─► with what the file itself says
                                                     ─checks─► issues ─► record
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from schemas import pointer, record
from schemas.job import job_key
from schemas.record import Evidence, Issue, Provenance, Record, Severity, State
from schemas.registry import AUTO, Schema
from worker.checks import fit, patterns, validate
from worker.errors import PagemillError
from worker.reading import issues as told
from worker.reading.engines.base import Engine, Reading, Request, RequestContext
from worker.reading.evidence.join import join
from worker.reading.evidence.witness import Witness, embedded_values
from worker.reading.pages.base import Page
from worker.reading.pages.sandbox import PageFailed, SandboxedDocument
from worker.reading.telling.tell import Teller, Told, shipped
from worker.settings import version

_NOBODYS = RequestContext()
_NO_PROJECT = ""
_PATTERN_SECONDS = 60.0  # of a document for the expressions its schema brings
_DEFAULT = Evidence(confidence=0.5, origin="default")  # nothing on the page speaks for it, or against it

Progress = Callable[[int, int], None]
"""Called with the pages done and the pages there are."""


@dataclass(frozen=True, slots=True)
class Source:
    """A document: its name, the hash of its bytes, its pages to come (None when it did not open).

    `teller` tells its kind where that is AUTO; without one, one for the shipped kinds.
    """

    filename: str
    sha256: str
    document: SandboxedDocument | None
    teller: Teller | None = None


def extract(
    source: Source,
    schema: Schema,
    *,
    engine: Engine,
    review_below: float = 0.5,
    progress: Progress = lambda _done, _all: None,
    context: RequestContext = _NOBODYS,
) -> Record:
    """Read a document as a kind, or as what it is told to be; raises SourceError or EngineError."""
    started = time.perf_counter()
    kind = _kind(source, schema)
    schema = kind.schema
    assert source.document is not None
    witness = Witness(embedded_values(source.document, schema))
    pages = _Pages(source.document, progress, context.alive, see=witness.see)
    request = Request(schema, pages, source.document.page_count, context, after_page=pages.count_one)
    try:
        with patterns.within(_PATTERN_SECONDS):
            reading = engine.read(request)
    finally:
        source.document.close()
    pages.require_one()
    reading = join(reading, schema, witness)
    read = time.perf_counter()
    data = fit.fit(reading.data, schema.root)
    evidence = {**reading.evidence, **dict.fromkeys(fit.defaults(reading.data, data, schema.root), _DEFAULT)}
    found = (*pages.issues(), *reading.issues, *_hardly_read(reading, schema))
    issues = (*kind.issues, *found, *validate.check(data, schema))
    timings = {"read": read - started, "check": time.perf_counter() - read}
    return Record(
        job_id=context.job or _key(source, schema, engine),
        kind=schema.name,
        data=data,
        fields=evidence,
        state=_state(issues, evidence, review_below),
        issues=issues,
        provenance=_provenance(source, schema, engine, reading=reading, timings=timings, told=not kind.named),
    )


def _kind(source: Source, schema: Schema) -> Told:
    """What to read a document as: the kind that was asked for, or the one it is told to be."""
    if schema.name != AUTO:
        return Told(schema, named=True)
    assert source.document is not None
    try:
        return (source.teller or shipped()).tell(source.document)
    except PagemillError:
        source.document.close()
        raise


def _hardly_read(reading: Reading, schema: Schema) -> Iterator[Issue]:
    """Pages that have text, and no value that matters: they may be of another kind, or nobody read them."""
    if not reading.has_text:
        return
    if not any(leaf is not None for _, leaf in pointer.leaves(reading.data)):
        message = "the document has text, but nothing of what is asked for was found in it"
        yield Issue(code="nothing_found", severity=Severity.ERROR, message=message)
    elif schema.keys and all(reading.data.get(key) is None for key in schema.keys):
        message = f"not found: {' or '.join(schema.keys)}, without which it may be another kind of document"
        yield Issue(code="key_field_missing", severity=Severity.ERROR, message=message)
    else:
        yield from _always_there(reading, schema)


def _always_there(reading: Reading, schema: Schema) -> Iterator[Issue]:
    """The values that every document of a kind has and this reading lacks."""
    for name in schema.always:
        value = reading.data.get(name)
        if value is None or all(leaf is None for _, leaf in pointer.leaves(value)):
            message = f"every {schema.name.replace('_', ' ')} has a value here, and none was found"
            yield Issue(
                code="value_missing", severity=Severity.ERROR, path=pointer.join(name), message=message
            )


def failed(source_name: str, sha256: str, schema: Schema, *, engine: Engine, error: PagemillError) -> Record:
    """The record of a document that could not be read."""
    source = Source(source_name, sha256, document=None)
    return record.failed(
        job_id=_key(source, schema, engine),
        kind=schema.name,
        code=error.code,
        message=str(error),
        provenance=_provenance(source, schema, engine, reading=Reading({}), timings={}),
    )


def _key(source: Source, schema: Schema, engine: Engine) -> str:
    """That of a document which is nobody's job."""
    return job_key(
        project=_NO_PROJECT,
        source_sha256=source.sha256,
        schema_sha256=schema.sha256,
        engine=engine.name,
        model=f"{engine.model or ''}@{engine.revision or ''}",
        pipeline_version=version(),
    )


def hash_file(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Pages:
    """The pages of a document for the engine; those that fail are noted and left out."""

    def __init__(
        self,
        document: SandboxedDocument,
        progress: Progress,
        alive: Callable[[], None],
        *,
        see: Callable[[Page], None],
    ) -> None:
        self._document = document
        self._progress = progress
        self._alive = alive
        self._see = see
        self._failed: list[PageFailed] = []
        self._drawn = 0
        self._done = 0

    def __iter__(self) -> Iterator[Page]:
        for page in self._document:
            self._alive()
            if isinstance(page, PageFailed):
                self._failed.append(page)
                self.count_one()
            else:
                self._drawn += 1
                self._see(page)
                yield page

    def count_one(self) -> None:
        """A page is done with: an engine may draw more of them before the first is."""
        self._done += 1
        self._progress(self._done, self._document.page_count)

    def require_one(self) -> None:
        """Raise the first page's error when not a single page could be drawn."""
        if self._failed and not self._drawn:
            raise self._failed[0].error

    def issues(self) -> Iterator[Issue]:
        """One issue per page that is missing from the record."""
        for page in self._failed:
            yield told.page_not_read(page.number, page.error)


def _state(issues: tuple[Issue, ...], evidence: dict[str, Evidence], review_below: float) -> State:
    doubtful = any(item.confidence < review_below for item in evidence.values())
    broken = any(issue.severity is Severity.ERROR for issue in issues)
    return State.REVIEW if doubtful or broken else State.DONE


def _provenance(
    source: Source,
    schema: Schema,
    engine: Engine,
    *,
    reading: Reading,
    timings: dict[str, float],
    told: bool = False,
) -> Provenance:
    return Provenance(
        source_sha256=source.sha256,
        filename=source.filename,
        pages=source.document.page_count if source.document else 0,
        kind_version=schema.version,
        kind_told=told,
        schema_sha256=schema.sha256,
        engine=engine.name,
        model=engine.model,
        revision=engine.revision,
        pipeline_version=version(),
        timings_ms={step: round(seconds * 1000, 1) for step, seconds in timings.items()},
        tokens=dict(reading.tokens),
        notes=reading.notes,
    )
