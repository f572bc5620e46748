"""`make demo`: read the shipped samples and print, per document, what was found and where.

Pictures with every value framed go to out/demo/.
"""

from __future__ import annotations

import time
from pathlib import Path

from api.cli import overlay
from api.cli.evaluate import load
from api.cli.reading import read_all
from schemas import pointer
from schemas.record import Record
from worker.engines import factory
from worker.raster.base import Limits
from worker.raster.sandbox import Sandbox
from worker.settings import Settings

SAMPLES = Path(__file__).parent / "samples" / "manifest.jsonl"
OUT = Path("out/demo")
MOST = 8  # values printed per document


def main() -> None:
    settings = Settings()
    documents = load(SAMPLES)
    files = [(document.path, document.schema) for document in documents]
    engine = factory.create("embedded", settings)
    started = time.perf_counter()
    with Sandbox(Limits.of(settings)) as sandbox:
        outcomes = read_all(files, engine=engine, sandbox=sandbox,
                            review_below=settings.review_below)  # fmt: skip
        for outcome in outcomes:
            show(outcome.record)
            overlay.draw(outcome.path, outcome.record, OUT, sandbox)
    engine.close()
    seconds = time.perf_counter() - started
    print(f"\n{len(documents)} documents in {seconds:.1f} s; every value is framed in {OUT}/*.png")


def show(record: Record) -> None:
    """The first values of a record, each with its confidence and its place."""
    print(f"\n{record.provenance.filename}  ({record.kind}, {record.state})")
    for at, value in [*pointer.leaves(record.data)][: 3 * MOST]:
        found = record.fields.get(at)
        if value is None or found is None or not found.citations:
            continue
        place = found.citations[0]
        box = " ".join(f"{edge:.2f}" for edge in place.box)
        print(
            f"  {at:<26}{' '.join(str(value).split())[:40]:<42}{found.confidence:.2f}   page {place.page} [{box}]"
        )
    for issue in record.issues:
        print(f"  ! {issue.code} {issue.path}: {issue.message}")


if __name__ == "__main__":
    main()
