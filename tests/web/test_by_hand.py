"""Review by mouse in a real Chromium: words taken from the page, places drawn, and the walk through a queue."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Locator, Page, expect

from bench import screenshots
from tests.web.conftest import PRINTED, Running, named, opened

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not screenshots.CHROMIUM.exists(), reason="no Chromium: apt-get install chromium"),
]


class Paper:
    """The page on the screen, by fractions of its width and height."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A point on the screen."""
        box = self._page.locator(".sheet img").bounding_box()
        assert box is not None
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def click(self, x: float, y: float) -> None:
        """With the mouse, on a point of the page."""
        self._page.mouse.click(*self.at(x, y))

    def drag(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """With the mouse, from one corner of a box to the other."""
        self._page.mouse.move(*self.at(x0, y0))
        self._page.mouse.down()
        self._page.mouse.move(*self.at(x1, y1), steps=4)
        self._page.mouse.up()


def test_words_are_taken_from_the_page_and_that_is_undone_and_redone(running: Running, page: Page) -> None:
    url, job = running[0].url, named(running, "memo_4.pdf")
    with page.expect_response(re.compile(f"{job}/pages/1/lines"), timeout=60_000) as answer:
        opened(page, url, job)
    line = answer.value.json()["lines"][0]
    assert line["text"] == PRINTED
    name, paper = _value(page, "/name"), Paper(page)
    _, y0, _, y1 = line["box"]

    def edge(word: str) -> float:
        return float(line["edges"][PRINTED.index(word)])

    paper.click(edge("4711") + 0.01, (y0 + y1) / 2)
    expect(name).to_have_text("4711")
    expect(name).to_be_focused()
    paper.drag(edge("Blue") - 0.005, y0 - 0.02, line["box"][2] + 0.02, y1 + 0.02)
    expect(name).to_have_text("Blue Lamp")
    for key, text in (
        ("Control+z", "4711"),
        ("Control+z", "B1ue"),
        ("Control+y", "4711"),
        ("Control+Shift+Z", "Blue Lamp"),
    ):
        page.keyboard.press(key)
        expect(name).to_have_text(text)
        expect(name).to_be_focused()


def test_a_place_is_drawn_where_nothing_is_printed(running: Running, page: Page) -> None:
    url, job = running[0].url, named(running, "memo_5.pdf")
    with page.expect_response(re.compile(f"{job}/pages/1/lines"), timeout=60_000):
        opened(page, url, job)
    paper, drawn = Paper(page), (0.3, 0.6, 0.7, 0.8)
    paper.drag(*drawn)
    expect(page.locator(".sheet rect.focused")).to_have_count(1)
    expect(_value(page, "/name")).to_have_text("B1ue")
    page.locator("summary").click()
    _value(page, "/code").click()
    page.keyboard.press("Escape")
    paper.drag(*drawn)
    expect(page.locator(".toast.bad")).to_contain_text("No words")
    page.keyboard.press("Control+s")
    expect(page.locator(".badge.unsaved")).to_have_count(0)
    found: dict[str, Any] = httpx.get(f"{url}/v1/jobs/{job}/record").json()
    assert found["data"] == {"name": "B1ue", "code": None}
    (place,) = found["fields"]["/name"]["citations"]
    assert place["box"] == pytest.approx(drawn, abs=0.02)


def test_a_queue_is_walked_by_accepting_postponing_and_rejecting(running: Running, page: Page) -> None:
    url = running[0].url
    page.goto(f"{url}/#/review?kind=memo")
    title, position = page.locator(".review-head h1"), page.locator(".position")
    waiting = httpx.get(f"{url}/v1/counts?kind=memo").json()["states"]["review"]
    expect(title).to_have_text("memo_0.pdf")
    expect(position).to_have_text(f"1 of {waiting}")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(title).to_have_text("memo_1.pdf")
    expect(position).to_have_text(re.compile(rf"^2 of {waiting} · \d+ an hour$"))
    page.keyboard.press("x")
    reason = page.get_by_label("Reason")
    expect(reason).to_be_focused()
    page.keyboard.insert_text("somebody else's")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(title).to_have_text("memo_2.pdf")
    expect(position).to_have_text(re.compile(f"^3 of {waiting}"))
    expect(_value(page, "/name")).to_be_focused()
    page.keyboard.press("s")
    expect(title).to_have_text("memo_3.pdf")
    states = [
        httpx.get(f"{url}/v1/jobs/{named(running, f'memo_{number}.pdf')}").json() for number in range(3)
    ]
    assert [job["state"] for job in states] == ["done", "failed", "review"]
    assert states[1]["error"]["code"] == "rejected"
    assert "somebody else's" in states[1]["error"]["message"]


def _value(page: Page, path: str) -> Locator:
    return page.locator(f'.value[data-path="{path}"]')
