"""POST /search/batch: many questions, encoded together, answered as one JSON object or line by line."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic_core import to_json

from indexer.errors import StoreUnavailable
from service.api.error_handlers import internal_error, store_away
from service.api.opened import Answering, Chosen
from service.api.routes.common import (
    CurrentCollections,
    CurrentQueryLog,
    json_response,
    only_parameters,
    refusals,
)
from service.api.routes.search import check_answerable, note, search_response
from service.api.schemas import BatchRequest, BatchResponse, SearchRequest, SearchResponse
from service.search.stages import RequestAbandoned
from service.telemetry.query_log import QueryLog

TOGETHER = 16
"""Questions encoded at a time: in larger batches a question costs no less, and the first answer waits."""
LINES = "application/x-ndjson"

router = APIRouter(tags=["search"])


@router.post(
    "/search/batch",
    summary="Ask many questions at once",
    dependencies=[only_parameters()],
    response_model=BatchResponse,
    responses={
        **refusals(400, 409, 413, 422, 500, 503),
        200: {
            "content": {LINES: {"schema": {"type": "string"}}},
            "description": f"The answers; with Accept: {LINES} one a line, each as it is found.",
        },
    },
)
def batch(
    body: BatchRequest, request: Request, collections: CurrentCollections, log: CurrentQueryLog
) -> Response:
    """Up to a hundred questions, each as /search takes it, answered in their order.

    As lines, an answer that cannot be had ends them with a refusal.
    """
    start = time.perf_counter()
    asked = [(question, collections.several(question.collection)) for question in body.questions]
    for question, chosen in asked:
        check_answerable(question, chosen)
    answers = _answers(asked, log)
    if LINES in request.headers.get("accept", ""):
        return StreamingResponse(_lines(answers), media_type=LINES)
    found = list(answers)
    took = round((time.perf_counter() - start) * 1000, 2)
    return json_response(BatchResponse(answers=found, took_ms=took))


def _answers(asked: Sequence[tuple[SearchRequest, Chosen]], log: QueryLog | None) -> Iterator[SearchResponse]:
    """Yield the answer of the chosen collections to each question, in order."""
    for start in range(0, len(asked), TOGETHER):
        several = asked[start : start + TOGETHER]
        by_collection: dict[Answering, list[str]] = {}
        for question, chosen in several:
            for each in chosen.answering:
                by_collection.setdefault(each, []).append(question.q)
        encoded = {each.name: each.searcher.read_together(texts) for each, texts in by_collection.items()}
        for question, chosen in several:
            response = search_response(question, chosen, encoded)
            note(log, response)
            yield response


def _lines(answers: Iterator[SearchResponse]) -> Iterator[bytes]:
    """Yield answers as lines of JSON. The status is sent by then: what fails can only be a last line."""
    try:
        for answer in answers:
            yield to_json(answer) + b"\n"
    except RequestAbandoned:
        return  # nobody waits for more
    except StoreUnavailable as error:
        yield bytes(store_away(error).response().body) + b"\n"
    except Exception:
        logging.getLogger(__name__).exception("POST /search/batch failed")
        yield bytes(internal_error().response().body) + b"\n"
