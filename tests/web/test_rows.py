"""Rows of a document under review: what is done, undone and disputed is always that of the row that is meant."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Locator, Page, expect

from bench import screenshots
from tests.web.conftest import Running, named, opened, retype, save

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not screenshots.CHROMIUM.exists(), reason="no Chromium: apt-get install chromium"),
]


def cell(page: Page, path: str) -> Locator:
    return page.locator(f'.value[data-path="/items/{path}"]')


def items(url: str, job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{url}/v1/jobs/{job}/record").json()["data"]["items"]
    return found


def test_saving_leaves_the_focus_and_every_row(running: Running, page: Page) -> None:
    url, job = running[0].url, named(running, "undone.tif")
    opened(page, url, job)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#accept")).to_be_focused()
    save(page)
    expect(page.locator("#accept")).to_be_focused()
    assert len(items(url, job)) == 3


def test_a_row_is_put_in_typed_into_and_undone_past_saves(running: Running, page: Page) -> None:
    url, job = running[0].url, named(running, "undone_rows.tif")
    opened(page, url, job)
    cell(page, "2/a").focus()
    page.keyboard.press("Control+Insert")
    retype(page, "/items/3/a", "new")
    page.keyboard.press("Control+z")
    expect(cell(page, "3/a")).to_have_text("(nothing)")
    page.keyboard.press("Control+y")
    save(page)
    retype(page, "/items/3/b", "later")
    save(page)
    assert items(url, job)[3] == {"a": "new", "b": "later", "c": None, "d": None}
    page.keyboard.press("Control+z")
    save(page)
    assert items(url, job)[3]["b"] is None
    for _ in range(2):
        page.keyboard.press("Control+z")
    save(page)
    assert [row["a"] for row in items(url, job)] == ["a0", "a1", "a2"]


def test_a_moved_row_goes_back_to_what_was_read_in_it(running: Running, page: Page) -> None:
    url, job = running[0].url, named(running, "moved_rows.tif")
    opened(page, url, job)
    cell(page, "0/a").focus()
    page.keyboard.press("Alt+ArrowDown")
    save(page)
    retype(page, "/items/1/a", "changed")
    save(page)
    cell(page, "1/a").focus()
    page.keyboard.press("Escape")
    expect(cell(page, "1/a")).to_have_text("a0")
    save(page)
    assert [row["a"] for row in items(url, job)] == ["a1", "a0", "a2"]


def test_in_a_conflict_a_change_stays_with_its_row(running: Running, page: Page) -> None:
    url, job = running[0].url, named(running, "gone.tif")
    opened(page, url, job)
    retype(page, "/items/2/a", "mine")
    retype(page, "/items/0/b", "of a row that goes")
    theirs = {"revision": 0, "changes": [{"op": "remove_row", "path": "/items/0"}]}
    httpx.post(f"{url}/v1/jobs/{job}/review", json=theirs).raise_for_status()
    both = page.locator(".clash")
    expect(both).to_contain_text("a2")
    expect(both).to_contain_text("gone")
    both.get_by_role("button").first.click()
    expect(page.locator(".toast.bad")).to_contain_text("1 of your changes")
    save(page)
    assert [row["a"] for row in items(url, job)] == ["a1", "mine", "a3"]


def test_in_a_conflict_a_change_of_a_row_that_i_moved_stays_with_that_row(
    running: Running, page: Page
) -> None:
    url, job = running[0].url, named(running, "moved_gone.tif")
    opened(page, url, job)
    page.locator('.value[data-path="/items/0/a"]').focus()
    page.keyboard.press("Alt+ArrowDown")
    retype(page, "/items/1/a", "of the first")
    theirs = {"revision": 0, "changes": [{"op": "remove_row", "path": "/items/3"}]}
    httpx.post(f"{url}/v1/jobs/{job}/review", json=theirs).raise_for_status()
    page.locator(".clash button").first.click()
    save(page)
    assert [row["a"] for row in items(url, job)] == ["of the first", "a1", "a2"]
