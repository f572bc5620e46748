"""What a person has typed is theirs until the service has it; what others do meanwhile is shown."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Browser, Page, Route, expect

from bench import screenshots
from tests.web.conftest import HOSTILE, Running, inaccessible, named, opened, retype, save

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not screenshots.CHROMIUM.exists(), reason="no Chromium: apt-get install chromium"),
]
_NAME = '.value[data-path="/name"]'
_PLACE = "document.querySelector('.sheet').style.transform"


def test_a_reason_that_could_not_be_sent_is_there_to_be_sent_again(running: Running, page: Page) -> None:
    url, job = running[0].url, named(running, "reason.tif")
    opened(page, url, job)
    page.keyboard.press("x")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.insert_text(f"not ours {HOSTILE}")
    page.route("**/review", lambda route: route.abort())
    reject = page.get_by_role("dialog").get_by_role("button", name="Reject")
    reject.click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("Not sent")
    assert inaccessible(page) == []
    page.reload()
    page.unroute_all()
    expect(page.locator(_NAME)).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_label("Reason")).to_have_value(f"not ours {HOSTILE}")
    reject.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto(f"{url}/#/review/{job}")
    expect(page.locator(".why")).to_contain_text([f"not ours {HOSTILE}"])
    found = httpx.get(f"{url}/v1/jobs/{job}").json()
    assert found["state"] == "failed"
    assert HOSTILE in found["error"]["message"]
    assert page.title() != "run"


def test_what_was_taken_though_its_answer_was_lost_is_no_change_of_somebody_else(
    running: Running, page: Page
) -> None:
    url, job = running[0].url, named(running, "answer.tif")
    opened(page, url, job)
    retype(page, "/name", "mine")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/review", lose, times=1)
    save(page)
    expect(page.locator(".clash")).to_have_count(0)
    found = httpx.get(f"{url}/v1/jobs/{job}/record").json()
    assert (found["data"]["name"], found["revision"]) == ("mine", 1)


def test_what_is_not_saved_outlives_its_tab(running: Running, page: Page) -> None:
    url, job = running[0].url, named(running, "tab.tif")
    opened(page, url, job)
    page.keyboard.press("e")
    page.keyboard.insert_text("half a wo")
    page.wait_for_timeout(100)
    other = page.context.new_page()
    page.goto("about:blank")
    other.goto(f"{url}/#/review/{job}")
    typed = other.locator('input[data-path="/name"]')
    expect(typed).to_be_focused()
    expect(typed).to_have_value("half a wo")
    other.keyboard.press("Enter")
    other.close()
    page.goto(f"{url}/#/review/{job}")
    expect(page.locator(".badge.unsaved")).to_be_visible()
    expect(page.locator(_NAME)).to_have_text("half a wo")


def test_what_was_saved_is_undone_and_goes_back_to_what_was_read(running: Running, page: Page) -> None:
    url, job = running[0].url, named(running, "saved.tif")
    opened(page, url, job)
    retype(page, "/name", "saved")
    page.keyboard.press("Enter")  # confirms the other value
    save(page)
    assert _states(url, job) == {"/name": "corrected", "/note": "confirmed"}
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.locator(_NAME)).to_have_text(HOSTILE)
    page.keyboard.press("Control+y")
    expect(page.locator(_NAME)).to_have_text("saved")
    page.keyboard.press("Control+z")
    save(page)
    assert _states(url, job) == {"/name": "open", "/note": "open"}
    page.keyboard.press("Control+y")
    save(page)
    assert httpx.get(f"{url}/v1/jobs/{job}/record").json()["data"]["name"] == "saved"
    page.reload()
    page.locator("summary").click()
    page.locator(_NAME).focus()
    page.keyboard.press("Escape")
    expect(page.locator(_NAME)).to_have_text(HOSTILE)


def test_two_tabs_lose_nothing_of_each_other(running: Running, page: Page) -> None:
    url, job = running[0].url, named(running, "tabs.tif")
    opened(page, url, job)
    other = page.context.new_page()
    opened(other, url, job)
    for tab, path in ((page, "/name"), (other, "/note")):
        tab.bring_to_front()
        retype(tab, path, f"changed {path}")
    other.close()
    page.reload()
    for path in ("/name", "/note"):
        expect(page.locator(f'.value[data-path="{path}"]')).to_have_text(f"changed {path}")


def test_who_types_over_a_value_that_somebody_else_saves_is_shown_both(running: Running, page: Page) -> None:
    url, job = running[0].url, named(running, "typed.tif")
    opened(page, url, job)
    page.keyboard.press("e")
    page.keyboard.insert_text("typed")
    _correct(url, job, revision=0, value="saved meanwhile")
    both = page.locator(".clash")
    expect(both).to_contain_text("typed")
    expect(both).to_contain_text("saved meanwhile")
    both.get_by_role("button").first.click()
    save(page)
    assert httpx.get(f"{url}/v1/jobs/{job}/record").json()["data"]["name"] == "typed"


def test_a_change_by_somebody_else_is_shown_when_it_is_made(running: Running, page: Page) -> None:
    url, job = running[0].url, named(running, "seen.tif")
    opened(page, url, job)
    _correct(url, job, revision=0, value="theirs")
    expect(page.locator(_NAME)).to_have_text("theirs")
    expect(page.locator(_NAME)).to_be_focused()
    expect(page.locator(".clash")).to_have_count(0)
    retype(page, "/name", "mine")
    _correct(url, job, revision=1, value="theirs again")
    both = page.locator(".clash")
    expect(both).to_contain_text("mine")
    expect(both).to_contain_text("theirs again")


def test_single_keys_can_be_turned_off(running: Running, page: Page) -> None:
    url, job = running[0].url, named(running, "keys.tif")
    opened(page, url, job)
    page.keyboard.press("?")
    page.get_by_label("act by themselves").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator(_NAME)).to_be_focused()
    for key in ("x", "e", "n", "1", "?", "s"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(_NAME)).to_have_text(HOSTILE)
    expect(page.locator(".badge.unsaved")).to_have_count(0)
    page.keyboard.press("F2")
    expect(page.locator('input[data-path="/name"]')).to_be_focused()


class Fingers:
    """Touches of the middle of the page, in pixels from there."""

    def __init__(self, page: Page) -> None:
        self._paper = page.locator(".canvas[data-state=there]")
        self._page = page
        self._session = page.context.new_cdp_session(page)

    def move(self, *steps: Sequence[tuple[float, float]]) -> None:
        """Down at the first places, over the others, up at the last."""
        box = self._paper.bounding_box()
        assert box is not None
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        for number, step in enumerate(steps):
            points = [{"x": middle[0] + x, "y": middle[1] + y, "id": id_} for id_, (x, y) in enumerate(step)]
            self._touch("touchMove" if number else "touchStart", points)
            self._page.wait_for_timeout(100)  # without a fling, which the next tap would only stop
        self._touch("touchEnd", [])

    def _touch(self, kind: str, points: list[dict[str, float]]) -> None:
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_the_page_is_moved_by_arrows(running: Running, page: Page) -> None:
    opened(page, running[0].url, named(running, "keys.tif"))
    page.locator(".canvas[data-state=there]").focus()
    page.keyboard.press("+")
    before = page.evaluate(_PLACE)
    page.keyboard.press("ArrowRight")
    assert page.evaluate(_PLACE) != before
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(_PLACE) == before


def test_two_fingers_make_the_page_larger_and_one_draws_where_that_is_meant(
    running: Running, chromium: Browser
) -> None:
    with chromium.new_context(viewport={"width": 390, "height": 800}, has_touch=True, locale="en") as context:
        page = context.new_page()
        opened(page, running[0].url, named(running, "keys.tif"))
        fingers, small = Fingers(page), _scale(page)
        fingers.move(*([(-apart, 0), (apart, 0)] for apart in (20, 40, 60, 80)))
        assert _scale(page) > 2 * small
        fingers.move([(-60, 0)], [(0, 40)], [(60, 40)], [(60, 40)])
        expect(page.locator(".badge.unsaved")).to_have_count(0)
        mark = page.get_by_role("button", name="Draw boxes by touch")
        mark.tap()
        expect(mark).to_have_attribute("aria-pressed", "true")
        page.locator(_NAME).focus()
        fingers.move([(-60, 0)], [(60, 40)])
        expect(page.locator(".badge.unsaved")).to_be_visible()
        page.goto("about:blank")


def _states(url: str, job: str) -> dict[str, str]:
    states: dict[str, str] = httpx.get(f"{url}/v1/jobs/{job}/record").json()["field_states"]
    return states


def _correct(url: str, job: str, *, revision: int, value: str) -> None:
    said = {"revision": revision, "changes": [{"op": "correct", "path": "/name", "value": value}]}
    httpx.post(f"{url}/v1/jobs/{job}/review", json=said).raise_for_status()


def _scale(page: Page) -> float:
    page.wait_for_function(f"() => {_PLACE} !== ''")
    return float(page.evaluate("document.querySelector('.sheet').style.getPropertyValue('--zoom')"))
