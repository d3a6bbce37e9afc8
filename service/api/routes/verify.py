"""POST /verify: whether a quotation stands in a document or in the corpus, where, and what differs."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator
from typing import Literal

from fastapi import APIRouter, Response

from service.api.opened import Answering, Chosen
from service.api.routes.common import CurrentCollections, index_info, json_response, only_parameters, refusals
from service.api.routes.documents import unknown_source
from service.api.schemas import QuotationDifference, QuotationPlace, VerifyRequest, VerifyResponse
from service.errors import SEE_PARAMETERS, ApiError
from service.search import quotations, verification
from service.search.quotations import Quotation
from service.search.verification import Place

router = APIRouter(
    tags=["search"], responses=refusals(400, 404, 413, 422, 500, 503), dependencies=[only_parameters()]
)


@router.post("/verify", summary="Check a quotation", response_model=VerifyResponse)
def verify(request: VerifyRequest, collections: CurrentCollections) -> Response:
    """Whether the words stand in a document, or in any: word for word, nearly, or not at all.

    Word for word is whatever the quotation marks, apostrophes, dashes, spaces, ligatures, ends of lines and
    composition of accents, and the full stop or comma at the end; capitals and hyphens count.
    """
    return json_response(verify_response(request, collections.several(request.collection)))


def verify_response(request: VerifyRequest, chosen: Chosen) -> VerifyResponse:
    """Return where a quotation stands. Raises ApiError for an unknown source, and where there is no word."""
    start = time.perf_counter()
    source = unicodedata.normalize("NFC", request.source) if request.source is not None else None
    try:
        wanted = quotations.quotation(request.quotation)
        found = list(_places(chosen, wanted, request.limit, source))
    except ValueError as error:
        raise ApiError(422, "invalid_parameter", f"quotation: {error}.", SEE_PARAMETERS) from error
    found.sort(key=lambda pair: -pair[1].match.similarity)
    if found and found[0][1].match.similarity == 1:
        found = [pair for pair in found if pair[1].match.similarity == 1]
    found = found[: request.limit]
    places = [place for _, place in found]
    verdict: Literal["exact", "near", "none"] = (
        "none" if not places else "exact" if places[0].match.similarity == 1 else "near"
    )
    return VerifyResponse(
        verdict=verdict,
        message=_message(places, source),
        places=[_place(place, collection) for collection, place in found],
        took_ms=round((time.perf_counter() - start) * 1000, 2),
        index=index_info(*chosen.answering),
    )


def _message(places: list[Place], source: str | None) -> str:
    if not places:
        return f"It does not stand in {source or 'any document'}, nor does anything close to it."
    best = places[0]
    where = best.entry.document.source
    if best.match.similarity == 1:
        return f"It stands word for word in {where}."
    count = len(best.match.differences)
    return f"Not word for word: {where} holds it with {count} difference{'s' if count != 1 else ''}."


def _places(
    chosen: Chosen, wanted: Quotation, most: int, source: str | None
) -> Iterator[tuple[Answering, Place]]:
    """Yield the places of each collection. Raises a 404 where none holds a document of the source."""
    holding = 0
    for collection in chosen.answering:
        try:
            places = verification.places(collection.searcher.index, wanted, most, source)
        except KeyError:
            continue
        holding += 1
        yield from ((collection, place) for place in places)
    if not holding:
        raise unknown_source(source or "")


def _place(place: Place, collection: Answering) -> QuotationPlace:
    document = place.entry.document
    page = place.entry.passage.page_at(place.start)
    return QuotationPlace(
        source=document.source,
        title=document.title,
        date=document.date.iso if document.date else None,
        author=document.metadata.author,
        collection=collection.name,
        generation=collection.generation,
        content_hash=document.content_hash,
        passage_id=place.entry.passage_id,
        page=page,
        page_label=document.page_label(page),
        start=place.start,
        end=place.end,
        text=place.text,
        similarity=place.match.similarity,
        differences=[
            QuotationDifference(kind=each.kind, quoted=each.quoted, found=each.found)
            for each in place.match.differences
        ],
    )
