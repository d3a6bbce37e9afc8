"""GET and POST /search: a question → ranked passages."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Query, Response

from models import languages
from service.api.direct_route import DirectRoute
from service.api.opened import Chosen, Opened, generations
from service.api.routes.common import (
    CurrentCollections,
    CurrentQueryLog,
    index_info,
    json_response,
    only_parameters,
    refusals,
)
from service.api.routes.hits import merged_hits, relevance_info
from service.api.schemas import CollectionAnswer, SearchRequest, SearchResponse, UnderstoodPart
from service.errors import ApiError
from service.search import merging
from service.search.answers import Answer
from service.search.candidates import EncodedQuestion
from service.telemetry import query_log
from service.telemetry.query_log import QueryLog, QueryRecord

Encoded: TypeAlias = Mapping[str, EncodedQuestion]
"""Text without query syntax → the question, read and encoded for one collection."""
NOTHING_ENCODED: Mapping[str | None, Encoded] = {}

router = APIRouter(tags=["search"], responses=refusals(400, 409, 413, 422, 500, 503), route_class=DirectRoute)


@router.get(
    "/search",
    summary="Find passages that answer a question",
    dependencies=[only_parameters(SearchRequest)],
    response_model=SearchResponse,
)
def search(
    request: Annotated[SearchRequest, Query()],
    collections: CurrentCollections,
    log: CurrentQueryLog,
) -> Response:
    """The best passages for the question, each with the sentence that answers best and where it stands."""
    return _answer(request, collections, log)


@router.post(
    "/search",
    summary="The same, with the parameters as JSON",
    dependencies=[only_parameters()],
    response_model=SearchResponse,
)
def search_json(request: SearchRequest, collections: CurrentCollections, log: CurrentQueryLog) -> Response:
    """For questions that are awkward in an address."""
    return _answer(request, collections, log)


def _answer(request: SearchRequest, collections: Opened, log: QueryLog | None) -> Response:
    response = search_response(request, collections.several(request.collection))
    note(log, response)
    return json_response(response)


def check_answerable(request: SearchRequest, chosen: Chosen) -> None:
    """Raise ApiError when a request is of another generation, or filters by probabilities not known."""
    serving = generations(chosen.answering)
    if request.generation not in (None, serving):
        message = f"Pages of {request.generation} are asked for, and {serving} serves now."
        raise ApiError(409, "other_generation", message, "Begin again with the first page.")
    if request.min_relevance and not all(each.searcher.calibrated for each in chosen.answering):
        message = "This index is not calibrated: its model has no probabilities to filter by."
        raise ApiError(422, "uncalibrated", message, "Leave min_relevance out, or run 'make calibrate'.")


def search_response(
    request: SearchRequest, chosen: Chosen, encoded: Mapping[str | None, Encoded] = NOTHING_ENCODED
) -> SearchResponse:
    """Return the answer of the chosen collections to a request.

    `encoded` holds, by the name of a collection, questions that were encoded before, as a search does. Raises
    ApiError when it is of another generation, or filters by probabilities that are not known.
    """
    check_answerable(request, chosen)
    start = time.perf_counter()
    answering, by_document = chosen.answering, request.group == "document"
    newest_first, several = request.sort == "date", len(answering) > 1
    answers = [
        each.searcher.search(
            request.q,
            request.k,
            per_source=request.per_source,
            least=request.min_relevance,
            by_document=by_document,
            filters=request.filters(),
            offset=request.offset,
            with_passed_over=several,
            newest_first=newest_first,
            encoded=encoded.get(each.name),
        )
        for each in answering
    ]
    merged = merging.merge(answers, by_document=by_document, newest_first=newest_first)
    page = merged[request.offset : request.offset + request.k] if several else merged
    hits = merged_hits(page, answering, explain=request.explain, before=request.offset)
    return SearchResponse(
        query=request.q,
        language=languages.of_question(request.q),
        took_ms=round((time.perf_counter() - start) * 1000, 2),
        relevance=relevance_info(merging.relevance_of(answers)),
        corrected={word: other for answer in answers for word, other in answer.question.corrected.items()},
        missing=merging.missing(answers),
        expanded={word: other for answer in answers for word, other in answer.question.expanded.items()},
        understood=[
            UnderstoodPart(kind=part.kind, value=part.value, passages=part.passages)
            for part in merging.understood(answers)
        ],
        total=sum(answer.total for answer in answers),
        offset=request.offset,
        hits=hits,
        index=index_info(*answering),
        collections=list(_each(chosen, answers)),
    )


def _each(chosen: Chosen, answers: Sequence[Answer]) -> Iterator[CollectionAnswer]:
    """Yield what each of the chosen collections says by itself; nothing for an index without a name."""
    for each, answer in zip(chosen.answering, answers, strict=True):
        if each.name is not None:
            yield CollectionAnswer(
                name=each.name,
                generation=each.generation,
                relevance=relevance_info(answer.relevance),
                total=answer.total,
                reason=None,
            )
    for name, problem in chosen.silent.items():
        yield CollectionAnswer(name=name, generation=None, relevance=None, total=0, reason=problem)


def note(log: QueryLog | None, response: SearchResponse) -> None:
    """Have a question noted, where a log is kept; its later pages are no other question."""
    if log is None or response["offset"]:
        return
    log.add(
        QueryRecord(
            time=query_log.now(),
            question=response["query"],
            language=response["language"],
            relevance=response["relevance"].label,
            source=response["hits"][0]["source"] if response["hits"] else None,
            hits=len(response["hits"]),
            ms=response["took_ms"],
            collections=",".join(each["name"] for each in response["collections"]) or None,
        )
    )
