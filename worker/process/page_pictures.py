"""The picture of a page, drawn when somebody first looks at it and kept beside the record."""

from __future__ import annotations

import io

from PIL import Image

from schemas.job import Job
from worker.errors import PageMissing, SourceError
from worker.jobs import change, object_keys
from worker.jobs.app import App
from worker.process.engine_pool import EnginePool
from worker.reading.pages.base import Page
from worker.reading.pages.sandbox import PageFailed

_LONGEST_SIDE = 2000  # pixels; enough to read on a screen
_QUALITY = 80


def draw(app: App, job_id: str, number: int, *, pool: EnginePool) -> None:
    """Store a page, counted from 1, as WebP, or why there is none; raises NotFound, StorageUnavailable."""
    job = app.ledger.jobs.get(job_id)
    if app.store.stat(object_keys.page(job, number)) is not None:
        return
    try:
        page = _page(app, job, number, pool)
    except SourceError as error:
        app.store.create(object_keys.undrawable(job, number), str(error).encode())
        return
    app.store.create(object_keys.page(job, number), _webp(page))
    change.remove_if_erased(app, job)


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


def _webp(page: Page) -> bytes:
    image = Image.fromarray(page.picture)
    image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=_QUALITY, method=2)
    return buffer.getvalue()
