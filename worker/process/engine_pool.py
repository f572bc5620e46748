"""What a worker process reads with: engines, loaded when first needed, and the sandbox."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.job import Job
from worker.errors import MissingExtra, ModelUnavailable
from worker.jobs import catalogue, object_keys
from worker.jobs.app import App
from worker.log import logger
from worker.owned_folders import OwnedFolder
from worker.process.model_slot import ModelSlot
from worker.reading.engines import registry
from worker.reading.engines.base import Engine
from worker.reading.pages.base import Page, PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.reading.text.page_lines import PageLines
from worker.reading.text.sources import OcrLines, TextLayerLines
from worker.settings import Settings

_log = logger(__name__)
_FOLDER = "pagemill-worker-"
_CROWDED = "gpu"  # the queue of engines that fill the memory they run in


class EnginePool:
    """One per process; shared by its threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engines: dict[str, Engine] = {}
        self._loading = threading.Lock()
        self._slot = ModelSlot()
        self._folder = OwnedFolder(_FOLDER)
        self.sandbox = Sandbox(PageLimits.of(settings), pdf_backend=settings.pdf_backend)
        self._lines = OcrLines(ocr_runtime=settings.ocr_runtime)  # which loads when it first needs to

    @contextmanager
    def engine(self, name: str, *, while_waiting: Callable[[], None] = lambda: None) -> Iterator[Engine]:
        """An engine, ready to read for as long as the block runs; raises EngineError, MissingExtra.

        There is room for one on the GPU: whoever wants another waits until nobody reads with the one
        that is there, and `while_waiting` is called meanwhile.
        """
        if catalogue.entry(name).queue != _CROWDED:
            yield self._ready(name)
            return
        with self._slot.enter(name, while_waiting=while_waiting):
            yield self._ready(name)

    def _ready(self, name: str) -> Engine:
        found = self._engines.get(name)
        if found is not None:
            return found
        with self._loading:
            return self._engines.get(name) or self._load(name)

    def _load(self, name: str) -> Engine:
        registry.check(name, self._settings)  # before a model that works is given up for it
        for other in self._in_the_way(name):
            self._engines.pop(other).close()
            _log.info("engine_closed", engine=other)
        engine = registry.create(name, self._settings)
        engine.warm_up()
        _log.info("engine_loaded", engine=name, model=engine.model)
        self._engines[name] = engine
        return engine

    def _in_the_way(self, name: str) -> list[str]:
        """The engines for which there is no room beside the one of that name."""
        if catalogue.entry(name).queue != _CROWDED:
            return []
        return [other for other in self._engines if catalogue.entry(other).queue == _CROWDED]

    def lines_of(self, page: Page) -> PageLines:
        """The lines of a page, for those who look at it; where there is no OCR, as its file has them."""
        try:
            return self._lines(page)
        except (MissingExtra, ModelUnavailable) as error:
            _log.warning("lines_without_ocr", reason=str(error))
            return TextLayerLines()(page)

    def loaded(self) -> tuple[str, ...]:
        """The engines that are ready."""
        return tuple(self._engines)

    @contextmanager
    def source(self, app: App, job: Job) -> Iterator[Path]:
        """The document of a job as a file for as long as the block runs; raises StorageUnavailable."""
        path = self._folder.path / f"{job.id}-{threading.get_ident()}"
        try:
            app.store.fetch(object_keys.source(job.spec), path)
            yield path
        finally:
            path.unlink(missing_ok=True)
            path.with_name(path.name + ".part").unlink(missing_ok=True)

    def close(self) -> None:
        """End the children, free the engines."""
        self.sandbox.close()
        self._lines.close()
        for engine in self._engines.values():
            engine.close()
        self._folder.close()
