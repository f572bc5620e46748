"""A Chromium, and a service with the shipped samples: what the page is shown and tried with."""

from __future__ import annotations

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


def look(page: Page, url: str) -> None:
    """Open a view and wait until it stands still."""
    page.goto(url)
    page.reload()
    page.wait_for_selector("main, .reviewing, .notice")
    page.wait_for_selector("[aria-busy=true], .canvas[data-state=loading]", state="detached")
    page.wait_for_timeout(400)
