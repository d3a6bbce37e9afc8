"""Assemble the app: state, limits, errors, routes. Nothing is decided here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from models import VERSION
from service import errors
from service.limits import Limits
from service.live import Live
from service.openapi import Described
from service.routes import acronyms, docs, documents, facets, health, page, search, similar, suggestions


def build_app(live: Live) -> FastAPI:
    """The app over this state, which is started and stopped with it."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        live.start()
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
    app.state.live = live
    errors.install(app)
    app.add_middleware(Limits)
    for resource in (search, facets, similar, documents, acronyms, health, docs, page, suggestions):
        app.include_router(resource.router)
    return app
