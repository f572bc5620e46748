"""Whatever is pressed in any state of the page, the focus is afterwards where one can go on from: never nowhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as NotInTime

from bench import page_states, screenshots
from bench.page_states import Shown

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not screenshots.CHROMIUM.exists(), reason="no Chromium: apt-get install chromium"),
]

_CONTROLS = """() => [...document.querySelectorAll('#main button, #main summary, dialog button')]
  .filter(one => one.checkVisibility() && !one.disabled && (!document.querySelector('dialog[open]') || one.closest('dialog')))
  .map((one, at) => (one.dataset.control = at, [at, one.classList.contains('value') ? 'value' : (one.getAttribute('aria-label') || one.textContent).replace(/\\d+/g, '#')]))"""
"""The controls of a view, each marked by its number, with what they are called; those of one name do one thing, as all values do."""
_HELD = """() => {
  const held = document.activeElement;
  const busy = document.querySelector('[aria-busy=true]') && !document.querySelector('dialog[open]');
  return held && held !== document.body && held.isConnected && !busy;
}"""
_PATIENCE = 10_000  # milliseconds that another document may take to be there


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with screenshots.service(tmp_path_factory.mktemp("focus")) as url:
        screenshots.send_samples(url)
        yield page_states.prepare(url)


def controls(page: Page) -> dict[str, int]:
    """By name the first control of it that can be pressed."""
    found: dict[str, int] = {}
    for at, name in page.evaluate(_CONTROLS):
        found.setdefault(name, at)
    return found


VIEWS = {
    "documents": ("documents", "none_match", "batch", "chosen", "erasing"),
    "send": ("send", "sending"),
    "review": ("review", "unsaved", "clash", "keys", "rejecting"),
    "unread": ("waiting", "running", "failed", "unclear", "erased", "finished"),
    "others": ("kinds", "kind", "builder", "overview", "service", "session_over"),
}
"""The states in which something can be pressed; a control is tried in the first state of a view that has it."""


def test_every_state_is_tried() -> None:
    assert {state for states in VIEWS.values() for state in states} == set(page_states.STATES) - {
        "loading",
        "offline",
    }


@pytest.mark.parametrize("view", VIEWS)
def test_no_control_leaves_the_keyboard_without_a_place(shown: Shown, chromium: Browser, view: str) -> None:
    lost, tried = [], set()
    states = list(VIEWS[view])
    while states:
        with chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en") as context:
            page = context.new_page()
            page_states.STATES[states[0]](page, shown)
            name, at = next((pair for pair in controls(page).items() if pair[0] not in tried), ("", -1))
            if at < 0:
                del states[0]
                continue
            tried.add(name)
            page.locator(f'[data-control="{at}"]').focus()
            page.keyboard.press("Enter")
            page.wait_for_timeout(250)  # until what was pressed has begun
            try:
                page.wait_for_function(_HELD, timeout=_PATIENCE)
            except NotInTime:
                lost.append((states[0], name))
    assert len(tried) > 1
    assert lost == []
