"""How many keys and how much waiting a review takes: a script at the keyboard, over drawn receipts with planted errors.

usage: python -m bench.review [--count N] [--pause SECONDS]    (needs Playwright and a Chromium)
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page

from bench import planted, screenshots
from bench.planted import Case
from schemas import pointer

RIGHT_KEYS, WRONG_KEYS, KEYS_PER_ERROR = 4, 6, 3
"""What the issue allows: keys of a document that is right, and of one with errors."""

_COMPLETE = """(before) => {
  const ready = () => {
    const canvas = document.querySelector('.canvas[data-state=there]');
    const title = document.querySelector('.review-head h1')?.textContent;
    const focus = document.activeElement?.matches('.field.open .value, #accept');
    const crop = document.querySelector('.field.in-hand .crop');
    return canvas && title !== before && focus && (!crop || crop.style.height);
  };
  const end = document.querySelector('.notice h1');
  if (!end && !ready()) return false;
  return performance.now() - window.accepted;
}"""
_FIRST = "document.activeElement === (document.querySelector('.field.open .value') ?? document.querySelector('#accept'))"
_LISTEN = """() => addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.ctrlKey) window.accepted = performance.now();
}, true)"""


@dataclass(slots=True)
class Figures:
    """What a review took."""

    keys: list[tuple[Case, int]] = field(default_factory=list)
    letters: int = 0
    waits: list[float] = field(default_factory=list)  # milliseconds
    wrong: list[str] = field(default_factory=list)

    @property
    def waited(self) -> float:
        """Milliseconds until the next document stands complete, at the median; the last has no next one."""
        return statistics.median(self.waits[:-1])

    @property
    def over(self) -> list[tuple[str, int]]:
        """Documents that took more keys than are allowed."""
        return [(case.filename, keys) for case, keys in self.keys if keys > allowed(case)]


def allowed(case: Case) -> int:
    """The most keys that a document may take."""
    return WRONG_KEYS + KEYS_PER_ERROR * case.errors if case.errors else RIGHT_KEYS


def drawn(count: int, *, seed: int = 14) -> list[Case]:
    """Receipts with none to three errors, and one to three right values that are doubted."""
    rng = random.Random(seed)
    return [planted.plant(rng, number, errors=number % 4, doubts=1 + number % 3) for number in range(count)]


def review(page: Page, url: str, jobs: Mapping[str, Case], *, kind: str = "", pause: float = 0.0) -> Figures:
    """Review the whole queue, or that of a kind, by keyboard alone, as somebody does who knows what is printed.

    `pause` is for how long each document is looked at before the first key, in seconds.
    """
    found = Figures()
    page.goto(f"{url}/#/review?kind={kind}")
    page.evaluate(_LISTEN)
    for _ in jobs:
        page.wait_for_selector(".field.open .value:focus, #accept:focus")
        job = page.url.rpartition("/")[2].partition("?")[0]
        if not page.evaluate(_FIRST):
            found.wrong.append(f"{job}: the keys do not begin at the first value to check")
        page.wait_for_timeout(1000 * pause)
        found.keys.append((jobs[job], _decide(page, jobs[job], found)))
        record = httpx.get(f"{url}/v1/jobs/{job}/record").json()
        found.wrong += [f"{job}{at}" for at in _differences(jobs[job], record)]
        if record["state"] != "done":
            found.wrong.append(f"{job} is {record['state']}")
    return found


def _decide(page: Page, case: Case, found: Figures) -> int:
    """Settle what is to be checked, accept, and wait for the next document; how many keys that took."""
    name = page.locator(".review-head h1").inner_text()
    keys = 0
    while (at := page.evaluate("document.activeElement.dataset.path ?? null")) is not None:
        keys += _settle(page, at, pointer.get(case.truth, at), found)
    page.keyboard.press("Control+Enter")
    waited = page.wait_for_function(_COMPLETE, arg=name, polling="raf").json_value()
    found.waits.append(float(waited))
    return keys + 1


def _settle(page: Page, at: str, truth: Any, found: Figures) -> int:
    field = page.locator(".field", has=page.locator(f'[data-path="{at}"]'))
    if field.locator(".value").inner_text() == _text(truth):
        page.keyboard.press("Enter")
        return 1
    others = field.locator(".alternatives button").all_inner_texts()
    for number, other in enumerate(others, 1):
        if _text(truth) == _chosen(other):
            page.keyboard.press(str(number))
            return 1
    page.keyboard.press("e")
    page.keyboard.insert_text(_text(truth))
    page.keyboard.press("Enter")
    found.letters += len(_text(truth))
    return 2


def _chosen(text: str) -> str:
    """`12.3` of the button `1 12.3 20 %`."""
    return " ".join(text.replace("\xa0", " ").split()[1:-2])


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _differences(case: Case, record: Mapping[str, Any]) -> list[str]:
    return [at for at, value in pointer.leaves(dict(case.truth)) if pointer.get(record["data"], at) != value]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=30)
    options.add_argument("--pause", type=float, default=2.0)
    options.add_argument("--seed", type=int, default=14)
    chosen = options.parse_args()
    with (
        tempfile.TemporaryDirectory() as place,
        planted.service(Path(place), drawn(chosen.count, seed=chosen.seed)) as (stack, jobs),
        screenshots.browser() as chromium,
    ):
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        found = review(page, stack.url, jobs, pause=chosen.pause)
        page.close()
    report(found)


def report(found: Figures) -> None:
    """Print what was found."""
    right = [keys for case, keys in found.keys if not case.errors]
    wrong = [(case.errors, keys) for case, keys in found.keys if case.errors]
    print(
        f"{len(found.keys)} documents, {sum(errors for errors, _ in wrong)} planted errors, {len(found.wrong)} values wrong after review"
    )
    print(
        f"keys of the {len(right)} that were right: median {statistics.median(right):g}, most {max(right)} (allowed {RIGHT_KEYS})"
    )
    spare = max(keys - WRONG_KEYS - KEYS_PER_ERROR * errors for errors, keys in wrong)
    print(
        f"keys of the {len(wrong)} with errors: median {statistics.median(k for _, k in wrong):g}, most {max(k for _, k in wrong)}; the worst is {-spare} below what is allowed; and {found.letters} letters typed"
    )
    print(f"over what is allowed: {found.over or 'none'}")
    waits = sorted(found.waits[:-1])
    print(
        f"the next document stands complete after: median {found.waited:.0f} ms, 95 % {waits[int(0.95 * len(waits))]:.0f} ms, longest {waits[-1]:.0f} ms"
    )
    print(f"wrong: {found.wrong or 'none'}")


if __name__ == "__main__":
    main()
