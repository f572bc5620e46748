"""How much of documents that nobody here had seen the embedded engine reads.

    python -m bench.corpus [--folder FOLDER] [--show NAME]… [--half a|b] [--json FILE]

The documents are drawn once, with Chromium and the fonts named in `bench/README.md`, into FOLDER, and their pages
are kept there. Half a may be looked at to choose, half b is only reported; of the last lot nothing was looked at or
learned, and its figures stand alone, too. Figures as of `bench.evaluate`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from bench.accuracy.labelled_sets import Case
from bench.accuracy.measures import Judged, judge
from bench.accuracy.page_cache import PageCache
from bench.corpus.drawing import DOCUMENTS, draw
from bench.evaluate import print_set, read, show
from schemas import registry
from schemas.registry import Schema

MAKES = ("printed", "scanned")
_LAST = "_5"  # what the names of the last lot end in


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--folder", type=Path, default=Path.home() / ".cache/pagemill-corpus")
    options.add_argument("--show", action="append", default=[])
    options.add_argument("--half", choices=("a", "b"), help="list the documents of a half with their scores")
    options.add_argument("--json", type=Path)
    arguments = options.parse_args()
    draw(arguments.folder)
    cache = PageCache(arguments.folder / "lines")
    figures = {}
    for make in MAKES:
        judged = [(case, judge(read(case, cache), case.expected)) for case in cases(arguments.folder, make)]
        for kinds, of_kinds in (("own schema", False), ("kinds", True)):
            part = [(case, one) for case, one in judged if (case.schema.name in registry.kinds()) is of_kinds]
            figures[f"{make} {kinds}"] = print_set(f"{make}, {kinds}", part)
        last = [(case, one) for case, one in judged if case.id.endswith(_LAST)]
        figures[f"{make} last lot"] = print_set(f"{make}, last lot", last)
        _list(make, judged, arguments.half)
        show(judged, arguments.show)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def cases(folder: Path, make: str) -> Iterator[Case]:
    """The documents of the corpus as drawn in one make."""
    for page in sorted(DOCUMENTS.glob("*/page.html")):
        name = page.parent.name
        expected = json.loads((page.parent / "expected.json").read_text(encoding="utf-8"))
        half = 1 if name.endswith(_LAST) else hashlib.sha256(name.encode()).digest()[0] % 2
        yield Case(name, folder / f"{name}.{make}.pdf", _schema(page.parent), expected, half)


def _schema(folder: Path) -> Schema:
    raw = json.loads((folder / "schema.json").read_text(encoding="utf-8"))
    return registry.kind(raw["kind"]) if "kind" in raw else registry.from_json_schema(raw, name=folder.name)


def _list(make: str, judged: list[tuple[Case, Judged]], half: str | None) -> None:
    for case, one in judged:
        if half is not None and case.half == "ab".index(half):
            right = sum(leaf.right for leaf in one.leaves)
            print(
                f"  {one.score:.2f} {right:>3} of {len(one.leaves):<3} {one.record.state.value:<7} {make} {case.id}"
            )


if __name__ == "__main__":
    main()
