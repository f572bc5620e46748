"""The page in a real Chromium, over the real service with the embedded engine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

playwright = pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Browser, FilePayload, Page, expect  # noqa: E402 (after the skip)

from bench import screenshots  # noqa: E402
from tests.web.conftest import inaccessible  # noqa: E402

HOSTILE = "<img src=x onerror=document.title='run'>.png"
pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not screenshots.CHROMIUM.exists(), reason="no Chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    faded = (screenshots.SAMPLES / "receipt_0_faded.jpg").read_bytes()
    with screenshots.service(tmp_path_factory.mktemp("page")) as running:
        for number in range(8):  # the tests take from this queue, in any order
            copy = {"files": (f"queue_{number}.jpg", faded + bytes([number]))}
            batch = {"kind": "receipt", "batch": "queue"}
            httpx.post(f"{running}/v1/jobs", files=copy, data=batch).raise_for_status()
        screenshots.send_samples(running)
        sent = {"files": (HOSTILE, (screenshots.SAMPLES / "ticket_0_9.jpg").read_bytes())}
        httpx.post(f"{running}/v1/jobs", files=sent, data={"kind": "text"}).raise_for_status()
        yield running


@pytest.fixture(params=["en", "zh-CN"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale=request.param, viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    opened.goto("about:blank")  # what was leased is let go
    context.close()
    assert not errors


def test_review_by_keyboard_from_the_first_to_be_checked_to_the_next_document(url: str, page: Page) -> None:
    screenshots.look(page, f"{url}/#/review?batch=queue")
    job = page.url.rpartition("/")[2].partition("?")[0]
    first = page.locator(".review-head h1").inner_text()
    expect(page.locator(".field.open .value").first).to_be_focused()
    for _ in range(page.locator(".field.open").count()):
        page.keyboard.press("Enter")
    expect(page.locator("#accept")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".review-head h1")).not_to_have_text(first)
    expect(page.locator(".field.open .value").first).to_be_focused()
    assert httpx.get(f"{url}/v1/jobs/{job}").json()["state"] == "done"


def test_an_edit_can_be_undone_and_outlives_a_reload(url: str, page: Page) -> None:
    screenshots.look(page, f"{url}/#/review?batch=queue")
    value = page.locator(".field.open .value").first
    was = value.inner_text()
    page.keyboard.press("e")
    page.keyboard.insert_text("n")
    page.keyboard.press("Escape")
    expect(value).to_be_focused()
    expect(value).to_have_text(was)
    page.keyboard.press("Enter")
    expect(page.locator(".badge.unsaved")).to_be_visible()
    page.reload()
    expect(page.locator(".badge.unsaved")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.locator(".badge.unsaved")).to_have_count(0)


def test_one_bad_file_never_stops_the_others(url: str, page: Page) -> None:
    screenshots.look(page, f"{url}/#/send")
    name = page.evaluate("document.documentElement.lang")
    good = (screenshots.SAMPLES / "ticket_0_0.jpg").read_bytes()
    files = [("a.jpg", good + name.encode()), ("empty.pdf", b""), ("b.jpg", good + b"b" + name.encode())]
    chosen: list[FilePayload] = [{"name": n, "mimeType": "image/jpeg", "buffer": b} for n, b in files]
    page.set_input_files("#files", chosen)
    expect(page.locator(".sending .sent")).to_have_count(2)
    expect(page.locator(".sending .badge")).to_have_count(2)
    refused = page.locator(".sending .refused")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text("empty.pdf")
    expect(refused.get_by_role("button")).to_be_visible()


def test_live_changes_leave_the_focus_where_it_is(url: str, page: Page) -> None:
    screenshots.look(page, f"{url}/#/documents")
    link = page.locator(".documents a", has_text="broken.pdf")
    link.focus()
    expect(page.locator(".documents tr", has_text="broken.pdf").locator(".kind")).to_have_text(
        re.compile("^(Receipt|收据) v1$")
    )
    sent = {
        "files": (
            "new.jpg",
            (screenshots.SAMPLES / "ticket_0_5.jpg").read_bytes()
            + page.evaluate("document.documentElement.lang").encode(),
        )
    }
    httpx.post(f"{url}/v1/jobs", files=sent, data={"kind": "train_ticket"}).raise_for_status()
    expect(page.locator(".documents a", has_text="new.jpg").first).to_be_visible()
    expect(link).to_be_focused()


def test_an_overview_says_what_ended_and_how_right_fields_were(url: str, page: Page) -> None:
    screenshots.look(page, f"{url}/#/overview")
    worst = page.locator(".accuracy tbody tr").first
    expect(worst).to_contain_text(re.compile("Invoice|发票"))
    expect(worst.locator(".number").last).to_have_text("50\u00a0%")  # one of two was cleared
    ended = page.locator(".plot").first
    ended.locator("summary").click()
    expect(ended.locator("tbody tr")).to_have_count(24)
    week = page.locator(".chips button").nth(1)
    week.focus()
    page.keyboard.press("Enter")
    expect(ended.locator("tbody tr")).to_have_count(28)
    expect(week).to_be_focused()
    expect(week).to_have_attribute("aria-pressed", "true")


class Sample:
    """The page of a document from which a kind is built."""

    def __init__(self, page: Page, job: str) -> None:
        """Open the builder, as from the list of kinds."""
        self._page = page
        page.locator("#sample").select_option(job)
        with page.expect_response(re.compile(f"{job}/pages/1/lines"), timeout=60_000) as answer:
            page.locator("#sample ~ button").click()
        self._lines = answer.value.json()["lines"]
        self._paper = page.locator(".paper")
        expect(self._paper).to_have_attribute("data-lines", str(len(self._lines)))

    def click(self, text: str) -> None:
        """On the middle of a printed line."""
        x0, y0, x1, y1 = next(line["box"] for line in self._lines if line["text"] == text)
        box = self._paper.bounding_box()
        assert box is not None
        self._paper.click(position={"x": (x0 + x1) / 2 * box["width"], "y": (y0 + y1) / 2 * box["height"]})


def test_a_kind_is_built_by_clicking_on_a_document_and_tried_at_once(url: str, page: Page) -> None:
    found = httpx.get(f"{url}/v1/jobs?limit=100").json()["jobs"]
    page.goto(f"{url}/#/kinds")
    sample = Sample(page, next(job["id"] for job in found if job["filename"] == "invoice_0_text.pdf"))
    sample.click("INV-2018-1993")
    expect(page.locator(".card input").first).to_be_focused()
    sample.click("1,898.56")
    page.locator("#add-field + button").click()
    for text in ("Calibration service", "156.77", "1,410.93"):
        sample.click(text)
    fields = page.locator(".card .row input")
    for at, name in enumerate(("invoice_no", "total_eur", "items", "description", "unit_price", "amount")):
        expect(fields.nth(at)).to_have_value(name)
    page.locator("#try").click()
    expect(page.locator(".card .read").first).to_contain_text("INV-2018-1993", timeout=120_000)
    expect(page.locator(".card .read").nth(1)).to_contain_text("1898.56")
    expect(page.locator(".card .figures tbody tr")).to_have_count(2)
    expect(page.locator(".card .figures")).to_contain_text("156.77")
    assert inaccessible(page) == []
    after = httpx.get(f"{url}/v1/jobs?limit=100").json()["jobs"]
    assert {job["id"] for job in after} == {job["id"] for job in found}
    name = page.evaluate("document.documentElement.lang").lower()
    page.locator("#kind-name").fill(name)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"kinds/{name}$"))
    made = httpx.get(f"{url}/v1/kinds/{name}").json()["schema"]["properties"]
    assert (list(made), made["total_eur"]["x-labels"]) == (
        ["invoice_no", "total_eur", "items"],
        ["Total EUR"],
    )


def test_a_schema_comes_in_as_a_file_and_its_versions_are_shown(url: str, page: Page) -> None:
    name = "slip_" + page.evaluate("navigator.language").lower().replace("-", "_")
    for title in ("First", "Second"):
        screenshots.look(page, f"{url}/#/kinds")
        schema = json.dumps({"type": "object", "title": title, "properties": {"total": {"type": "number"}}})
        file: FilePayload = {
            "name": f"{name}.schema.json",
            "mimeType": "application/json",
            "buffer": schema.encode(),
        }
        page.set_input_files("#kind-file", file)
        expect(page.locator("#kind-name")).to_have_value(name)
        page.locator("#kind-schema ~ button").click()
        expect(page.locator("h1")).to_contain_text(title)
    page.locator(".chips a").last.click()
    expect(page.locator(".chips a").last).to_have_attribute("aria-current", "page")
    expect(page.locator("h1 small")).to_have_text("v1")
    with page.expect_download() as saved:
        page.locator("main p button").click()
    assert json.loads(Path(saved.value.path()).read_text())["title"] == "First"


def test_batches_beyond_the_first_are_within_reach(url: str, page: Page) -> None:
    for name in ("one", "two", "three"):
        sent = {"files": (f"{name}.png", (screenshots.SAMPLES / "ticket_0_9.jpg").read_bytes())}
        httpx.post(f"{url}/v1/jobs", files=sent, data={"kind": "text", "batch": name}).raise_for_status()
    names = [batch["name"] for batch in httpx.get(f"{url}/v1/batches").json()["batches"]]
    page.route("**/v1/batches?*", lambda route: route.continue_(url=f"{route.request.url}&limit=2"))
    page.goto(f"{url}/#/documents")
    shown = page.locator(".batches li > a")
    expect(shown).to_have_count(2)
    if not shown.first.is_visible():
        page.locator(".batches summary").click()
    more = page.locator(".batches .more button")
    for known in range(4, len(names) + 2, 2):
        more.click()
        expect(shown).to_have_count(min(known, len(names)))
    assert shown.all_inner_texts() == names
    expect(more).to_have_count(0)


def test_a_hostile_name_runs_nothing(url: str, page: Page) -> None:
    screenshots.look(page, f"{url}/#/documents")
    expect(page.locator(".documents a", has_text=HOSTILE)).to_be_visible()
    page.locator(".documents a", has_text=HOSTILE).click()
    expect(page.locator(".review-head h1")).to_have_text(HOSTILE)
    assert page.title() != "run"


def test_a_shipped_kind_is_told_in_the_language_of_the_page(url: str, page: Page) -> None:
    screenshots.look(page, f"{url}/#/kinds/receipt")
    zh = page.evaluate("navigator.language").startswith("zh")
    expect(page.locator("h1")).to_contain_text("收据" if zh else "Receipt")
    expect(page.locator("main > p").nth(1)).to_have_text(
        "商店、餐馆等的收据或小票。" if zh else re.compile("^A receipt")
    )
