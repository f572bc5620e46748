"""The whole way in a real Chromium, by keyboard alone: sent, followed, reviewed, the next one, exported."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Browser, Locator, Page, expect

from bench import screenshots

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not screenshots.CHROMIUM.exists(), reason="no Chromium: apt-get install chromium"),
]
TEXTS = {
    "en": {"taken": "taken", "done": "Done", "none": "Nothing", "send": "Send documents", "by": "Told by"},
    "zh-CN": {"taken": "已接收", "done": "完成", "none": "没有待审核", "send": "上传文档", "by": "自动识别"},
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with screenshots.service(tmp_path_factory.mktemp("walk")) as running:
        yield running


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus."""
    for _ in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("it cannot be reached by Tab")


def follow(page: Page, link: Locator) -> None:
    """Go where a link leads, by keys."""
    tab_to(page, link)
    page.keyboard.press("Enter")


def settle(page: Page) -> None:
    """Confirm all that is to be checked in a document, and accept it."""
    expect(page.locator(".field.open .value").first).to_be_focused(timeout=60_000)
    while page.locator(".field.open").count():
        before = page.locator(".field.open").count()
        page.keyboard.press("Enter")
        expect(page.locator(".field.open")).to_have_count(before - 1)
    expect(page.locator("#accept")).to_be_focused()
    page.keyboard.press("Control+Enter")


def send(page: Page, files: list[Path], batch: str, text: dict[str, str]) -> None:
    """From the list of documents to the view that sends, until both are read."""
    follow(page, page.get_by_role("link", name=text["send"]).first)
    expect(page.locator("#kind option:checked")).to_contain_text(text["by"])
    tab_to(page, page.locator(".send-options input"))
    page.keyboard.insert_text(batch)
    chooser = page.locator("#files")
    tab_to(page, chooser)
    with page.expect_file_chooser() as choosing:
        page.keyboard.press("Enter")
    choosing.value.set_files(files)
    expect(page.locator(".sending li.sent")).to_have_count(2)
    expect(page.locator(".sending .verdict").first).to_have_text(text["taken"])
    expect(page.locator(".sending .badge.review")).to_have_count(2, timeout=120_000)  # told live
    expect(chooser).to_be_focused()


def review(page: Page, batch: str, text: dict[str, str]) -> None:
    """From the view that sends through both documents and back to the list."""
    follow(page, page.locator(f'main a[href="#/documents?batch={batch}"]'))
    expect(page.locator(".documents tbody tr")).to_have_count(2)
    follow(page, page.locator(f'main a[href^="#/review?"][href*="{batch}"]'))
    title = page.locator(".review-head h1")
    expect(title).to_contain_text(batch)
    first = title.inner_text()
    settle(page)
    expect(title).not_to_have_text(first)
    settle(page)
    expect(page.locator(".notice h1")).to_contain_text(text["none"])
    follow(page, page.locator(".notice a"))


def export(page: Page, batch: str, text: dict[str, str]) -> list[dict[str, str]]:
    """From the list of batches to the rows of the table."""
    summary = page.locator(".batches summary")
    tab_to(page, summary)
    if page.locator(".batches:not([open])").count():
        page.keyboard.press("Enter")
    follow(page, page.locator(f'.batches a[href$="batch={batch}"]'))
    expect(page.locator(".documents tbody .badge")).to_have_text([text["done"]] * 2)
    button = page.locator(".batch button").first
    tab_to(page, button)
    with page.expect_download() as saved:
        page.keyboard.press("Enter")
    expect(button).to_be_focused()
    return list(csv.DictReader(Path(saved.value.path()).read_text(encoding="utf-8-sig").splitlines()))


@pytest.mark.parametrize("language", TEXTS)
def test_from_sending_to_the_table(url: str, chromium: Browser, language: str, tmp_path: Path) -> None:
    text, batch = TEXTS[language], f"walk-{language}"
    faded = (screenshots.SAMPLES / "receipt_0_faded.jpg").read_bytes()
    files = [tmp_path / f"{batch}-{number}.jpg" for number in range(2)]
    for number, file in enumerate(files):
        file.write_bytes(faded + f"{language}{number}".encode())
    with chromium.new_context(locale=language, viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        page.on("filechooser", lambda _: None)  # Playwright takes choosers from a listener on, a moment later
        page.goto(url)
        send(page, files, batch, text)
        review(page, batch, text)
        rows = export(page, batch, text)
    assert {(row["kind"], row["state"]) for row in rows} == {("receipt", "done")}
    assert {row["filename"] for row in rows} == {file.name for file in files}
    jobs = httpx.get(f"{url}/v1/jobs", params={"batch": batch}).json()["jobs"]
    assert [job["review"]["open"] for job in jobs] == [0, 0]
