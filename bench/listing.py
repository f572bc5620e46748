"""How long the list of documents takes to stand, with many jobs against few: medians in ms, and their ratio.

usage: python -m bench.listing [--jobs 10 10000] [--repeats 15]    (needs Playwright and a Chromium)

Each ledger is behind an API of its own; they are opened in turn, so that other work on the machine hits them alike.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from bench import load, screenshots
from tests.stack import Stack

_STANDS = """(rows) => {
  const drawn = document.querySelectorAll('.documents tbody tr').length === rows;
  const counted = /[1-9]/.test(document.querySelector('.chip b')?.textContent ?? '');
  return drawn && counted && performance.now();
}"""
_FIRST_ROWS = 50  # what the page asks for at a time


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--jobs", type=int, nargs=2, default=[10, 10_000])
    options.add_argument("--repeats", type=int, default=15)
    chosen = options.parse_args()
    took: dict[int, list[float]] = {count: [] for count in chosen.jobs}
    with tempfile.TemporaryDirectory() as place, screenshots.browser() as chromium, ExitStack() as stacks:
        urls = {count: stacks.enter_context(_service(Path(place) / str(count), count)) for count in took}
        for _ in range(chosen.repeats):
            for count, url in urls.items():
                took[count].append(_first_view(chromium, url, min(count, _FIRST_ROWS)))
    few, many = (statistics.median(times) for times in took.values())
    print(
        "".join(f"{count:,} jobs: {ms:.0f} ms; " for count, ms in zip(took, (few, many), strict=True))
        + f"x {many / few:.2f}"
    )


@contextmanager
def _service(folder: Path, count: int) -> Iterator[str]:
    """A service with so many jobs; its URL."""
    with Stack(folder) as stack:
        stack.start_servers()
        app = stack.app()
        load.fill(app.ledger, count)
        app.close()
        stack.start("api")
        stack.await_api()
        yield stack.url


def _first_view(chromium: Browser, url: str, rows: int) -> float:
    """From the start of the navigation, nothing cached, until the rows and the counts stand; milliseconds."""
    with chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        page.goto(f"{url}/#/documents")
        return float(page.wait_for_function(_STANDS, arg=rows, polling="raf").json_value())


if __name__ == "__main__":
    main()
