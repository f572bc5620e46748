"""The list of documents: what is asked for is what is shown, counted and given out."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Page, expect

from bench import screenshots
from tests.service.conftest import until
from tests.web.conftest import HOSTILE, Running, named, opened, printed

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not screenshots.CHROMIUM.exists(), reason="no Chromium: apt-get install chromium"),
]


def test_chips_count_what_is_searched_for(running: Running, page: Page) -> None:
    url = running[0].url
    page.goto(f"{url}/#/documents?q=memo_")
    expect(page.locator("tbody tr")).to_have_count(6)
    expect(page.locator(".chip").first).to_have_text("All 6")
    page.goto(f"{url}/#/documents?since=2100-01-01T00:00:00Z")
    expect(page.locator(".chip").first).to_have_text("All 0")


def test_a_list_is_filtered_by_the_service_and_its_address_says_how(running: Running, page: Page) -> None:
    url = running[0].url
    page.goto(f"{url}/#/documents")
    page.get_by_label("Kind").select_option("memo")
    expect(page.locator("tbody tr")).to_have_count(6)
    page.get_by_role("button", name="To review").click()
    expect(page.get_by_role("button", name="To review")).to_have_attribute("aria-pressed", "true")
    waiting = httpx.get(f"{url}/v1/jobs?kind=memo&state=review").json()["jobs"]
    expect(page.locator("tbody tr")).to_have_count(len(waiting))
    page.get_by_label("Sort").select_option("confidence")
    sure = httpx.get(f"{url}/v1/jobs?kind=memo&state=review&sort=confidence").json()["jobs"]
    expect(page.locator("tbody .name a")).to_have_text([job["filename"] for job in sure])
    page.reload()
    expect(page.locator("tbody .name a")).to_have_text([job["filename"] for job in sure])
    page.get_by_placeholder("Search").fill("no such name")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("tbody tr").first).to_be_visible()


def test_json_is_that_of_the_document_in_view(running: Running, page: Page, tmp_path: Path) -> None:
    url = running[0].url
    for name in ("rows.tif", "pages.tif", "rows.tif"):
        job = named(running, name)
        opened(page, url, job)
        with page.expect_download() as download:
            page.get_by_role("button", name="JSON").click()
        assert download.value.suggested_filename == f"{name}.json"
        download.value.save_as(tmp_path / "record.json")
        assert json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))["job_id"] == job


def test_hostile_names_run_nothing_where_there_is_no_record(running: Running, page: Page) -> None:
    url = running[0].url
    jobs = {}
    for state, content, engine in (
        ("failed", b"%PDF-1.7 no more", "fake"),
        ("erased", printed("erased", "erased"), "fake"),
        ("queued", printed("waits", "waits"), "transformers"),  # which no worker serves
    ):
        sent = {"files": (f"{state} {HOSTILE}.pdf", content)}
        options = {"kind": "slip", "engine": engine, "batch": "hostile"}
        answer = httpx.post(f"{url}/v1/jobs", files=sent, data=options).raise_for_status()
        jobs[state] = answer.json()["jobs"][0]["id"]
    httpx.delete(f"{url}/v1/jobs/{jobs['erased']}").raise_for_status()
    until(lambda: httpx.get(f"{url}/v1/jobs/{jobs['failed']}").json()["state"] == "failed")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for view in ("documents?batch=hostile", *(f"review/{job}" for job in jobs.values())):
        page.goto(f"{url}/#/{view}")
        page.reload()
        expect(page.locator("#main h1, #main h2").first).to_be_visible()
        page.wait_for_timeout(150)
        assert page.title() != "run"
    assert not [one for one in asked if one.endswith("/x")]
