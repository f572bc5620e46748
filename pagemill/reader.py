"""Reading documents in this process: one engine, loaded once, and child processes that open the files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import BaseModel

from schemas import registry
from schemas.errors import SchemaError
from schemas.question import Turn, schema_for
from schemas.record import Record
from schemas.registry import Schema
from worker import settings
from worker.checks import validate
from worker.errors import CorruptFile, SchemaInvalid
from worker.reading import documents, pipeline
from worker.reading.engines import registry as engines
from worker.reading.pages.base import PageLimits
from worker.reading.pages.protocol import storable
from worker.reading.pages.sandbox import Sandbox

Document = str | os.PathLike[str]
SchemaLike = Schema | Mapping[str, Any] | type[BaseModel]


class Reader:
    """Reads documents with one engine; use as a context manager.

    `engine` and `model` are those of `pagemill extract --engine --model`, else of the settings
    (`PAGEMILL_*`). The model is loaded with the first document.
    """

    def __init__(self, *, engine: str | None = None, model: str | None = None) -> None:
        found = settings.load()
        self._settings = found.with_model(model or found.model, engine=engine or found.engine)
        self._engine = engines.create(self._settings.engine, self._settings)
        self._sandbox = Sandbox(PageLimits.of(self._settings), pdf_backend=self._settings.pdf_backend)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(
        self, document: Document, *, kind: str | None = None, schema: SchemaLike | None = None
    ) -> Record:
        """The record of a document; raises PagemillError when there is nothing to record.

        Exactly one of `kind` (`auto`: a shipped one, told by the words) and `schema` (a JSON Schema,
        a pydantic class) is given.
        """
        path = Path(document)
        wanted = _schema(kind, schema)
        try:
            digest = pipeline.hash_file(path)
        except OSError as error:
            raise CorruptFile(kind="", detail="it cannot be read from disk") from error
        source = pipeline.Source(storable(path.name), digest, self._sandbox.open(path))
        return pipeline.extract(source, wanted, engine=self._engine, review_below=self._settings.review_below)

    def ask(
        self,
        document: Document,
        question: str,
        *,
        history: Sequence[tuple[str, str]] = (),
        schema: Mapping[str, Any] | None = None,
    ) -> Record:
        """The answer to a question about a document, as a record; raises PagemillError.

        Without a `schema` it is `data["answer"]`, with the places it rests on in `fields`, and null where the
        document does not say it. "Describe …", "transcribe …" and "extract …" give what these kinds have.
        `history` are the questions and answers before it.
        """
        turns = [Turn(asked, answered) for asked, answered in history]
        if schema is not None:
            _schema(None, schema)
        made = schema_for(question, history=turns, schema=schema)
        return self.read(document, schema=registry.from_json_schema(made.json_schema, name=made.name))

    def read_all(
        self, paths: Iterable[Document], *, kind: str | None = None, schema: SchemaLike | None = None
    ) -> Iterator[Record]:
        """A record per document, in order; one that cannot be read has the state `failed` and says why.

        Raises ModelUnavailable when the model stays away.
        """
        wanted = _schema(kind, schema)
        outcomes = documents.read_all(
            [(Path(path), wanted) for path in paths],
            engine=self._engine,
            sandbox=self._sandbox,
            review_below=self._settings.review_below,
        )
        return (outcome.record for outcome in outcomes)

    def close(self) -> None:
        """End the child processes and free the model."""
        self._sandbox.close()
        self._engine.close()


def read(
    document: Document,
    *,
    kind: str | None = None,
    schema: SchemaLike | None = None,
    engine: str | None = None,
    model: str | None = None,
) -> Record:
    """The record of one document; for many, a `Reader` loads its model once. Raises PagemillError."""
    with Reader(engine=engine, model=model) as reader:
        return reader.read(document, kind=kind, schema=schema)


def ask(
    document: Document,
    question: str,
    *,
    history: Sequence[tuple[str, str]] = (),
    schema: Mapping[str, Any] | None = None,
    engine: str | None = None,
    model: str | None = None,
) -> Record:
    """The answer to a question about one document, as `Reader.ask` gives it. Raises PagemillError."""
    with Reader(engine=engine, model=model) as reader:
        return reader.ask(document, question, history=history, schema=schema)


def _schema(kind: str | None, schema: SchemaLike | None) -> Schema:
    if (kind is None) == (schema is None):
        raise SchemaInvalid(detail="give a kind or a schema, one of them")
    try:
        if kind is not None:
            return registry.kind(kind)
        if isinstance(schema, Schema):
            return schema
        if isinstance(schema, type):
            return registry.from_model(schema)
        assert schema is not None
        validate.require_schema(schema)
        return registry.from_json_schema(schema, name=str(schema.get("title") or "schema"))
    except (SchemaError, registry.UnknownKind) as error:
        raise SchemaInvalid(detail=str(error)) from error
