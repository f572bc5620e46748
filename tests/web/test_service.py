"""The view of the service in a real Chromium, for those who administer a project, over an API with keys."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Page, expect

from api.sessions import new_link
from api.up.servers import free_port
from bench import screenshots
from tests.service.calls import add_key, bearer
from tests.service.conftest import until
from tests.web.conftest import HOSTILE, Running, inaccessible
from worker.jobs.app import App
from worker.jobs.broker import WorkerReport

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not screenshots.CHROMIUM.exists(), reason="no Chromium: apt-get install chromium"),
]
Keyed = tuple[App, str]


@pytest.fixture(scope="module")
def keyed(running: Running) -> Iterator[Keyed]:
    """The service behind an API that asks for keys."""
    stack, port = running[0], free_port()
    url = f"http://127.0.0.1:{port}"
    stack.start("api", as_name="keyed", PAGEMILL_AUTH="keys", PAGEMILL_PORT=str(port))
    app = stack.app()
    until(lambda: _answers(url))
    yield app, url
    app.close()
    stack.stop("keyed")


def enter(page: Page, keyed: Keyed, scopes: str) -> None:
    """Sign in to the view with a key of these scopes."""
    app, url = keyed
    key = add_key(app, scopes=scopes)
    page.goto(f"{url}/#/sign-in/{new_link(app, key.split('_')[1], seconds=60)}")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.goto(f"{url}/#/service")


def test_a_key_is_made_shown_once_used_and_revoked(keyed: Keyed, page: Page) -> None:
    app, url = keyed
    app.broker.report(HOSTILE, WorkerReport(["embedded"]), seconds=300)
    enter(page, keyed, "submit read review admin")
    expect(page.locator("td", has_text=HOSTILE)).to_be_visible()
    page.get_by_role("button", name="New key").click()
    page.locator("#key-name").fill(f"scanner {HOSTILE}")
    assert inaccessible(page) == []
    page.locator("#key-name").press("Enter")
    made = page.locator("#made-key").inner_text()
    assert httpx.get(f"{url}/v1/jobs", headers=bearer(made)).status_code == 200
    assert httpx.get(f"{url}/v1/keys", headers=bearer(made)).status_code == 403
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="New key")).to_be_focused()
    row = page.locator("tr", has_text=made.split("_")[1])
    expect(row).to_contain_text("send")
    assert made.split("_", 2)[2] not in page.content()
    row.get_by_role("button").click()
    page.locator("dialog .danger").click()
    expect(row).to_contain_text("revoked")
    assert httpx.get(f"{url}/v1/jobs", headers=bearer(made)).status_code == 401
    for scheme in screenshots.SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert inaccessible(page) == []
    assert page.title() != "run"


def test_without_the_scope_admin_the_view_says_so(keyed: Keyed, page: Page) -> None:
    enter(page, keyed, "read")
    expect(page.locator("main")).to_contain_text("scope admin")
    expect(page.get_by_role("button", name="New key")).to_have_count(0)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/livez", timeout=2).is_success
    except httpx.HTTPError:
        return False
