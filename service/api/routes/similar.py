"""GET /similar/{passage_id}: more passages like one."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from service.api import examples
from service.api.opened import Answering
from service.api.routes.common import CurrentCollection, index_info, json_response, only_parameters, refusals
from service.api.routes.hits import hits
from service.api.schemas import SimilarRequest, SimilarResponse
from service.errors import ApiError, echo

PassageId = Annotated[
    str, Path(description="A passage_id of an answer.", examples=[examples.SIMILAR["passage_id"]])
]

router = APIRouter(
    tags=["search"],
    responses=refusals(400, 404, 422, 500, 503),
    dependencies=[only_parameters(SimilarRequest)],
)


@router.get("/similar/{passage_id}", summary="Find passages like one", response_model=SimilarResponse)
def similar(
    passage_id: PassageId, request: Annotated[SimilarRequest, Query()], collection: CurrentCollection
) -> Response:
    """The passages nearest in meaning to one, itself left out. Scores are cosines, not probabilities."""
    return json_response(similar_response(passage_id, request, collection))


def similar_response(passage_id: str, request: SimilarRequest, collection: Answering) -> SimilarResponse:
    """Return passages like one. Raises ApiError when there is none of that id."""
    start = time.perf_counter()
    searcher = collection.searcher
    row = searcher.index.catalogue.row_of(passage_id)
    if row is None:
        hint = "Take a passage_id from an answer of /search; it changes when the passage's text does."
        raise ApiError(404, "unknown_passage", f"No passage has the id {echo(passage_id)}.", hint)
    ranked = searcher.similar(row, request.k, per_source=request.per_source)
    return SimilarResponse(
        passage_id=passage_id,
        hits=hits(ranked, collection),
        index=index_info(collection),
        took_ms=round((time.perf_counter() - start) * 1000, 2),
    )
