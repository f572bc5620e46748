"""`pagemill ask`: questions about a file, or about a document of the service."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import Any, TextIO

from api.cli import schema_argument
from api.cli.remote import connect
from schemas import question, registry
from schemas.question import ANSWER, Turn
from schemas.record import Evidence, Record, State
from worker import log, settings
from worker.errors import CorruptFile, PagemillError, RequestInvalid
from worker.reading import pipeline
from worker.reading.engines import registry as engines
from worker.reading.pages.base import PageLimits
from worker.reading.pages.protocol import storable
from worker.reading.pages.sandbox import Sandbox

_JOB = re.compile(r"[0-9a-f]{32}")

Ask = Callable[[str], Record]
"""Answers a question that follows those before it."""


def run(options: argparse.Namespace, questions: TextIO, out: TextIO) -> int:
    """Answer one question, or those of stdin; 1 when one of them could not be answered at all."""
    log.configure(level="WARNING", form="text", process="ask")
    schema = None if options.schema is None else _form(options.schema)
    failed = False
    with ExitStack() as closing:
        by_id = _JOB.fullmatch(options.document) and not Path(options.document).exists()
        ask = (_of_job if by_id else _of_file)(options, schema, closing)
        for asked in _asked(options.question, questions):
            try:
                record = ask(asked)
            except PagemillError as error:
                failed = True
                print(error, file=sys.stderr)
                continue
            failed |= record.state is State.FAILED
            _print(record, out, whole=options.json)
    return int(failed)


def _asked(question_: str | None, questions: TextIO) -> Iterator[str]:
    if question_ is not None:
        yield question_
        return
    if questions.isatty():
        print("One question a line, Ctrl-D ends.", file=sys.stderr)
    yield from (line.strip() for line in questions if line.strip())


def _form(path: Path) -> Mapping[str, Any]:
    """The form of the answers, as JSON Schema."""
    return schema_argument.load(kind=None, schema=str(path)).json_schema


def _of_file(options: argparse.Namespace, schema: Mapping[str, Any] | None, closing: ExitStack) -> Ask:
    """Asks about a file in this process; the engine is loaded once."""
    found = settings.load()
    found = found.with_model(options.model or found.model, engine=options.engine or found.engine)
    path, history = Path(options.document), list[Turn]()
    if not path.is_file():
        raise RequestInvalid(detail=f"{path} is no file, and no id of a job")
    engine = engines.create(found.engine, found)
    closing.callback(engine.close)
    sandbox = closing.enter_context(Sandbox(PageLimits.of(found), pdf_backend=found.pdf_backend))

    def ask(asked: str) -> Record:
        made = question.schema_for(asked, history=history, schema=schema)
        wanted = registry.from_json_schema(made.json_schema, name=made.name)
        try:
            digest = pipeline.hash_file(path)
        except OSError as error:
            raise CorruptFile(kind="", detail="it cannot be read from disk") from error
        source = pipeline.Source(storable(path.name), digest, sandbox.open(path))
        record = pipeline.extract(source, wanted, engine=engine, review_below=found.review_below)
        history.append(Turn(asked, question.answer_of(record.data)))
        return record

    return ask


def _of_job(options: argparse.Namespace, schema: Mapping[str, Any] | None, closing: ExitStack) -> Ask:
    """Asks about a document of the service."""
    client = closing.enter_context(connect(options))
    before: list[str] = []

    def ask(asked: str) -> Record:
        after = before[-1] if before else None
        job = client.ask(options.document, asked, schema=schema, after=after, engine=options.engine)
        record = Record.model_validate(client.record(client.wait(job.id).id))
        if record.state is not State.FAILED:
            before.append(job.id)
        return record

    return ask


def _print(record: Record, out: TextIO, *, whole: bool) -> None:
    """The answer on stdout; where it stands, how sure it is and what is wrong on stderr."""
    data = record.data or {}
    if whole:
        out.write(record.model_dump_json() + "\n")
    elif set(data) <= {ANSWER, question.QUOTES}:
        out.write(f"{data.get(ANSWER) or ''}\n")
    else:
        out.write(json.dumps(data, ensure_ascii=False) + "\n")
    out.flush()
    for at, evidence in record.fields.items() if not whole else ():
        print(f"{at}: {evidence.confidence:.0%} sure, {_places(evidence)}", file=sys.stderr)
    for issue in record.issues:
        print(f"{issue.path} {issue.message}".strip(), file=sys.stderr)


def _places(evidence: Evidence) -> str:
    """The passages that a value was read in, by page."""
    by_page = groupby(evidence.citations, key=lambda cited: cited.page)
    told = [f"page {page} “{' '.join(cited.text for cited in some)}”" for page, some in by_page]
    return ", ".join(told) or "found nowhere in the document"
