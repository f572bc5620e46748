"""Every view and every state that is drawn is accessible: wide and narrow, light and dark, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Browser

from bench import page_states, screenshots
from bench.page_states import Shown
from tests.web.conftest import inaccessible

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not screenshots.CHROMIUM.exists(), reason="no Chromium: apt-get install chromium"),
]
Scheme = Literal["light", "dark"]
LOOKS: list[tuple[int, Scheme, str]] = [
    (1280, "light", "en"),
    (1280, "dark", "zh-CN"),
    (390, "light", "zh-CN"),
    (390, "dark", "en"),
]  # each of two things that are chosen meets each of the others


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Shown]:
    with screenshots.service(tmp_path_factory.mktemp("states")) as url:
        for width, scheme, language in LOOKS:
            with chromium.new_context(
                viewport={"width": width, "height": 800}, color_scheme=scheme, locale=language
            ) as context:
                page = context.new_page()
                page_states.empty(page, url)
                assert inaccessible(page) == []
        screenshots.send_samples(url)
        yield page_states.prepare(url)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
@pytest.mark.parametrize("state", page_states.STATES)
def test_every_state_is_accessible(
    shown: Shown, chromium: Browser, state: str, look: tuple[int, Scheme, str]
) -> None:
    width, scheme, language = look
    with chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, locale=language
    ) as context:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page_states.STATES[state](page, shown)
        assert inaccessible(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is too wide"
        assert not errors
