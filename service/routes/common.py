"""What routes share: the searcher a request works with, and how an index is named in answers."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from indexer.store.index import OpenIndex
from service.errors import ApiError
from service.live import Live
from service.schemas import ErrorResponse, IndexInfo
from service.search import Searcher


def live(request: Request) -> Live:
    """The state the app was built with."""
    state: Live = request.app.state.live
    return state


def searcher(state: Annotated[Live, Depends(live)]) -> Searcher:
    """What answers this request, to its end. Raises a 503 while there is no model or no index."""
    if state.searcher is None:
        hint = "GET /health says when the service is ready."
        raise ApiError(503, "not_ready", state.problem or "There is no index yet.", hint)
    return state.searcher


LiveState = Annotated[Live, Depends(live)]
CurrentSearcher = Annotated[Searcher, Depends(searcher)]

REFUSALS: dict[int | str, dict[str, object]] = {
    status: {"model": ErrorResponse, "description": text}
    for status, text in {
        400: "The request cannot be read.",
        404: "There is no such thing.",
        413: "The body is too large.",
        422: "A parameter is missing, unknown or out of bounds.",
        503: "There is no index to answer from; the message names the command that builds one.",
    }.items()
}


def index_info(index: OpenIndex) -> IndexInfo:
    """The index an answer comes from."""
    manifest = index.manifest
    return IndexInfo(
        generation=manifest.generation,
        model=manifest.model.name,
        documents=manifest.documents,
        passages=manifest.passages,
    )
