"""Dependencies and answers that routes share: the app's state, checked parameters, documented refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from pydantic import BaseModel
from pydantic_core import to_json

from service.api.opened import Answering, Opened, generations
from service.api.schemas import ErrorResponse, IndexInfo
from service.errors import SEE_PARAMETERS, ApiError, echo, unknown_parameter
from service.search.collections import Collections
from service.search.searcher import Searcher
from service.telemetry.query_log import QueryLog

# These are coroutines though they wait for nothing: plain functions would be run on worker threads, all of
# which may be busy with the model, and then not even /health could answer.


async def all_collections(request: Request) -> Collections:
    """Return the collections that the app was built with."""
    collections: Collections = request.app.state.collections
    return collections


def names_opened(request: Request) -> Set[str] | None:
    """Return the names of the collections that the key of a request opens; None: every one."""
    return getattr(request.state, "collections", None)


async def query_log(request: Request) -> QueryLog | None:
    """Return the query log that the app was built with, if any."""
    log: QueryLog | None = request.app.state.query_log
    return log


async def opened(request: Request) -> Opened:
    """Return the collections that a request may ask, as they serve it to its end.

    Raises a 503 without a model or an index.
    """
    return Opened.by(await all_collections(request), names_opened(request))


async def collection(request: Request) -> Answering:
    """Return the one collection that the address names. Raises a 422 where it is none or several."""
    return (await opened(request)).one(request.query_params.get("collection"))


async def searcher(answering: Annotated[Answering, Depends(collection)]) -> Searcher:
    """Return the searcher of that collection, which serves this request to its end."""
    return answering.searcher


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


AllCollections = Annotated[Collections, Depends(all_collections)]
CurrentCollections = Annotated[Opened, Depends(opened)]
CurrentCollection = Annotated[Answering, Depends(collection)]
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


def json_response(body: object) -> Response:
    """Return the body as JSON. Given the body itself, the framework would validate every field again."""
    return Response(to_json(body), media_type="application/json")


def index_info(*answering: Answering) -> IndexInfo:
    """Return what an answer says of the index it comes from, or of those of several collections together."""
    manifests = [each.searcher.index.manifest for each in answering]
    return IndexInfo(
        generation=generations(answering),
        model=manifests[0].model.name,
        documents=sum(manifest.documents for manifest in manifests),
        passages=sum(manifest.passages for manifest in manifests),
    )
