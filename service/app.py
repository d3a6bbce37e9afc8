"""Assemble the app: state, errors, what stands before the routes, routes. Nothing is decided here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from anyio import to_thread
from fastapi import FastAPI

from models import VERSION
from service import errors
from service.api.openapi import Described
from service.api.routes import (
    acronyms,
    docs,
    documents,
    facets,
    health,
    metrics,
    search,
    similar,
    static_page,
    suggestions,
)
from service.middleware.access import Access
from service.middleware.access_log import Requests
from service.middleware.admission import Admission, Bounds
from service.middleware.body_limits import Limits
from service.middleware.cors import Origins
from service.middleware.headers import Headers
from service.middleware.hosts import Hosts
from service.middleware.keyring import Keyring
from service.middleware.rate import Rate
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from service.telemetry.query_log import QuestionLog

SPARE = 8
"""Threads beside those that admission lets in: what passes it by reads a file now and then."""


def build_app(
    live: IndexWatcher,
    chosen: Settings | None = None,
    questions: QuestionLog | None = None,
    *,
    patient: bool = False,
) -> FastAPI:
    """The app over this state and this query log, which are started and stopped with it.

    Without settings it goes by their defaults. A patient one starts only once it can answer or knows why not.
    """
    chosen = chosen or Settings(index=live.index)
    bounds = Bounds(chosen.concurrency, chosen.queue, chosen.timeout)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = bounds.concurrency + SPARE
        with questions or nullcontext():
            live.start()
            if patient:
                await to_thread.run_sync(live.settled.wait)
            yield
            live.stop()

    app = Described(
        title="Repère",
        version=VERSION,
        summary="Ask a corpus of articles in French or English; get ranked passages and where they stand.",
        lifespan=lifespan,
        docs_url=None,  # the framework's own page draws itself with scripts from a public host
        redoc_url=None,
        redirect_slashes=False,  # an address that is nearly right is refused in the one shape
    )
    app.state.live, app.state.questions = live, questions
    app.state.stopping = False
    resources = (
        search,
        facets,
        similar,
        documents,
        acronyms,
        suggestions,
        health,
        metrics,
        docs,
        static_page,
    )
    routes = [route for each in resources for route in each.router.routes]
    # From the inside out: each that is added stands around those before it.
    errors.install(app)
    app.add_middleware(Admission, bounds=bounds)
    if chosen.rate:
        app.add_middleware(Rate, rate=chosen.rate)
    app.add_middleware(Access, keyring=Keyring(chosen.keys_file, needed=not chosen.loopback))
    app.add_middleware(Limits)
    if chosen.cors_origins:
        app.add_middleware(Origins, origins=chosen.cors_origins)
    app.add_middleware(Hosts, names=(chosen.host, *chosen.hosts))
    app.add_middleware(Headers)
    app.add_middleware(Requests, routes=routes, stopping=lambda: app.state.stopping)
    for each in resources:
        app.include_router(each.router)
    return app
