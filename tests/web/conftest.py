"""What the tests of the page share: a Chromium, and a service whose documents were read as it was planted."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymupdf
import pytest
from PIL import Image

from schemas.record import Alternative, Citation, Evidence
from tests.stack import Stack

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

from bench import planted
from bench.planted import Case

Running = tuple[Stack, dict[str, Case]]

HOSTILE = "<img src=x onerror=document.title='run'>"
PAGES, ROWS = 300, 2000
AXE = Path(__file__).parents[2] / "api" / "web" / "node_modules" / "axe-core" / "axe.min.js"
PRINTED = "Order 4711 for a Blue Lamp"
_TEXT = {"type": ["string", "null"]}
_SLIP = {
    "type": "object",
    "title": HOSTILE,
    "properties": {
        "name": {"type": ["string", "null"], "title": HOSTILE},
        "note": _TEXT,
        "items": {"type": "array", "items": {"type": "object", "properties": dict.fromkeys("abcd", _TEXT)}},
    },
}
_MEMO = {"type": "object", "properties": {"name": _TEXT, "code": _TEXT}}


def slip(filename: str, *, pages: int = 1, rows: int = 0, page: int = 1) -> Case:
    """A document of two doubted values."""
    sheets = [Image.new("RGB", (60, 80), (255, 255, number % 256)) for number in range(pages)]
    buffer = io.BytesIO()
    sheets[0].info["dpi"] = (72, 72)
    sheets[0].save(buffer, "TIFF", save_all=True, append_images=sheets[1:], software=filename)
    items = [{name: f"{name}{row}" for name in "abcd"} for row in range(rows)]
    place = Citation(page=page, box=(0.1, 0.1, 0.5, 0.2), text=HOSTILE)
    doubted = Evidence(
        confidence=0.2, citations=(place,), alternatives=(Alternative(value=HOSTILE, confidence=0.1),)
    )
    data: dict[str, Any] = {"name": HOSTILE, "note": "as read", "items": items}
    return Case(filename, buffer.getvalue(), data, {"/name": doubted, "/note": doubted}, kind="slip")


def printed(text: str, title: str) -> bytes:
    """A PDF with a line of text."""
    with pymupdf.open() as document:
        document.new_page(width=400, height=200).insert_text((20, 60), text)
        document.set_metadata({"title": title})
        return bytes(document.tobytes(no_new_id=True))


def memo(number: int) -> Case:
    """A page with printed words, of which one value was read and one was not."""
    content = printed(PRINTED, f"memo {number}")
    evidence = {"/name": Evidence(confidence=0.2 + number / 100)}
    return Case(f"memo_{number}.pdf", content, {"name": "B1ue", "code": None}, evidence, kind="memo")


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    rng = random.Random(3)  # noqa: S311
    receipts = [planted.plant(rng, number, errors=number, doubts=1) for number in range(3)]
    slips = [
        slip(f"{HOSTILE}.tif"),
        slip("two.tif"),
        slip("killed.tif"),
        slip("over.tif"),
        slip("clash.tif"),
        slip("reason.tif"),
        slip("tab.tif"),
        slip("seen.tif"),
        slip("keys.tif"),
        slip("saved.tif"),
        slip("typed.tif"),
        slip("tabs.tif"),
        slip("gone.tif", rows=4),
        slip("undone.tif", rows=3),
        slip("undone_rows.tif", rows=3),
        slip("moved_gone.tif", rows=4),
        slip("answer.tif"),
        slip("moved_rows.tif", rows=3),
        slip("moved.tif", rows=3),
        slip("rows.tif", rows=ROWS),
        slip("pages.tif", pages=PAGES, page=150),
    ]
    memos = [memo(number) for number in range(6)]
    hostile = Case(f"{HOSTILE}.pdf", printed(HOSTILE, "hostile"), {"name": None}, {}, kind="slip")
    folder = tmp_path_factory.mktemp("review")
    with planted.service(
        folder, [*receipts, *slips, *memos, hostile], kinds={"slip": _SLIP, "memo": _MEMO}
    ) as found:
        yield found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Not for the session: while Playwright's loop runs, no other test of this thread can run one of its own."""
    from playwright.sync_api import expect

    from bench import screenshots

    expect.set_options(timeout=30_000)  # the machine does other work, too
    with screenshots.browser() as started:
        yield started


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en") as context:
        opened = context.new_page()
        errors: list[str] = []
        opened.on("pageerror", lambda error: errors.append(str(error)))
        yield opened
        opened.goto("about:blank")  # what was leased is let go
    assert not errors


def named(running: Running, filename: str) -> str:
    """The job of a document."""
    return next(job for job, case in running[1].items() if case.filename == filename)


def inaccessible(page: Page) -> list[tuple[str, str]]:
    """What axe finds wrong with the view, as rule and element; skips where axe is missing."""
    if not AXE.is_file():
        pytest.skip("axe-core is missing: npm --prefix api/web ci")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    violations = page.evaluate("axe.run()")["violations"]
    return [(one["id"], one["nodes"][0]["html"][:120]) for one in violations]


def opened(page: Page, url: str, job: str) -> None:
    """Open the review of a job, and wait until it can be typed at."""
    from playwright.sync_api import expect

    page.goto(f"{url}/#/review/{job}")
    expect(page.locator('.value[data-path="/name"]')).to_be_focused()


def retype(page: Page, path: str, text: str) -> None:
    """Replace a value, without a pause between the keys."""
    page.locator(f'.value[data-path="{path}"]').focus()
    page.keyboard.press("e")
    page.keyboard.insert_text(text)
    page.keyboard.press("Enter")


def save(page: Page) -> None:
    """Save without a decision, until the service has it."""
    from playwright.sync_api import expect

    page.keyboard.press("Control+s")
    expect(page.locator(".badge.unsaved")).to_have_count(0)
