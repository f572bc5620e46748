"""Whatever is pressed in any state of the page, the focus is afterwards where one can go on from: never nowhere, and
in a view that one stays in at a control."""

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

_KINDS = 'button, summary, a[href^="#"], select, input[type=checkbox], input[type=date]'
_CONTROLS = f"""() => [...document.querySelectorAll('#main :is({_KINDS}), dialog :is({_KINDS})')]
  .filter(one => one.checkVisibility() && !one.disabled && (!document.querySelector('dialog[open]') || one.closest('dialog')))
  .map((one, at) => {{
    one.dataset.control = at;
    const same = one.classList.contains('value') ? 'value' : one.closest('td, li, svg') && one.matches('a, input') ? `one of ${{one.closest('table, ul, svg').className}}` : null;
    return [at, one.localName, same || (one.getAttribute('aria-label') || one.textContent).replace(/\\d+/g, '#')];
  }})"""
"""The controls of a view, each marked by its number, with what they are called; those of one name do one thing, as all values do."""
_HELD = """() => {
  const held = document.activeElement;
  const busy = document.querySelector('[aria-busy=true]') && !document.querySelector('dialog[open]');
  return held && held !== document.body && held.isConnected && !busy;
}"""
"""The focus is somewhere, and nothing is under way that could take it from there."""
_AT_LARGE = "() => document.activeElement.id === 'main'"
"""It is not at a control, as it should be only in a view that was gone to."""
_KEYS = {"input": "Space", "select": "ArrowDown"}
_PATIENCE = 10_000  # milliseconds that another document may take to be there


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with screenshots.service(tmp_path_factory.mktemp("focus")) as url:
        screenshots.send_samples(url)
        yield page_states.prepare(url)


def controls(page: Page) -> dict[str, tuple[int, str]]:
    """By name the first control of it that can be pressed: its number, and what element it is."""
    found: dict[str, tuple[int, str]] = {}
    for at, element, name in page.evaluate(_CONTROLS):
        found.setdefault(name, (at, element))
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
            untried = [pair for pair in controls(page).items() if pair[0] not in tried]
            if not untried:
                del states[0]
                continue
            name, (at, element) = untried[0]
            tried.add(name)
            before = page.url
            page.locator(f'[data-control="{at}"]').focus()
            page.keyboard.press(_KEYS.get(element, "Enter"))
            page.wait_for_timeout(250)  # until what was pressed has begun
            try:
                page.wait_for_function(_HELD, timeout=_PATIENCE)
            except NotInTime:
                lost.append((states[0], name, "nowhere"))
            else:
                if page.evaluate(_AT_LARGE) and page.url == before:
                    lost.append((states[0], name, "at the view as a whole"))
    assert len(tried) > 1
    assert lost == []
