"""Lines with values to be found in them."""

from __future__ import annotations

from schemas.page import Line
from schemas.record import Evidence
from tests.build import line


def rows(*texts: str | tuple[tuple[float, str], ...]) -> dict[int, tuple[Line, ...]]:
    """A page of rows, each a text or texts at x."""
    lines: list[Line] = []
    for number, row in enumerate(texts):
        cells = ((60.0, row),) if isinstance(row, str) else row
        lines.extend(line(x, 60 + 44 * number, text) for x, text in cells)
    return {1: tuple(lines)}


def cited(evidence: Evidence) -> list[str]:
    return [citation.text for citation in evidence.citations]
