"""Pictures of every view and state of the page, wide and narrow, light and dark, English and Chinese.

usage: python -m bench.pictures FOLDER    (needs Playwright and a Chromium)
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize

from bench import page_states, screenshots

_WIDTHS, _LANGUAGES = (1280, 390), ("en", "zh-CN")


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        screenshots.service(Path(place)) as url,
        screenshots.browser() as chromium,
    ):
        for name, page in _pages(chromium):
            page_states.empty(page, url)
            page.screenshot(path=folder / f"empty_{name}.png")
        screenshots.send_samples(url)
        shown = page_states.prepare(url)
        for state, show in page_states.STATES.items():
            for name, page in _pages(chromium):
                show(page, shown)
                page.screenshot(path=folder / f"{state}_{name}.png")
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


def _pages(chromium: Browser) -> Iterator[tuple[str, Page]]:
    """A fresh page for every width, scheme and language, and its name."""
    for width, scheme, language in itertools.product(_WIDTHS, screenshots.SCHEMES, _LANGUAGES):
        size: ViewportSize = {"width": width, "height": 800}
        with chromium.new_context(viewport=size, color_scheme=scheme, locale=language) as context:
            yield f"{width}_{scheme}_{language[:2]}", context.new_page()


if __name__ == "__main__":
    main()
