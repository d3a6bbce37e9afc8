"""GET /facets: what the documents that matter for a question are like."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.api.routes.common import CurrentSearcher, answered, index_info, refusals, takes
from service.api.schemas import FacetCount, FacetsRequest, FacetsResponse
from service.search import facets
from service.search.facets import Counts

router = APIRouter(
    tags=["search"], responses=refusals(400, 422, 500, 503), dependencies=[takes(FacetsRequest)]
)


@router.get(
    "/facets",
    summary="Count the documents that matter for a question, by language, year, format and folder",
    response_model=FacetsResponse,
)
def count(request: Annotated[FacetsRequest, Query()], searcher: CurrentSearcher) -> Response:
    """Documents that hold a passage of at least weak relevance; each count leaves its own filter out.

    Where relevance is not calibrated, the documents of the first hundred passages.
    """
    found = facets.count(searcher, request.q, request.filters())
    return answered(
        FacetsResponse(
            query=request.q,
            documents=found.documents,
            languages=_counts(found.languages),
            years=_counts(found.years),
            formats=_counts(found.formats),
            folders=_counts(found.folders),
            index=index_info(searcher.index),
        )
    )


def _counts(counts: Counts) -> list[FacetCount]:
    return [FacetCount(value=value, count=number) for value, number in counts]
