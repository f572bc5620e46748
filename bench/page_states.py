"""The states in which the page is shown and tried: every view, and what it says while something is amiss.

Each is brought about in a service that runs; only answers that would have to be waited for, or lost, are played.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx
from playwright.sync_api import FilePayload, Page, Route

from bench.screenshots import SAMPLES, look

_LETTER = SAMPLES / "handwriting_0.jpg"
_PATIENCE = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Shown:
    """A service, and the jobs of it that are in a state."""

    url: str
    review: str
    failed: str
    unclear: str
    waiting: str
    erased: str
    clash: str


def prepare(url: str) -> Shown:
    """Send what waits, is erased or cannot be told to a service that has read the samples."""
    with httpx.Client(base_url=url, timeout=60) as http:
        found = http.get("/v1/jobs?limit=100").raise_for_status().json()["jobs"]
        named = {job["filename"]: job["id"] for job in found}
        unclear = _sent(http, "letter.jpg", kind="auto")
        erased = _sent(http, "erased.jpg", kind="receipt", engine="fake")
        http.get(f"/v1/jobs/{unclear}?wait={_PATIENCE:.0f}")
        http.get(f"/v1/jobs/{erased}?wait={_PATIENCE:.0f}")
        http.delete(f"/v1/jobs/{erased}").raise_for_status()
        return Shown(
            url,
            review=named["receipt_0_faded.jpg"],
            failed=named["broken.pdf"],
            unclear=unclear,
            waiting=_sent(http, "waits.jpg", kind="receipt", engine="transformers", batch="april"),
            erased=erased,
            clash=named["invoice_0_scan.jpg"],
        )


def _sent(http: httpx.Client, name: str, **options: str) -> str:
    files = {"files": (name, _LETTER.read_bytes() + name.encode())}
    answer = http.post("/v1/jobs", files=files, data=options).raise_for_status()
    return str(answer.json()["jobs"][0]["id"])


def _view(path: str) -> Callable[[Page, Shown], None]:
    """A view by the part of its URL behind the #, the jobs of `Shown` in braces."""
    return lambda page, shown: look(
        page, f"{shown.url}/#{path.format(**{n: getattr(shown, n) for n in Shown.__slots__})}"
    )


def _loading(page: Page, shown: Shown) -> None:
    page.route("**/v1/jobs?*", lambda _: None)  # which is never answered
    page.goto(f"{shown.url}/#/documents")
    page.wait_for_selector("[aria-busy=true]")


def _running(page: Page, shown: Shown) -> None:
    def play(route: Route) -> None:
        job = httpx.get(f"{shown.url}/v1/jobs/{shown.review}").json()
        job |= {"state": "running", "progress": {"pages": 12, "pages_done": 5}}
        route.fulfill(json=job)

    page.route(f"**/v1/jobs/{shown.review}", play)
    look(page, f"{shown.url}/#/review/{shown.review}")


def _offline(page: Page, shown: Shown) -> None:
    look(page, f"{shown.url}/#/documents")
    page.route("**/*", lambda route: route.abort())
    page.locator(".chip").nth(1).click()
    page.wait_for_selector(".offline")


def _session_over(page: Page, shown: Shown) -> None:
    problem = {
        "code": "unauthorized",
        "detail": "The key is missing.",
        "status": 401,
        "title": "Unauthorized",
    }
    answer = {"status": 401, "content_type": "application/problem+json", "body": json.dumps(problem)}
    page.route("**/v1/jobs?*", lambda route: route.fulfill(**answer))
    page.goto(f"{shown.url}/#/documents")
    page.wait_for_selector("dialog[open]")


def _unsaved(page: Page, shown: Shown) -> None:
    look(page, f"{shown.url}/#/review/{shown.review}")
    page.locator(".field.open .value").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".badge.unsaved")


def _clash(page: Page, shown: Shown) -> None:
    path = f"{shown.url}/v1/jobs/{shown.clash}"
    look(page, f"{shown.url}/#/review/{shown.clash}")
    if page.locator("details:not([open]) summary").count():
        page.locator("details:not([open]) summary").first.click()
    page.locator('.value[data-path="/invoice_number"]').focus()
    page.keyboard.press("e")
    page.keyboard.insert_text("of mine")
    page.keyboard.press("Enter")
    revision = httpx.get(f"{path}/record").json()["revision"]
    theirs = {"op": "correct", "path": "/invoice_number", "value": f"of theirs {revision}"}
    httpx.post(f"{path}/review", json={"revision": revision, "changes": [theirs]}).raise_for_status()
    page.keyboard.press("Control+s")
    page.wait_for_selector(".clash")


def _chosen(page: Page, shown: Shown) -> None:
    look(page, f"{shown.url}/#/documents")
    page.locator(".documents tbody input").first.check()
    page.locator(".documents tbody input").nth(3).check()
    page.wait_for_selector(".bulk")


def _erasing(page: Page, shown: Shown) -> None:
    _chosen(page, shown)
    page.locator(".bulk button").nth(2).click()
    page.wait_for_selector("dialog[open]")


def _keys(page: Page, shown: Shown) -> None:
    look(page, f"{shown.url}/#/review/{shown.review}")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")


def _rejecting(page: Page, shown: Shown) -> None:
    look(page, f"{shown.url}/#/review/{shown.review}")
    page.locator(".decide button").nth(2).click()
    page.wait_for_selector("dialog[open]")


def _sending(page: Page, shown: Shown) -> None:
    look(page, f"{shown.url}/#/send")
    empty_file: FilePayload = {"name": "empty.pdf", "mimeType": "application/pdf", "buffer": b""}
    good: FilePayload = {"name": "sent.jpg", "mimeType": "image/jpeg", "buffer": _LETTER.read_bytes()}
    page.set_input_files("#files", [empty_file, good])
    page.wait_for_selector(".sending .refused")
    page.wait_for_selector(".sending .sent, .sending .known")


STATES: Mapping[str, Callable[[Page, Shown], None]] = {
    "documents": _view("/documents"),
    "none_match": _view("/documents?q=nothing+has+this"),
    "batch": _view("/documents?batch=march"),
    "loading": _loading,
    "chosen": _chosen,
    "erasing": _erasing,
    "offline": _offline,
    "session_over": _session_over,
    "send": _view("/send"),
    "sending": _sending,
    "review": _view("/review/{review}"),
    "unsaved": _unsaved,
    "clash": _clash,
    "keys": _keys,
    "rejecting": _rejecting,
    "waiting": _view("/review/{waiting}"),
    "running": _running,
    "failed": _view("/review/{failed}"),
    "unclear": _view("/review/{unclear}"),
    "erased": _view("/review/{erased}"),
    "finished": _view("/review?done=1&batch=none"),
    "kinds": _view("/kinds"),
    "kind": _view("/kinds/receipt"),
    "builder": _view("/kinds?sample={review}"),
    "overview": _view("/overview"),
    "service": _view("/service"),
}
"""How each is brought about, in a page of its own."""


def empty(page: Page, url: str) -> None:
    """Documents, where there are none yet."""
    look(page, f"{url}/#/documents")
    page.wait_for_selector("#sample-try")
