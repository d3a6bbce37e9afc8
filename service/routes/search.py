"""GET and POST /search: a question → ranked passages."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Query

from models import languages
from service.routes.common import CurrentSearcher, index_info, refusals, takes
from service.schemas import Highlight, Hit, SearchRequest, SearchResponse
from service.search import Found, Searcher

router = APIRouter(tags=["search"], responses=refusals(400, 413, 422, 500, 503))


@router.get("/search", summary="Find passages that answer a question", dependencies=[takes("q", "k")])
def search(request: Annotated[SearchRequest, Query()], searcher: CurrentSearcher) -> SearchResponse:
    """The best passages for the question, each with the sentence that answers best and where it stands."""
    return _answer(request, searcher)


@router.post("/search", summary="The same, with the parameters as JSON", dependencies=[takes()])
def search_json(request: SearchRequest, searcher: CurrentSearcher) -> SearchResponse:
    """For questions that are awkward in an address."""
    return _answer(request, searcher)


def _answer(request: SearchRequest, searcher: Searcher) -> SearchResponse:
    begun = time.perf_counter()
    found = searcher.search(request.q, request.k)
    return SearchResponse(
        query=request.q,
        language=languages.detect(request.q),
        hits=[_hit(rank, each) for rank, each in enumerate(found, start=1)],
        index=index_info(searcher.index),
        took_ms=round((time.perf_counter() - begun) * 1000, 2),
    )


def _hit(rank: int, found: Found) -> Hit:
    passage, document = found.entry.passage, found.entry.document
    return Hit(
        rank=rank,
        score=round(found.score, 6),
        source=document.source,
        title=document.title,
        date=document.date.iso if document.date else None,
        language=passage.language,
        section=list(passage.section),
        page=passage.page,
        passage_id=found.entry.passage_id,
        start=passage.start,
        end=passage.end,
        text=passage.text,
        highlight=Highlight(start=found.highlight.start, end=found.highlight.end, text=found.highlight.text),
    )
