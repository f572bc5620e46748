"""The lines of documents, kept between runs: what OCR makes of a file does not change with the matcher."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from schemas.page import Box, Line, Mark, MarkState, Rival
from worker.errors import PagemillError
from worker.reading.pages.base import Page, PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.reading.pipeline import hash_file
from worker.reading.text.bent_sheet import BentSheet
from worker.reading.text.page_lines import PageLines
from worker.reading.text.sources import OcrLines
from worker.settings import Settings

_MOST_PAGES = 40  # of a document; labels of the sets stand on the first few


class PageCache:
    """Read pages by the hash of their file, in a folder outside the repository."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read_page = OcrLines()
        folder.mkdir(parents=True, exist_ok=True)

    def pages(self, path: Path) -> tuple[PageLines, ...]:
        """The pages of a file; none when it cannot be opened."""
        kept = self._folder / f"{hash_file(path)}.json"
        if not kept.exists():
            kept.write_text(json.dumps([asdict(page) for page in self._read(path)]), encoding="utf-8")
        return tuple(map(_page, json.loads(kept.read_text(encoding="utf-8"))))

    def _read(self, path: Path) -> Iterator[PageLines]:
        with Sandbox(PageLimits.of(Settings())) as sandbox:
            try:
                for page in sandbox.open(path):
                    if isinstance(page, Page):
                        yield self._read_page(page)
                        if page.number >= _MOST_PAGES:
                            return
            except PagemillError as error:
                print(f"{path.name}: {error}")


def _page(kept: dict[str, Any]) -> PageLines:
    lines, faint = ([_line(line) for line in kept.pop(name)] for name in ("lines", "faint"))
    marks = tuple(_mark(mark) for mark in kept.pop("marks", ()))
    ruled = tuple(Box(**box) for box in kept.pop("ruled", ()))
    sheet = kept.pop("sheet", None)
    pale = {(line.text, line.box) for line in faint}
    return PageLines(
        **kept,
        lines=tuple(lines),
        faint=tuple(line for line in lines if (line.text, line.box) in pale),
        marks=marks,
        ruled=ruled,
        sheet=BentSheet(**sheet) if sheet else None,
    )


def _line(kept: dict[str, Any]) -> Line:
    rivals = tuple(Rival(**rival) for rival in kept.pop("rivals"))
    return Line(**{**kept, "box": Box(**kept["box"]), "edges": tuple(kept["edges"]), "rivals": rivals})


def _mark(kept: dict[str, Any]) -> Mark:
    return Mark(**{**kept, "box": Box(**kept["box"]), "state": MarkState(kept["state"])})
