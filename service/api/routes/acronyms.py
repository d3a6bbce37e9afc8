"""GET /acronyms: the short forms that the corpus explains."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.api.routes.common import CurrentSearcher, json_response, only_parameters, refusals
from service.api.schemas import AcronymEntry, AcronymList, CollectionRequest

router = APIRouter(
    tags=["documents"],
    responses=refusals(400, 422, 500, 503),
    dependencies=[only_parameters(CollectionRequest)],
)


@router.get("/acronyms", summary="List the acronyms that the corpus explains", response_model=AcronymList)
def acronyms(_: Annotated[CollectionRequest, Query()], searcher: CurrentSearcher) -> Response:
    """A question that uses one form also finds the other."""
    entries = [
        AcronymEntry(short=acronym.short, long=acronym.long, count=acronym.count)
        for acronym in searcher.index.catalogue.acronyms()
    ]
    return json_response(AcronymList(acronyms=entries, count=len(entries)))
