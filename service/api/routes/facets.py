"""GET /facets: counts of the documents that matter for a question."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.api.direct_route import DirectRoute
from service.api.routes.common import CurrentSearcher, index_info, json_response, only_parameters, refusals
from service.api.schemas import FacetCount, FacetsRequest, FacetsResponse
from service.search import facets
from service.search.facets import Counts
from service.search.searcher import Searcher

MOST_VALUES = 100
"""Authors and tags that are sent; a corpus of papers has thousands."""

router = APIRouter(
    tags=["search"],
    responses=refusals(400, 422, 500, 503),
    dependencies=[only_parameters(FacetsRequest)],
    route_class=DirectRoute,
)


@router.get(
    "/facets",
    summary="Count the documents that matter for a question, by language, year, author and the like",
    response_model=FacetsResponse,
)
def count(request: Annotated[FacetsRequest, Query()], searcher: CurrentSearcher) -> Response:
    """Documents that hold a passage of at least weak relevance; each count leaves its own filter out.

    Where relevance is not calibrated, the documents of the first hundred passages.
    """
    return json_response(facets_response(request, searcher))


def facets_response(request: FacetsRequest, searcher: Searcher) -> FacetsResponse:
    """Return the counts for a request."""
    counts = facets.count(searcher, request.q, request.filters())
    return FacetsResponse(
        query=request.q,
        documents=counts.documents,
        languages=_counts(counts.languages),
        years=_counts(counts.years),
        months=_counts(counts.months),
        undated=counts.undated,
        formats=_counts(counts.formats),
        authors=_counts(counts.authors[:MOST_VALUES]),
        tags=_counts(counts.tags[:MOST_VALUES]),
        folders=_counts(counts.folders),
        index=index_info(searcher.index),
    )


def _counts(counts: Counts) -> list[FacetCount]:
    return [FacetCount(value=value, count=number) for value, number in counts]
