"""GET /collections: the collections that a key opens."""

from __future__ import annotations

from fastapi import APIRouter, Request

from service.api.routes.common import AllCollections, names_opened, only_parameters, refusals
from service.api.routes.health import of_each
from service.api.schemas import CollectionList

router = APIRouter(
    tags=["documents"], responses=refusals(400, 422, 500, 503), dependencies=[only_parameters()]
)


@router.get("/collections", summary="List the collections that may be asked")
async def collections(served: AllCollections, request: Request) -> CollectionList:
    """The names that `collection` takes, and how each does."""
    names = names_opened(request)
    states = {
        name: watcher.state for name, watcher in served.watchers.items() if names is None or name in names
    }
    return CollectionList(collections=of_each(states))
