"""Sending in a real Chromium where it is hard: large files, a store out of reach, a service that goes away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import FilePayload, Locator, Page, expect

from bench import screenshots
from tests.stack import Stack

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not screenshots.CHROMIUM.exists(), reason="no Chromium: apt-get install chromium"),
]
LIMIT = 50_000
LARGE = (screenshots.SAMPLES / "ticket_0_0.jpg").read_bytes()
assert len(LARGE) > LIMIT


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A service without a worker, for which files are soon large."""
    with Stack(tmp_path_factory.mktemp("send"), PAGEMILL_DIRECT_ABOVE=str(LIMIT)) as started:
        started.start_servers()
        started.start("api")
        started.await_api()
        yield started


def send(page: Page, url: str, name: str, content: bytes) -> Locator:
    """Choose a file in the view; its line."""
    if not page.url.startswith(url):
        screenshots.look(page, f"{url}/#/send")
    chosen: FilePayload = {"name": name, "mimeType": "image/jpeg", "buffer": content + name.encode()}
    page.set_input_files("#files", [chosen])
    return page.locator(".sending li", has_text=name)


def job(url: str, name: str) -> dict[str, Any]:
    listed = httpx.get(f"{url}/v1/jobs", params={"q": name}).json()["jobs"]
    (found,) = (job for job in listed if job["filename"] == name)
    return dict(found)


def asked(page: Page) -> list[tuple[str, str]]:
    """The requests of the page from now on, as method and URL."""
    found: list[tuple[str, str]] = []
    page.on("request", lambda request: found.append((request.method, request.url)))
    return found


def test_a_large_file_goes_to_the_store_and_a_small_one_to_the_service(stack: Stack, page: Page) -> None:
    screenshots.look(page, f"{stack.url}/#/send")
    requests, bucket = asked(page), f"{stack.env['S3_ENDPOINT_URL']}/test"
    expect(send(page, stack.url, "large.jpg", LARGE)).to_have_class("sent")
    assert ("POST", bucket) in requests
    found = job(stack.url, "large.jpg")
    assert (found["size"], found["kind"]) == (len(LARGE) + len("large.jpg"), "auto")
    del requests[:]
    expect(send(page, stack.url, "small.jpg", LARGE[:1000])).to_have_class("sent")
    assert ("POST", bucket) not in requests


def test_a_store_that_the_browser_cannot_reach_is_gone_around(stack: Stack, page: Page) -> None:
    page.route(f"{stack.env['S3_ENDPOINT_URL']}/**", lambda route: route.abort())
    expect(send(page, stack.url, "around.jpg", LARGE)).to_have_class("sent")
    assert job(stack.url, "around.jpg")["size"] == len(LARGE) + len("around.jpg")


@pytest.mark.parametrize("name", ["held_small.jpg", "held_large.jpg"])
def test_what_a_lost_connection_held_up_is_sent_by_itself(stack: Stack, page: Page, name: str) -> None:
    screenshots.look(page, f"{stack.url}/#/send")
    stack.kill("api")
    line = send(page, stack.url, name, LARGE if "large" in name else LARGE[:1000])
    expect(line).to_have_class("held")
    expect(page.locator(".offline")).to_be_visible()
    stack.start("api")
    stack.await_api()
    expect(line).to_have_class("sent", timeout=60_000)
    expect(page.locator(".offline")).to_have_count(0)
    assert job(stack.url, name)["state"] == "queued"


def test_an_answer_that_was_lost_is_asked_for_again_and_the_file_is_not(stack: Stack, page: Page) -> None:
    screenshots.look(page, f"{stack.url}/#/send")
    lost: list[int] = []

    def lose(route: Any) -> None:
        if lost:
            route.continue_()
        else:  # the service has taken it, and its answer never comes
            lost.append(route.fetch().status)
            route.abort()

    page.route("**/v1/jobs", lose)
    requests = asked(page)
    expect(send(page, stack.url, "answer.jpg", LARGE)).to_have_class("known")
    assert lost == [202]
    assert [url.rpartition("/v1/")[2] for method, url in requests if method == "POST"] == [
        "uploads",
        f"{stack.env['S3_ENDPOINT_URL']}/test",
        "jobs",
        "jobs",
    ]


def test_a_connection_that_always_breaks_ends_in_a_verdict_and_a_retry(stack: Stack, page: Page) -> None:
    screenshots.look(page, f"{stack.url}/#/send")
    page.route("**/v1/jobs", lambda route: route.abort())
    line = send(page, stack.url, "broken.jpg", LARGE[:1000])
    expect(line).to_have_class("refused", timeout=90_000)
    page.unroute_all()
    line.get_by_role("button").click()
    expect(line).to_have_class("sent")
