"""Assemble the app from its state, middleware, error handlers and routes; nothing is decided here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware

from models import VERSION
from service.api.error_handlers import HANDLERS, InternalErrors
from service.api.openapi import DescribedApp
from service.api.routes import (
    acronyms,
    batch,
    browser,
    collections,
    corpus,
    docs,
    documents,
    embed,
    facets,
    feed,
    health,
    judgements,
    metrics,
    originals,
    pages,
    read,
    references,
    search,
    similar,
    static_page,
    verify,
)
from service.mcp import http as mcp
from service.middleware import policy
from service.middleware.access import AccessControl
from service.middleware.access_log import AccessLog
from service.middleware.admission import Admission, Bounds
from service.middleware.body_limits import BodyLimits
from service.middleware.cors import Cors
from service.middleware.headers import SecurityHeaders
from service.middleware.hosts import Hosts
from service.middleware.keys import Keyring
from service.middleware.rate import RateLimit
from service.middleware.root_path import RootPath
from service.search.collections import Collections
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from service.telemetry.query_log import QueryLog

if TYPE_CHECKING:
    from service.telemetry.spans import Tracing

UNTRACED: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""The framework's own spans and logs hold whole addresses, and so questions and names of documents."""
SPARE_THREADS = 8
"""Threads besides one for each admitted request, for requests that pass admission by."""
RESOURCES = (
    search,
    batch,
    facets,
    similar,
    verify,
    judgements,
    mcp,
    documents,
    originals,
    pages,
    read,
    references,
    feed,
    corpus,
    collections,
    acronyms,
    health,
    metrics,
    docs,
    browser,
    embed,
    static_page,
)
"""The modules whose routers make up the API, in the order of its description."""


def build_app(
    served: Collections | IndexWatcher,
    settings: Settings | None = None,
    query_log: QueryLog | None = None,
    *,
    tracing: Tracing | None = None,
    wait_until_settled: bool = False,
) -> FastAPI:
    """Return the app over collections, or one index, and a query log, which start and stop with it.

    Settings left out are the defaults. `tracing` makes a span of each request. With `wait_until_settled` it
    starts only once it can answer or knows why not. Raises ValueError when the path policy does not name
    every route.
    """
    every = Collections.only(served) if isinstance(served, IndexWatcher) else served
    settings = settings or Settings(index=every.folders)
    keyring = Keyring(settings.keys_file, required=not settings.loopback)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = settings.concurrency + SPARE_THREADS
        with query_log or nullcontext():
            every.start()
            if wait_until_settled:
                await to_thread.run_sync(every.wait)
            yield
            every.stop()

    app = DescribedApp(
        title="Repère",
        version=VERSION,
        summary="Ask a corpus of articles in French or English; get ranked passages and where they stand.",
        generate_unique_id_function=lambda route: route.name,
        lifespan=lifespan,
        middleware=_middleware(settings, keyring, tracing, stopping=lambda: bool(app.state.stopping)),
        exception_handlers=HANDLERS,
        telemetry=UNTRACED,
        docs_url=None,  # the framework's own page draws itself with scripts from a public host
        redoc_url=None,
        servers=[{"url": settings.root_path}] if settings.root_path else None,
        redirect_slashes=False,  # an address that is nearly right is refused in the one shape
    )
    app.state.collections, app.state.query_log, app.state.settings = every, query_log, settings
    app.state.keyring, app.state.stopping = keyring, False
    for resource in RESOURCES:
        app.include_router(resource.router)
    policy.check_routes(
        ["/openapi.json", *(route.path for resource in RESOURCES for route in resource.router.routes)]
    )
    return app


def _middleware(
    settings: Settings, keyring: Keyring, tracing: Tracing | None, stopping: Callable[[], bool]
) -> list[Middleware]:
    """Return what stands between the server and the routes, outermost first."""
    bounds = Bounds(settings.concurrency, settings.queue, settings.timeout)
    return [
        Middleware(RootPath, root_path=settings.root_path),
        *([tracing.middleware()] if tracing else []),
        Middleware(AccessLog, stopping=stopping),
        Middleware(SecurityHeaders),
        Middleware(Hosts, names=(settings.host, *settings.hosts)),
        *([Middleware(Cors, origins=settings.cors_origins)] if settings.cors_origins else []),
        Middleware(BodyLimits),
        Middleware(AccessControl, keyring=keyring),
        *([Middleware(RateLimit, rate=settings.rate)] if settings.rate else []),
        Middleware(Admission, bounds=bounds),
        Middleware(InternalErrors),
    ]
