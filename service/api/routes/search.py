"""GET and POST /search: a question → ranked passages."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Response

from models import languages
from service.api.direct_route import DirectRoute
from service.api.routes.common import (
    CurrentQueryLog,
    CurrentSearcher,
    index_info,
    json_response,
    only_parameters,
    refusals,
)
from service.api.routes.hits import hits, hits_by_document, relevance_info
from service.api.schemas import SearchRequest, SearchResponse, UnderstoodPart
from service.errors import ApiError
from service.search.candidates import EncodedQuestion
from service.search.searcher import Searcher
from service.telemetry import query_log
from service.telemetry.query_log import QueryLog, QueryRecord

router = APIRouter(tags=["search"], responses=refusals(400, 409, 413, 422, 500, 503), route_class=DirectRoute)


@router.get(
    "/search",
    summary="Find passages that answer a question",
    dependencies=[only_parameters(SearchRequest)],
    response_model=SearchResponse,
)
def search(
    request: Annotated[SearchRequest, Query()],
    searcher: CurrentSearcher,
    log: CurrentQueryLog,
) -> Response:
    """The best passages for the question, each with the sentence that answers best and where it stands."""
    return _answer(request, searcher, log)


@router.post(
    "/search",
    summary="The same, with the parameters as JSON",
    dependencies=[only_parameters()],
    response_model=SearchResponse,
)
def search_json(request: SearchRequest, searcher: CurrentSearcher, log: CurrentQueryLog) -> Response:
    """For questions that are awkward in an address."""
    return _answer(request, searcher, log)


def _answer(request: SearchRequest, searcher: Searcher, log: QueryLog | None) -> Response:
    response = search_response(request, searcher)
    note(log, response)
    return json_response(response)


def check_answerable(request: SearchRequest, searcher: Searcher) -> None:
    """Raise ApiError when a request is of another generation, or filters by probabilities not known."""
    serving = searcher.index.manifest.generation
    if request.generation not in (None, serving):
        message = f"Pages of {request.generation} are asked for, and {serving} serves now."
        raise ApiError(409, "other_generation", message, "Begin again with the first page.")
    if request.min_relevance and not searcher.calibrated:
        message = "This index is not calibrated: its model has no probabilities to filter by."
        raise ApiError(422, "uncalibrated", message, "Leave min_relevance out, or run 'make calibrate'.")


def search_response(
    request: SearchRequest, searcher: Searcher, encoded: Mapping[str, EncodedQuestion] | None = None
) -> SearchResponse:
    """Return the answer to a request; `encoded` holds questions that were encoded before, as a search does.

    Raises ApiError when it is of another generation, or filters by probabilities that are not known.
    """
    check_answerable(request, searcher)
    start = time.perf_counter()
    by_document = request.group == "document"
    answer = searcher.search(
        request.q,
        request.k,
        per_source=request.per_source,
        least=request.min_relevance,
        by_document=by_document,
        filters=request.filters(),
        offset=request.offset,
        newest_first=request.sort == "date",
        encoded=encoded,
    )
    shown = hits_by_document if by_document else hits
    return SearchResponse(
        query=request.q,
        language=languages.detect(request.q),
        relevance=relevance_info(answer.relevance),
        corrected=dict(answer.question.corrected),
        missing=list(answer.question.missing),
        expanded=dict(answer.question.expanded),
        understood=[
            UnderstoodPart(kind=part.kind, value=part.value, passages=part.passages)
            for part in answer.understood
        ],
        total=answer.total,
        offset=request.offset,
        hits=shown(
            answer.hits, searcher.index.manifest.generation, explain=request.explain, before=request.offset
        ),
        index=index_info(searcher.index),
        took_ms=round((time.perf_counter() - start) * 1000, 2),
    )


def note(log: QueryLog | None, response: SearchResponse) -> None:
    """Have a question noted, where a log is kept; its later pages are no other question."""
    if log is None or response.offset:
        return
    log.add(
        QueryRecord(
            time=query_log.now(),
            question=response.query,
            language=response.language,
            relevance=response.relevance.label,
            source=response.hits[0].source if response.hits else None,
            hits=len(response.hits),
            ms=response.took_ms,
        )
    )
