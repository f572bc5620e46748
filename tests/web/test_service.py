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
from tests.web.conftest import HOSTILE, Running, inaccessible, named
from worker.jobs.app import App
from worker.jobs.broker import WorkerReport

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not screenshots.CHROMIUM.exists(), reason="no Chromium: apt-get install chromium"),
]
Keyed = tuple[App, str]
_UNSENT = "Object.keys(localStorage).filter((name) => name.startsWith('kept:')).length"


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


def test_how_long_a_project_keeps_documents_is_set_after_a_question(keyed: Keyed, page: Page) -> None:
    app, _ = keyed
    enter(page, keyed, "read admin")
    days = page.get_by_label("Erase finished documents")
    days.fill("400")
    days.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("400 days")
    assert inaccessible(page) == []
    page.keyboard.press("Escape")
    assert app.ledger.projects.retention().get("default") is None
    expect(days).to_be_focused()
    days.press("Enter")
    page.locator("dialog .danger").click()
    expect(days).to_have_value("400")
    until(lambda: app.ledger.projects.retention()["default"] == 400)
    days.fill("")
    days.press("Enter")
    until(lambda: app.ledger.projects.retention()["default"] is None)


def test_who_signs_out_is_told_what_is_not_saved(keyed: Keyed, running: Running, page: Page) -> None:
    enter(page, keyed, "read review")
    leave = page.get_by_role("button", name="Sign out")
    job = named(running, "keys.tif")
    page.goto(f"{keyed[1]}/#/review/{job}")
    expect(page.locator('.value[data-path="/name"]')).to_be_focused()
    page.keyboard.press("Enter")
    leave.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("not saved yet: 1")
    dialog.get_by_role("button", name="Stay").click()
    expect(leave).to_be_focused()
    assert page.evaluate(_UNSENT)
    leave.click()
    dialog.get_by_role("button", name="Sign out").click()
    expect(page.locator("#key")).to_be_visible()
    assert not page.evaluate(_UNSENT)


def test_without_the_scope_admin_the_view_says_so(keyed: Keyed, page: Page) -> None:
    enter(page, keyed, "read")
    expect(page.locator("main")).to_contain_text("scope admin")
    expect(page.get_by_role("button", name="New key")).to_have_count(0)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/livez", timeout=2).is_success
    except httpx.HTTPError:
        return False
