"""What people look at of a page: its picture, a small one, its lines; drawn when asked for, and kept."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

from PIL import Image

from schemas.job import Job
from schemas.page import Box, Line
from worker.errors import PageMissing, SourceError
from worker.jobs import change, object_keys
from worker.jobs.app import App
from worker.jobs.object_keys import Drawing
from worker.process.engine_pool import EnginePool
from worker.reading.pages.base import Page
from worker.reading.pages.sandbox import PageFailed
from worker.reading.text.page_lines import PageLines

_LONGEST_SIDE = 2000  # pixels; enough to read on a screen
_THUMBNAIL_SIDE = 240
_QUALITY = 80


def draw(app: App, job_id: str, number: int, *, pool: EnginePool, what: Drawing = Drawing.PICTURE) -> None:
    """Store what is wanted of a page, counted from 1, or why there is none.

    Raises NotFound, StorageUnavailable. The small picture comes with the large one.
    """
    job = app.ledger.jobs.get(job_id)
    if app.store.stat(object_keys.drawn(job, number, what)) is not None:
        return
    try:
        for kind, body in _drawings(app, job, number, pool, what):
            app.store.create(object_keys.drawn(job, number, kind), body)
    except SourceError as error:
        app.store.create(object_keys.undrawable(job, number), str(error).encode())
        return
    change.remove_if_erased(app, job)


def _drawings(
    app: App, job: Job, number: int, pool: EnginePool, what: Drawing
) -> Iterator[tuple[Drawing, bytes]]:
    picture = object_keys.drawn(job, number, Drawing.PICTURE)
    if what is Drawing.THUMBNAIL and app.store.stat(picture) is not None:  # of before there were small ones
        yield what, _webp(Image.open(io.BytesIO(app.store.read(picture))), _THUMBNAIL_SIDE)
        return
    page = _page(app, job, number, pool)
    if what is Drawing.LINES:
        yield what, _lines(page, pool.lines_of(page).tight())
        return
    image = Image.fromarray(page.picture)
    yield Drawing.THUMBNAIL, _webp(image.copy(), _THUMBNAIL_SIDE)
    yield Drawing.PICTURE, _webp(image, _LONGEST_SIDE)


def _page(app: App, job: Job, number: int, pool: EnginePool) -> Page:
    with pool.source(app, job) as path:
        document = pool.sandbox.open(path, first=number)
        try:
            page = next(iter(document), None)
        finally:
            document.close()
    if page is None:
        raise PageMissing(number=number)
    if isinstance(page, PageFailed):
        raise page.error
    return page


def _webp(image: Image.Image, side: int) -> bytes:
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=_QUALITY, method=2)
    return buffer.getvalue()


def _lines(page: Page, found: PageLines) -> bytes:
    """As JSON, on the page as it lies in its picture."""
    lines = [
        {
            "text": line.text,
            "box": found.on_page(line.box).rounded(),
            "edges": [round(_on_page(edge, line, found), 4) for edge in line.edges],
            "vertical": line.vertical != bool(found.quarter_turns % 2),
        }
        for line in found.lines
    ]
    told = {"width": page.width, "height": page.height, "lines": lines}
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")


def _on_page(edge: float, line: Line, found: PageLines) -> float:
    """An edge between characters on the page as it came."""
    x, y = (line.box.cx, edge) if line.vertical else (edge, line.box.cy)
    there = found.frame.on_page(Box(x, y, x, y))
    along_y = line.vertical != bool(found.quarter_turns % 2)
    return there.y0 if along_y else there.x0
