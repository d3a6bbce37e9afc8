"""GET /facets: counts of the documents that matter for a question."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.api.direct_route import DirectRoute
from service.api.opened import Chosen
from service.api.routes.common import CurrentCollections, index_info, json_response, only_parameters, refusals
from service.api.schemas import FacetCount, FacetsRequest, FacetsResponse
from service.search import facets
from service.search.facets import Counts

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
def count(request: Annotated[FacetsRequest, Query()], collections: CurrentCollections) -> Response:
    """Documents that hold a passage of at least weak relevance; each count leaves its own filter out.

    Where relevance is not calibrated, the documents of the first hundred passages.
    """
    return json_response(facets_response(request, collections.several(request.collection)))


def facets_response(request: FacetsRequest, chosen: Chosen) -> FacetsResponse:
    """Return the counts for a request, of the chosen collections together."""
    filters = request.filters()
    counts = facets.together([facets.count(each.searcher, request.q, filters) for each in chosen.answering])
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
        index=index_info(*chosen.answering),
    )


def _counts(counts: Counts) -> list[FacetCount]:
    return [FacetCount(value=value, count=number) for value, number in counts]
