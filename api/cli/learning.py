"""What was exported of people's corrections, as examples for training."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from api.cli import evaluate
from api.cli.corrections import MANIFEST
from api.cli.scoring import Labelled
from schemas.record import Evidence
from worker.errors import PagemillError
from worker.reading.engines.builtin import dialect_of
from worker.reading.engines.vision import resize
from worker.reading.learning import examples, formats
from worker.reading.learning.examples import Example, LabelledDocument
from worker.reading.pages.base import PageLimits, Picture
from worker.reading.pages.sandbox import PageFailed, Sandbox
from worker.settings import Settings


def write(folder: Path, form: str, settings: Settings) -> int:
    """Beside the manifest in a folder, its documents in a form of `formats`; how many examples there are."""
    rows = evaluate.with_rows(folder / MANIFEST)
    return formats.write(of_rows(rows, settings), folder, form)


def of_rows(rows: Iterator[tuple[Labelled, Any]], settings: Settings) -> Iterator[Example]:
    """The examples of labelled documents; those that yield none are named on stderr."""
    with Sandbox(PageLimits.of(settings), pdf_backend=settings.pdf_backend) as sandbox:
        for labelled, row in rows:
            try:
                pictures = _pictures(labelled.path, sandbox, settings)
            except PagemillError as error:
                print(f"{labelled.path.name}: {error}", file=sys.stderr)
                continue
            fields = (row.get("read") or {}).get("fields") or {}
            places = {at: Evidence.model_validate(told) for at, told in fields.items()}
            document = LabelledDocument(labelled.id, labelled.schema, labelled.expected, places)
            made = list(examples.of_document(document, pictures, dialect=dialect_of(settings)))
            if not made:
                print(f"{labelled.path.name}: left out, a value has no place on a page", file=sys.stderr)
            yield from made


def _pictures(path: Path, sandbox: Sandbox, settings: Settings) -> dict[int, Picture]:
    """The pages in the size in which the model will see them; raises SourceError."""
    document = sandbox.open(path)
    found: dict[int, Picture] = {}
    try:
        for page in document:
            if isinstance(page, PageFailed):  # its values would be asked of the others
                raise page.error
            found[page.number] = resize.fitted(page.picture, settings.model_pixels)
    finally:
        document.close()
    return found
