"""How well the embedded engine reads the labelled sets of a data folder: `make eval`.

    python -m bench.evaluate [DATA] [--cache FOLDER] [--set NAME]… [--show ID] [--json FILE]

Each set is split by a hash of the document's id into the half that may be looked at to choose, and the half
that is only reported. Figures per half: scalars and values in lists that are right, items fully right, score as
DocuBench counts, share of records that are `done`, share of those with every labelled value right, AUROC and
calibration error of the confidence. `--show` prints every value of one document, labelled and read.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.accuracy.labelled_sets import Case, all_sets
from bench.accuracy.measures import Judged, judge, summary
from bench.accuracy.page_cache import PageCache
from schemas import pointer
from schemas.record import Record
from worker.reading import pipeline
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.pages.sandbox import SandboxedDocument
from worker.reading.text.page_lines import PageLines

FIGURES = ("n", "scalars", "listed", "rows", "score", "done", "done right", "AUROC", "ECE")


@dataclass(frozen=True, slots=True)
class KeptLines:
    """An engine that has read the pages already."""

    pages: tuple[PageLines, ...]
    name: str = "embedded"
    model: str | None = None
    revision: str | None = None

    def warm_up(self) -> None:
        """Nothing to load."""

    def read(self, request: Request) -> Reading:
        """The kept lines under the schema."""
        return read_lines(self.pages, request.schema.root)

    def close(self) -> None:
        """Nothing to free."""


class NoPages(SandboxedDocument):
    """A document whose pages are not drawn, for they were read before."""

    def __init__(self) -> None:
        """Opens nothing."""

    page_count = 0
    invoice = None

    def __iter__(self) -> Iterator[object]:  # type: ignore[override]
        return iter(())

    def close(self) -> None:
        """Nothing is open."""


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("data", nargs="?", type=Path, default=_default_data())
    options.add_argument("--cache", type=Path, default=Path.home() / ".cache/pagemill-lines")
    options.add_argument("--set", action="append", dest="sets", default=[])
    options.add_argument("--show", action="append", default=[])
    options.add_argument("--json", type=Path)
    arguments = options.parse_args()
    cache = PageCache(arguments.cache)
    figures = {}
    print(f"{'set':<28}{'half':>5}" + "".join(f"{name:>11}" for name in FIGURES))
    for name, cases in all_sets(arguments.data):
        if arguments.sets and name not in arguments.sets:
            continue
        judged = [(case, judge(read(case, cache), case.expected)) for case in cases]
        figures[name] = print_set(name, judged)
        show(judged, arguments.show)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _default_data() -> Path:
    """Beside the project, as its README says."""
    beside = Path("../shared/data")
    return beside if beside.exists() else Path("/work/shared/data")


def read(case: Case, cache: PageCache) -> Record:
    """The record of a case; the pages come from the cache."""
    pages = cache.pages(case.path)
    source = pipeline.Source(case.path.name, "0" * 64, NoPages())
    started = time.perf_counter()
    record = pipeline.extract(source, case.schema, engine=KeptLines(pages))
    seconds = time.perf_counter() - started
    if seconds > 2 + 0.5 * len(pages):
        print(f"  slow: {case.id} {seconds:.1f} s for {len(pages)} pages")
    return record


def print_set(name: str, judged: Sequence[tuple[Case, Judged]]) -> dict[str, Mapping[str, float | None]]:
    figures: dict[str, Mapping[str, float | None]] = {}
    for half, label in ((0, "a"), (1, "b")):
        part = summary([one for case, one in judged if case.half == half])
        figures[label] = part
        cells = "".join(f"{'-':>11}" if part[key] is None else f"{part[key]:>11.3f}" for key in FIGURES[1:])
        print(f"{name:<28}{label:>5}{part['n']:>11}{cells}", flush=True)
    return figures


def show(judged: Sequence[tuple[Case, Judged]], ids: Sequence[str]) -> None:
    for case, one in judged:
        if not any(wanted in case.id for wanted in ids):
            continue
        print(f"--- {case.id} {one.record.state} rows {one.rows} extra {one.extra}")
        labelled = {leaf.at for leaf in one.leaves}
        unmatched = [
            (at, value)
            for at, value in pointer.leaves(one.record.data or {})
            if value is not None and at not in labelled
        ]
        print("  not labelled:", *(f"{at}={value!r:.40}" for at, value in unmatched[:40]))
        for leaf in one.leaves:
            sure = "" if leaf.confidence is None else f"{leaf.confidence:.2f}"
            print(
                f"  {'ok ' if leaf.right else 'NO '} {leaf.at:<34} {leaf.expected!r:.60}   <- {leaf.read!r:.70} {sure}"
            )


if __name__ == "__main__":
    main()
