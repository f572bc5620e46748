"""The HTTP API: routes, errors, limits put together. `serve` runs it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from api import page, problems
from api.auth import require_safe
from api.deadlines import MOST_CONNECTIONS, PromptConnection
from api.doors import Doors
from api.event_streams import EventStreams
from api.limits import SmallBodies
from api.routes import (
    audit,
    batches,
    counts,
    documents,
    engines,
    events,
    exports,
    hooks,
    jobs,
    keys,
    kinds,
    overview,
    pages,
    project,
    questions,
    records,
    reviews,
    service,
    session,
    status,
)
from api.webhooks import Sender
from worker.jobs.app import App, connect
from worker.jobs.tracing import TRACING
from worker.log import logger
from worker.settings import Settings, version

_log = logger(__name__)
_DESCRIPTION = """
Send documents, get validated JSON with the place on the page of every value. Errors are
`application/problem+json` with a stable `code`. Keys go into `Authorization: Bearer pm_…`.
"""
_ROUTES = (
    page,
    documents,
    jobs,
    counts,
    overview,
    questions,
    records,
    pages,
    reviews,
    batches,
    exports,
    kinds,
    engines,
    events,
    hooks,
    audit,
    session,
    keys,
    project,
    service,
    status,
)


def serve(settings: Settings) -> None:
    """Answer requests until SIGTERM; raises SettingsInvalid where that would be unsafe."""
    require_safe(settings)
    TRACING.start(settings, process="api")
    app = connect(settings)
    app.prepare()
    if settings.auth == "off":
        _log.warning("auth_is_off", host=settings.host, who="everyone on this machine may do everything")
    uvicorn.run(
        create(app),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        http=PromptConnection,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=5,
    )


def create(app: App) -> FastAPI:
    """The API over these parts."""

    @asynccontextmanager
    async def lifespan(_api: FastAPI) -> AsyncIterator[None]:
        sender = Sender(app)
        sender.start()
        yield
        sender.stop()
        app.close()

    api = FastAPIOffline(  # whose /docs needs nothing from elsewhere
        title="Pagemill",
        version=version(),
        description=_DESCRIPTION,
        lifespan=lifespan,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    api.state.parts = app
    api.state.streams, api.state.counted = EventStreams(app), counts.counted(app)
    api.state.readiness, api.state.metrics = status.readiness(app), status.figures(app)
    problems.install(api)
    api.add_middleware(SmallBodies, except_path="/v1/jobs")
    api.add_middleware(Doors)
    for routes in _ROUTES:
        api.include_router(routes.router)
    TRACING.watch_api(api)
    return api
