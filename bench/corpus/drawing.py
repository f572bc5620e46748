"""The documents of the corpus as files: printed by Chromium, and the same out of a scanner."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import pymupdf
from playwright.sync_api import sync_playwright

from bench.draw.copier import scanned_page

DOCUMENTS = Path(__file__).parent / "documents"
DPI = 150
_CHROMIUM = "/usr/bin/chromium"
_OFFLINE = ("--no-sandbox", "--disable-background-networking", "--disable-quic")


def draw(folder: Path) -> None:
    """Write `NAME.printed.pdf` and `NAME.scanned.pdf` for every document that has none there yet, or older ones."""
    folder.mkdir(parents=True, exist_ok=True)
    stale = [page for page in sorted(DOCUMENTS.glob("*/page.html")) if _is_stale(page, folder)]
    for printed in _print(stale, folder):
        name = printed.name.removesuffix(".printed.pdf")
        _scan(printed, folder / f"{name}.scanned.pdf", random.Random(name))


def _is_stale(page: Path, folder: Path) -> bool:
    scanned = folder / f"{page.parent.name}.scanned.pdf"
    return not scanned.exists() or scanned.stat().st_mtime < page.stat().st_mtime


def _print(pages: Iterable[Path], folder: Path) -> Iterator[Path]:
    """Each page as a PDF with a text layer, of the size that its style sheet asks for."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_OFFLINE)
        for page in pages:
            target = folder / f"{page.parent.name}.printed.pdf"
            tab = browser.new_page()
            tab.goto(page.resolve().as_uri())
            tab.pdf(path=target, prefer_css_page_size=True, print_background=True)
            tab.close()
            yield target
        browser.close()


def _scan(printed: Path, target: Path, rng: random.Random) -> None:
    """The pages as crooked, soft and grainy pictures in a PDF."""
    with pymupdf.open(printed) as document, pymupdf.open() as scan:
        for page in document:
            picture, _ = scanned_page(rng, page, (), dpi=DPI)
            scan.new_page(width=page.rect.width, height=page.rect.height).insert_image(
                page.rect, stream=picture
            )
        scan.save(target)
