"""What routes share: the searcher a request works with, and how an index is named in answers."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from indexer.store.open_index import OpenIndex
from service.api.schemas import ErrorResponse, IndexInfo
from service.errors import SEE_PARAMETERS, ApiError, echo, unknown_parameter
from service.search.index_watcher import IndexWatcher
from service.search.searcher import Searcher
from service.telemetry.query_log import QuestionLog

# These are coroutines though they wait for nothing: plain functions would be run on worker threads, all of
# which may be busy with the model, and then not even /health could answer.


async def live(request: Request) -> IndexWatcher:
    """The state the app was built with."""
    state: IndexWatcher = request.app.state.live
    return state


async def questions(request: Request) -> QuestionLog | None:
    """Where questions are noted, if anywhere."""
    state: QuestionLog | None = request.app.state.questions
    return state


async def searcher(state: Annotated[IndexWatcher, Depends(live)]) -> Searcher:
    """What answers this request, to its end. Raises a 503 while there is no model or no index."""
    now = state.now
    if now.searcher is None:
        hint = "GET /health says when the service is ready."
        raise ApiError(503, "not_ready", now.problem or "There is no index yet.", hint)
    return now.searcher


def takes(parameters: type[BaseModel] | None = None) -> Any:
    """A dependency that refuses, in the address, any other parameter and any that is given twice."""
    fields = parameters.model_fields if parameters else {}
    names = {field.alias or name for name, field in fields.items()}

    async def check(request: Request) -> None:
        for name, times in Counter(name for name, _ in request.query_params.multi_items()).items():
            if name not in names:
                raise unknown_parameter(name)
            if times > 1:
                message = f"{echo(name)} is given {times} times; it is taken once."
                raise ApiError(422, "repeated_parameter", message, SEE_PARAMETERS)

    return Depends(check)


LiveState = Annotated[IndexWatcher, Depends(live)]
CurrentSearcher = Annotated[Searcher, Depends(searcher)]
Questions = Annotated[QuestionLog | None, Depends(questions)]

_REFUSALS: dict[int, dict[str, Any]] = {
    status: {"model": ErrorResponse, "description": text}
    for status, text in {
        400: "The request cannot be read.",
        404: "There is no such thing.",
        413: "The body is too large.",
        422: "A parameter is missing, unknown or out of bounds.",
        500: "Something failed on this side.",
        503: "There is no index to answer from, too much is asked at once, or the answer took too long.",
    }.items()
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How a route documents the refusals it can answer with."""
    return {status: _REFUSALS[status] for status in statuses}


def answered(body: BaseModel) -> Response:
    """The body as JSON. Given the body itself, the framework would check every field of it once more."""
    return Response(body.model_dump_json(by_alias=True), media_type="application/json")


def index_info(index: OpenIndex) -> IndexInfo:
    """The index an answer comes from."""
    manifest = index.manifest
    return IndexInfo(
        generation=manifest.generation,
        model=manifest.model.name,
        documents=manifest.documents,
        passages=manifest.passages,
    )
