"""Pictures of every view of the page, wide and narrow, light and dark, English and Chinese.

usage: python -m bench.screenshots FOLDER    (needs Playwright and a Chromium)
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from tests.stack import Stack

SAMPLES = Path(__file__).parent / "samples"
KINDS = {"receipt": "receipt", "invoice": "invoice", "ticket": "train_ticket"}
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PATIENCE = 240.0
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, service(Path(place)) as url, browser() as chromium:
        send_samples(url)
        for width, scheme, language in itertools.product((1280, 390), SCHEMES, ("en", "zh-CN")):
            context = chromium.new_context(
                viewport={"width": width, "height": 800}, color_scheme=scheme, locale=language
            )
            page = context.new_page()
            for name, view in views(url):
                look(page, f"{url}/#{view}")
                page.screenshot(path=folder / f"{name}_{width}_{scheme}_{language[:2]}.png")
            context.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


@contextmanager
def service(folder: Path) -> Iterator[str]:
    """A service that reads with the embedded engine; its URL."""
    with Stack(folder, PAGEMILL_ENGINE="embedded", PAGEMILL_REVIEW_BELOW="0.9") as stack:
        stack.start_servers()
        stack.start("worker")
        stack.start("api")
        stack.await_api()
        yield stack.url


@contextmanager
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


def send_samples(url: str) -> None:
    """The shipped samples, read, the invoices accepted as by a person; and one that cannot be read."""
    with httpx.Client(base_url=url, timeout=60) as http:
        broken = {"files": ("broken.pdf", b"%PDF-1.7 no more")}
        http.post("/v1/jobs", files=broken, data={"kind": "receipt", "batch": "march"})
        for path in sorted(SAMPLES.iterdir()):
            kind = KINDS.get(path.name.partition("_")[0])
            if kind is None:
                continue
            files = {"files": (path.name, path.read_bytes())}
            http.post("/v1/jobs", files=files, data={"kind": kind, "batch": "march"}).raise_for_status()
        end = time.monotonic() + PATIENCE
        while not http.get("/v1/batches/march").json()["finished"]:
            if time.monotonic() > end:
                raise TimeoutError
            time.sleep(0.3)
        for job in http.get("/v1/jobs?kind=invoice&state=review").json()["jobs"]:
            path = job["review"]["weakest"]["path"]
            said = {"revision": 0, "changes": [{"op": "clear", "path": path}]}
            said |= {"decision": "accept", "sign_off": True}
            http.post(f"/v1/jobs/{job['id']}/review", json=said).raise_for_status()


def views(url: str) -> list[tuple[str, str]]:
    """A name and the part of the URL behind the # for every view."""
    jobs = httpx.get(f"{url}/v1/jobs?limit=100").json()["jobs"]
    review = next(job for job in jobs if job["filename"] == "receipt_0_faded.jpg")
    failed = next(job for job in jobs if job["state"] == "failed")
    return [
        ("documents", "/documents"),
        ("none_match", "/documents?q=nothing+has+this"),
        ("send", "/send"),
        ("review", f"/review/{review['id']}"),
        ("failed", f"/review/{failed['id']}"),
        ("kinds", "/kinds"),
        ("kind", "/kinds/receipt"),
        ("builder", f"/kinds?sample={review['id']}"),
        ("overview", "/overview"),
        ("service", "/service"),
    ]


def look(page: Page, url: str) -> None:
    """Open a view and wait until it stands still."""
    page.goto(url)
    page.reload()
    page.wait_for_selector("main, .reviewing, .notice")
    page.wait_for_selector("[aria-busy=true], .canvas[data-state=loading]", state="detached")
    page.wait_for_timeout(400)


if __name__ == "__main__":
    main()
