"""GET /suggestions: what the empty page says of the corpus."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from service.api.routes.common import CurrentSearcher, takes
from service.search.suggestions import questions

router = APIRouter(include_in_schema=False, dependencies=[takes()])

COUNT = 3
"""Questions to begin with."""
LOOKED_AT = 24
"""Titles they are chosen from, spread over the corpus."""


@router.get("/suggestions")
def suggestions(searcher: CurrentSearcher) -> dict[str, Any]:
    """Questions made of titles of the corpus, how large it is, and the model that reads it."""
    manifest = searcher.index.manifest
    return {
        "questions": questions(searcher.index.catalogue.titles(LOOKED_AT), COUNT),
        "documents": manifest.documents,
        "passages": manifest.passages,
        "model": manifest.model.name,
    }
