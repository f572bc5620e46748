"""The picture of a page, drawn when somebody first looks at it and kept beside the record."""

from __future__ import annotations

import io
from itertools import islice

from PIL import Image

from worker.app import App
from worker.jobs import layout
from worker.raster.base import Page
from worker.raster.sandbox import PageFailed
from worker.reader import Reader
from worker.refusals import NotFound

_LONGEST_SIDE = 2000  # pixels; enough to read on a screen
_QUALITY = 80


def draw(app: App, job_id: str, number: int, *, reader: Reader) -> None:
    """Store a page, counted from 1, as WebP; raises NotFound, SourceError, StorageUnavailable."""
    job = app.ledger.jobs.get(job_id)
    key = layout.page(job, number)
    if app.store.stat(key) is not None:
        return
    with reader.source(app, job) as path:
        document = reader.sandbox.open(path)
        try:
            page = next(islice(document, number - 1, None), None)
        finally:
            document.close()
    if page is None:
        raise NotFound(what=f"page {number}")
    if isinstance(page, PageFailed):
        raise page.error
    app.store.create(key, _webp(page))


def _webp(page: Page) -> bytes:
    image = Image.fromarray(page.picture)
    image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=_QUALITY, method=2)
    return buffer.getvalue()
