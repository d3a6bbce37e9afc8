"""Dependencies and answers that routes share: the app's state, checked parameters, documented refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from indexer.store.open_index import OpenIndex
from service.api.schemas import ErrorResponse, IndexInfo
from service.errors import SEE_PARAMETERS, ApiError, echo, unknown_parameter
from service.search.index_watcher import IndexWatcher
from service.search.searcher import Searcher
from service.telemetry.query_log import QueryLog

# These are coroutines though they wait for nothing: plain functions would be run on worker threads, all of
# which may be busy with the model, and then not even /health could answer.


async def index_watcher(request: Request) -> IndexWatcher:
    """Return the index watcher that the app was built with."""
    watcher: IndexWatcher = request.app.state.watcher
    return watcher


async def query_log(request: Request) -> QueryLog | None:
    """Return the query log that the app was built with, if any."""
    log: QueryLog | None = request.app.state.query_log
    return log


async def searcher(watcher: Annotated[IndexWatcher, Depends(index_watcher)]) -> Searcher:
    """Return the searcher that serves this request to its end. Raises a 503 without a model or an index."""
    return searcher_of(watcher)


def searcher_of(watcher: IndexWatcher) -> Searcher:
    """Return the searcher that serves now. Raises a 503 without a model or an index."""
    now = watcher.now
    if now.searcher is None:
        hint = "GET /health says when the service is ready."
        raise ApiError(503, "not_ready", now.problem or "There is no index yet.", hint)
    return now.searcher


def only_parameters(parameters: type[BaseModel] | None = None) -> Any:
    """Return a dependency that refuses, in the address, any other parameter and any that is given twice."""
    names = parameter_names(parameters) if parameters else frozenset[str]()

    async def check(request: Request) -> None:
        check_parameters(request, names)

    return Depends(check)


def parameter_names(parameters: type[BaseModel]) -> frozenset[str]:
    """Return the names that the fields of a model have in an address."""
    return frozenset(field.alias or name for name, field in parameters.model_fields.items())


def check_parameters(request: Request, names: Set[str]) -> None:
    """Raise ApiError when the address holds a parameter of another name, or one of these twice."""
    for name, times in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name not in names:
            raise unknown_parameter(name)
        if times > 1:
            message = f"{echo(name)} is given {times} times; it is taken once."
            raise ApiError(422, "repeated_parameter", message, SEE_PARAMETERS)


CurrentWatcher = Annotated[IndexWatcher, Depends(index_watcher)]
CurrentSearcher = Annotated[Searcher, Depends(searcher)]
CurrentQueryLog = Annotated[QueryLog | None, Depends(query_log)]

_REFUSALS: dict[int, dict[str, Any]] = {
    status: {"model": ErrorResponse, "description": text}
    for status, text in {
        400: "The request cannot be read.",
        404: "There is no such thing.",
        409: "Another generation of the index serves than the one that is asked for.",
        410: "The file is gone, or is no longer the one that was indexed.",
        413: "The body is too large.",
        416: "The file holds none of the bytes that are asked for.",
        422: "A parameter is missing, unknown or out of bounds.",
        500: "Something failed on this side.",
        507: "It could not be kept.",
        503: "There is no index to answer from, too much is asked at once, or the answer took too long.",
    }.items()
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of the refusals that a route can answer with."""
    return {status: _REFUSALS[status] for status in statuses}


def json_response(body: BaseModel) -> Response:
    """Return the body as JSON. Given the body itself, the framework would validate every field again."""
    return Response(body.model_dump_json(by_alias=True), media_type="application/json")


def index_info(index: OpenIndex) -> IndexInfo:
    """Return what an answer says of the index it comes from."""
    manifest = index.manifest
    return IndexInfo(
        generation=manifest.generation,
        model=manifest.model.name,
        documents=manifest.documents,
        passages=manifest.passages,
    )
