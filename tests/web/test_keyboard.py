"""Thirty documents at the keyboard: how many keys they take, and how long the next one is waited for."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Page

from bench import planted, review, screenshots

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not screenshots.CHROMIUM.exists(), reason="no Chromium: apt-get install chromium"),
]
COUNT, LONGEST = 30, 300.0  # documents; milliseconds at the median
GLANCE = 1.0  # seconds for which each is looked at, while the next is fetched


def test_thirty_documents_take_few_keys_and_hardly_any_waiting(tmp_path: Path, page: Page) -> None:
    with planted.service(tmp_path, review.drawn(COUNT)) as (stack, jobs):
        found = review.review(page, stack.url, jobs, pause=GLANCE)
        page.goto("about:blank")  # what was leased is let go
    assert len(found.keys) == COUNT
    assert found.wrong == []
    assert found.over == []
    assert found.waited <= LONGEST, found.waits
