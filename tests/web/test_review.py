"""Review in a real Chromium where it is hard: two people, a server that dies, a session that ends, much of everything."""

from __future__ import annotations

import re

import httpx
import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Page, expect

from api.sessions import new_link
from api.up.servers import free_port
from bench import review, screenshots
from tests.service.calls import add_key
from tests.service.conftest import until
from tests.web.conftest import HOSTILE, PAGES, ROWS, Running, inaccessible, named, opened, retype

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not screenshots.CHROMIUM.exists(), reason="no Chromium: apt-get install chromium"),
]


_SCROLL = """async () => {
  document.querySelector('.grid').scrollTop += 900;
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
}"""
"""Scrolls a grid by a screen, until that is drawn."""


def processor_time(page: Page, steps: int) -> list[float]:
    """Milliseconds that the page's thread works for each of some scrolls: the clock counts other tests, too."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return 1000 * float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))

    spent = []
    for _ in range(steps):
        before = worked()
        page.evaluate(_SCROLL)
        spent.append(worked() - before)
    return spent


def free(url: str, kind: str) -> int:
    """How many documents of a kind nobody has in hand; a page that was closed at once has them for two minutes."""
    loans = []
    while (answer := httpx.post(f"{url}/v1/reviews/next", json={"kind": kind})).status_code == 200:
        loans.append(answer.json())
    for loan in loans:
        release = f"{url}/v1/reviews/{loan['job']['id']}/release"
        httpx.post(release, json={"token": loan["lease"]["token"]}).raise_for_status()
    return len(loans)


def test_few_keys_settle_a_document_and_the_next_is_there(running: Running, page: Page) -> None:
    stack, jobs = running
    receipts = {job: case for job, case in jobs.items() if case.kind == "receipt"}
    until(lambda: free(stack.url, "receipt") == len(receipts), seconds=150)
    found = review.review(page, stack.url, receipts, kind="receipt")
    assert len(found.keys) == len(receipts)
    assert found.wrong == []
    assert found.over == []


def test_two_reviewers_see_both_versions_and_lose_neither(running: Running, page: Page) -> None:
    stack, _ = running
    job = named(running, "two.tif")
    opened(page, stack.url, job)
    retype(page, "/name", "mine")
    theirs = {"revision": 0, "changes": [{"op": "correct", "path": "/name", "value": "theirs"}]}
    httpx.post(f"{stack.url}/v1/jobs/{job}/review", json=theirs).raise_for_status()
    page.keyboard.press("Control+s")
    both = page.locator(".clash")
    expect(both).to_contain_text("mine")
    expect(both).to_contain_text("theirs")
    both.get_by_role("button").first.click()
    page.keyboard.press("Control+s")
    expect(page.locator(".badge.unsaved")).to_have_count(0)
    record = httpx.get(f"{stack.url}/v1/jobs/{job}/record").json()
    assert (record["data"]["name"], record["revision"]) == ("mine", 2)


def test_a_server_that_dies_in_the_middle_costs_no_letter(running: Running, page: Page) -> None:
    stack, _ = running
    job = named(running, "killed.tif")
    opened(page, stack.url, job)
    stack.kill("api")
    retype(page, "/name", "typed meanwhile")
    page.keyboard.press("Control+s")
    expect(page.locator(".offline")).to_be_visible()
    stack.start("api")
    stack.await_api()
    expect(page.locator(".offline")).to_have_count(0)
    expect(page.locator(".badge.unsaved")).to_have_count(0)  # sent by itself
    assert httpx.get(f"{stack.url}/v1/jobs/{job}/record").json()["data"]["name"] == "typed meanwhile"


def test_what_cannot_be_fetched_ahead_is_fetched_when_it_is_wanted(running: Running, page: Page) -> None:
    stack, _ = running
    until(lambda: free(stack.url, "memo") > 1, seconds=150)  # with one alone there is nothing ahead
    found = httpx.get(f"{stack.url}/v1/jobs?kind=memo&state=review").json()["jobs"]  # some are decided by now
    first = min(found, key=lambda job: str(job["filename"]))["id"]
    others = re.compile(f"/v1/jobs/(?!{first})[0-9a-f]+$")
    page.route(others, lambda route: route.abort())
    with page.expect_event("requestfailed", lambda request: bool(others.search(request.url))) as lost:
        page.goto(f"{stack.url}/#/review/{first}?kind=memo")
    expect(page.locator('.value[data-path="/name"]')).to_be_focused()
    page.unroute_all()
    page.get_by_role("button", name="Next document").click()
    expect(page).to_have_url(re.compile(lost.value.url.rsplit("/", 1)[-1]))
    expect(page.locator('.value[data-path="/name"]')).to_be_focused()


def test_a_session_that_ends_asks_again_and_goes_on(running: Running, page: Page) -> None:
    stack, _ = running
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    stack.start("api", as_name="keyed", PAGEMILL_AUTH="keys", PAGEMILL_PORT=str(port))
    app = stack.app()
    key = add_key(app)
    until(lambda: _answers(url))
    link = new_link(app, key.split("_")[1], seconds=60)
    page.goto(f"{url}/#/sign-in/{link}")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert link not in page.url
    job = named(running, "over.tif")
    opened(page, url, job)
    retype(page, "/name", "typed before")
    page.context.clear_cookies()
    page.keyboard.press("Control+s")
    page.locator("#key").fill("pm_000000000000_wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#key-wrong")).not_to_be_empty()
    page.locator("#key").fill(key)
    page.keyboard.press("Enter")
    expect(page.locator(".badge.unsaved")).to_have_count(0)
    assert httpx.get(f"{stack.url}/v1/jobs/{job}/record").json()["data"]["name"] == "typed before"
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#key")).to_be_visible()
    for scheme in screenshots.SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert inaccessible(page) == []
    app.close()
    stack.stop("keyed")


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/livez", timeout=2).is_success
    except httpx.HTTPError:
        return False


def test_hostile_names_values_and_titles_run_nothing_in_any_view(running: Running, page: Page) -> None:
    stack, _ = running
    job = named(running, f"{HOSTILE}.tif")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    opened(page, stack.url, job)
    expect(page.locator('.value[data-path="/name"]')).to_have_text(HOSTILE)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+z")
    for view in ("documents", "kinds", "kinds/slip", "overview", "send"):
        page.goto(f"{stack.url}/#/{view}")
        expect(page.locator("#main h1")).to_be_visible()
        page.wait_for_timeout(150)
        assert page.title() != "run"
    assert not [url for url in asked if url.endswith("/x")]


def test_hostile_text_runs_nothing_where_two_versions_stand_side_by_side(
    running: Running, page: Page
) -> None:
    stack, _ = running
    job = named(running, "clash.tif")
    opened(page, stack.url, job)
    retype(page, "/name", f"{HOSTILE} mine")
    theirs = {"op": "correct", "path": "/name", "value": f"{HOSTILE} theirs"}
    said = {"revision": 0, "changes": [theirs]}
    httpx.post(f"{stack.url}/v1/jobs/{job}/review", json=said).raise_for_status()
    page.keyboard.press("Control+s")
    for text in (f"{HOSTILE} mine", f"{HOSTILE} theirs"):
        expect(page.locator(".clash td", has_text=text)).to_be_visible()
    page.wait_for_timeout(150)
    assert page.title() != "run"
    page.locator(".clash button").last.click()
    page.locator("summary").click()  # nothing of theirs is left to check
    expect(page.locator('.value[data-path="/name"]')).to_have_text(f"{HOSTILE} theirs")


def test_hostile_text_runs_nothing_where_a_kind_is_built_of_it(running: Running, page: Page) -> None:
    stack, _ = running
    job = named(running, f"{HOSTILE}.pdf")
    with page.expect_response(re.compile(f"{job}/pages/1/lines"), timeout=60_000) as answer:
        page.goto(f"{stack.url}/#/kinds?sample={job}")
    line = answer.value.json()["lines"][0]
    assert line["text"] == HOSTILE
    paper = page.locator(".paper")
    expect(paper).to_have_attribute("data-lines", "1")
    box = paper.bounding_box()
    assert box is not None
    x0, y0, x1, y1 = line["box"]
    page.mouse.move(box["x"] + (x0 - 0.01) * box["width"], box["y"] + (y0 - 0.02) * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + (x1 + 0.01) * box["width"], box["y"] + (y1 + 0.02) * box["height"], steps=4)
    page.mouse.up()
    expect(page.locator(".card .sample")).to_contain_text(HOSTILE)
    for field in page.locator(".card input").all():
        if field.is_visible():
            field.fill(HOSTILE)
    page.locator("#try").click()
    expect(page.locator(".card .read")).to_be_visible(timeout=60_000)
    page.locator("summary", has_text="JSON Schema").click()
    expect(page.locator("pre")).to_contain_text("onerror")
    page.wait_for_timeout(150)
    assert page.title() != "run"


def test_a_row_is_moved_by_keys_and_stays_in_hand(running: Running, page: Page) -> None:
    stack, _ = running
    job = named(running, "moved.tif")
    opened(page, stack.url, job)
    page.locator('.value[data-path="/items/0/b"]').focus()
    page.keyboard.press("Alt+ArrowDown")
    moved = page.locator('.value[data-path="/items/1/b"]')
    expect(moved).to_be_focused()
    expect(moved).to_have_text("b0")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowDown")  # there is no place below the last
    page.get_by_role("button", name="Move row 2 up").click()
    page.keyboard.press("Control+s")
    expect(page.locator(".badge.unsaved")).to_have_count(0)
    items = httpx.get(f"{stack.url}/v1/jobs/{job}/record").json()["data"]["items"]
    assert [row["a"] for row in items] == ["a2", "a1", "a0"]


def test_a_long_document_fetches_what_is_in_view(running: Running, page: Page) -> None:
    stack, _ = running
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    job = named(running, "pages.tif")
    opened(page, stack.url, job)
    expect(page.locator(".canvas")).to_have_attribute("data-state", "there")
    page.wait_for_timeout(1000)
    of_pages = [url for url in asked if f"/{job}/pages/" in url]  # the next document is fetched ahead, too
    whole = {url.partition("/pages/")[2].partition("?")[0] for url in of_pages if "size=thumb" not in url}
    assert whole == {"150", "150/lines"}
    assert len(of_pages) < 40  # thumbnails of a window of them
    page.keyboard.press("g")
    page.keyboard.insert_text("300")
    page.keyboard.press("Enter")
    expect(page.locator('.thumbs [aria-current="page"]')).to_contain_text(str(PAGES))
    page.get_by_role("button", name=f"Page {PAGES - 2}").click()
    picture = page.locator(".sheet img")
    expect(picture).to_have_attribute("alt", f"Page {PAGES - 2}")
    page.keyboard.press("PageUp")
    expect(picture).to_have_attribute("alt", f"Page {PAGES - 3}")
    expect(page.locator("#page-number")).to_have_value(str(PAGES - 3))


def test_a_long_table_scrolls_without_a_stop(running: Running, page: Page) -> None:
    stack, _ = running
    opened(page, stack.url, named(running, "rows.tif"))
    grid = page.locator(".grid")
    expect(grid).to_be_visible()
    frames = processor_time(page, 60)
    assert page.locator(".grid tbody tr").count() < 80
    assert max(frames) < 50, frames
    grid.evaluate("box => (box.scrollTop = box.scrollHeight)")
    expect(page.locator(f'[data-path="/items/{ROWS - 1}/a"]')).to_be_visible()
