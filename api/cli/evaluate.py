"""`pagemill eval`: read labelled documents and say how well."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from api.cli import corrections, schema_argument
from api.cli.scoring import Labelled, Scored, table
from schemas import registry
from worker.errors import PagemillError, SchemaInvalid
from worker.reading.documents import read_all
from worker.reading.engines import registry as engines
from worker.reading.engines.base import Engine
from worker.reading.pages.base import PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.reading.score.compare import score
from worker.settings import Settings
from worker.settings import load as load_settings


def run(options: argparse.Namespace) -> int:
    """Print a table of scores; 1 when a document could not be read at all."""
    if options.corrections:
        print(table(corrections.compared(with_rows(options.manifest))))
        return 0
    settings = load_settings()
    try:
        documents = load(options.manifest)
        engine = engines.create(options.engine or settings.engine, settings)
        engine.warm_up()
    except PagemillError as error:
        print(error, file=sys.stderr)
        return 2
    with Sandbox(PageLimits.of(settings), pdf_backend=settings.pdf_backend) as sandbox:
        results = list(
            tqdm(
                evaluate(documents, engine=engine, sandbox=sandbox, settings=settings),
                total=len(documents),
                unit=" documents",
                disable=None,
            )
        )
        if options.report:
            from api.cli import report

            report.write(results, options.report, sandbox)
    engine.close()
    print(table(results))
    return int(any(result.outcome.error for result in results))


def load(manifest: Path) -> list[Labelled]:
    """The documents of a manifest; raises SchemaInvalid when it cannot be used."""
    return [labelled for labelled, _ in with_rows(manifest)]


def with_rows(manifest: Path) -> Iterator[tuple[Labelled, Mapping[str, Any]]]:
    """The documents of a manifest with their rows; raises SchemaInvalid when it cannot be used."""
    try:
        lines = manifest.read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise SchemaInvalid(detail=f"{manifest} is not a manifest ({error})") from error
    for number, row in enumerate(rows, start=1):
        if (
            not isinstance(row, dict)
            or not {"file", "expected"} <= row.keys()
            or not {"kind", "schema"} & row.keys()
        ):
            detail = f"line {number} of {manifest} needs file, expected, and kind or schema"
            raise SchemaInvalid(detail=detail)
        yield _labelled(row, number, manifest.parent), row


def evaluate(
    documents: Sequence[Labelled], *, engine: Engine, sandbox: Sandbox, settings: Settings
) -> Iterator[Scored]:
    """Each document read and compared with its labels, in order."""
    outcomes = read_all(
        [(document.path, document.schema) for document in documents],
        engine=engine,
        sandbox=sandbox,
        review_below=settings.review_below,
    )
    for document, outcome in zip(documents, outcomes, strict=True):
        record = outcome.record
        scores = score(document.expected, record.data, record.fields, boxes=document.boxes)
        yield Scored(document, outcome, scores)


def _labelled(row: Mapping[str, Any], number: int, folder: Path) -> Labelled:
    schema = row.get("schema")
    if isinstance(schema, dict):
        loaded = registry.from_json_schema(schema, name=str(row.get("kind") or row.get("id", number)))
    else:
        path = str(folder / schema) if schema and ":" not in schema else schema
        loaded = schema_argument.load(kind=row.get("kind"), schema=path)
    return Labelled(
        str(row.get("id", number)), folder / row["file"], loaded, row["expected"], row.get("boxes", {})
    )
