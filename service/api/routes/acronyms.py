"""GET /acronyms: the short forms that the corpus explains."""

from __future__ import annotations

from fastapi import APIRouter, Response

from service.api.routes.common import CurrentSearcher, json_response, only_parameters, refusals
from service.api.schemas import AcronymEntry, AcronymList

router = APIRouter(
    tags=["documents"], responses=refusals(400, 422, 500, 503), dependencies=[only_parameters()]
)


@router.get("/acronyms", summary="List the acronyms that the corpus explains", response_model=AcronymList)
def acronyms(searcher: CurrentSearcher) -> Response:
    """A question that uses one form also finds the other."""
    found = searcher.index.catalogue.acronyms()
    entries = [AcronymEntry(short=each.short, long=each.long, count=each.count) for each in found]
    return json_response(AcronymList(acronyms=entries, count=len(entries)))
