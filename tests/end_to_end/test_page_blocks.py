"""What kind `text` says of whole pages."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.draw.blocks import draw_report
from schemas import registry
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.pages.base import Page
from worker.reading.pages.sandbox import Sandbox
from worker.reading.text.sources import TextLayerLines


def test_nothing_of_a_page_is_lost_or_said_twice(tmp_path: Path, sandbox: Sandbox) -> None:
    rng, letters = random.Random(5), Counter[str]()  # noqa: S311
    for number in range(2):
        file = tmp_path / f"{number}.pdf"
        file.write_bytes(draw_report(rng)[0])
        pages = [TextLayerLines()(page) for page in sandbox.open(file) if isinstance(page, Page)]
        data = read_lines(pages, registry.kind("text").root).data
        for page in data["pages"]:
            letters.update("".join("".join(page["lines"]).split()))
            letters.subtract("".join(_letters(page["blocks"]).split()))
    assert letters.pop("-") > 0  # words that lines break are whole
    assert not any(letters.values())


def _letters(blocks: Sequence[dict[str, Any]]) -> str:
    cells = [cell or "" for block in blocks for row in block["rows"] for cell in row["cells"]]
    return "".join([*((block["text"] or "") + "".join(block["items"]) for block in blocks), *cells])
