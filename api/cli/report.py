"""The page of `pagemill eval --report`: every miss beside its picture."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from api.cli.scoring import Scored, table
from schemas.record import Evidence
from worker.reading.pages.sandbox import PageFailed, Sandbox
from worker.reading.score.compare import FieldScore

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem; color: #1c1c1c; }
pre { background: #f4f4f2; padding: 1rem; overflow-x: auto; }
section { display: flex; gap: 1.5rem; border-top: 1px solid #ccc; padding: 1rem 0; }
img { width: 26rem; align-self: flex-start; border: 1px solid #ddd; }
table { border-collapse: collapse; } td, th { padding: .2rem .6rem; text-align: left; vertical-align: top; }
.read { color: #a33; } .expected { color: #175f2d; }
"""
_WIDTH = 800  # pixels of a picture in the report


def write(results: Sequence[Scored], target: Path, sandbox: Sandbox) -> None:
    """Write one self-contained HTML file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    body = "\n".join(_section(result, sandbox) for result in results if _misses(result))
    target.write_text(
        f"<!doctype html><meta charset=utf-8><title>Pagemill evaluation</title>"
        f"<style>{_STYLE}</style><h1>Evaluation</h1><pre>{html.escape(table(results))}</pre>{body}",
        encoding="utf-8",
    )


def _misses(result: Scored) -> list[FieldScore]:
    return [item for item in result.scores if not item.right]


def _section(result: Scored, sandbox: Sandbox) -> str:
    rows = "".join(_row(item) for item in _misses(result))
    error = f"<p>{html.escape(str(result.outcome.error))}</p>" if result.outcome.error else ""
    return (
        f"<section><div>{_picture(result, sandbox)}</div><div><h2>{html.escape(result.labelled.id)}</h2>"
        f"{error}<table><tr><th>field<th>expected<th>read<th>confidence</tr>{rows}</table></div></section>"
    )


def _row(item: FieldScore) -> str:
    confidence = "" if item.confidence is None else f"{item.confidence:.2f}"
    return (
        f"<tr><td>{html.escape(item.path)}<td class=expected>{_text(item.expected)}"
        f"<td class=read>{_text(item.read)}<td>{confidence}</tr>"
    )


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "<br>".join(html.escape(str(item)) for item in value)
    return "<i>null</i>" if value is None else html.escape(str(value))


def _picture(result: Scored, sandbox: Sandbox) -> str:
    """The first page with the values it was misread from marked."""
    if result.outcome.error:
        return ""
    document = sandbox.open(result.outcome.path)
    page = next(iter(document))
    document.close()
    if isinstance(page, PageFailed):
        return ""
    image = Image.fromarray(page.picture)
    image.thumbnail((_WIDTH, 4 * _WIDTH))
    for evidence in _wrong(result):
        _frame(image, evidence)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=75)
    return f'<img alt="" src="data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}">'


def _wrong(result: Scored) -> Iterator[Evidence]:
    for item in _misses(result):
        found = result.outcome.record.fields.get(item.path)
        if found:
            yield found


def _frame(image: Image.Image, evidence: Evidence) -> None:
    canvas = ImageDraw.Draw(image)
    for citation in evidence.citations:
        if citation.page == 1:
            x0, y0, x1, y1 = citation.box
            canvas.rectangle(
                (x0 * image.width, y0 * image.height, x1 * image.width, y1 * image.height),
                outline=(170, 40, 40),
                width=2,
            )
