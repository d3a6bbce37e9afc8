"""POST /judgements: whether a document answers a question, as somebody says who has read it."""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from service.api.routes.common import CurrentCollections, json_response, only_parameters, refusals
from service.api.routes.documents import unknown_source
from service.api.schemas import JudgementRequest, JudgementResponse, JudgementsKept
from service.errors import ApiError
from service.telemetry.judgements import JudgementLog, JudgementsFull

log = logging.getLogger(__name__)


async def judgement_log(request: Request) -> JudgementLog:
    """Return where judgements are kept. Raises a 404 where none are taken."""
    path = request.app.state.settings.judgements
    if path is None:
        hint = "Whoever keeps the service may set REPERE_JUDGEMENTS to a file."
        raise ApiError(404, "no_judgements", "This service takes no judgements.", hint)
    return JudgementLog(path)


router = APIRouter(
    tags=["search"], responses=refusals(400, 404, 413, 422, 500, 503, 507), dependencies=[only_parameters()]
)


@router.get("/judgements", summary="Ask whether judgements are kept")
async def judgements_kept(request: Request) -> JudgementsKept:
    """Whether judgements are kept here; the page asks before it offers to judge."""
    return JudgementsKept(kept=request.app.state.settings.judgements is not None)


@router.post("/judgements", summary="Judge an answer", response_model=JudgementResponse)
def judge(
    request: JudgementRequest,
    kept: Annotated[JudgementLog, Depends(judgement_log)],
    collections: CurrentCollections,
) -> Response:
    """Keep a grade of a document for a question; a later grade of the same two replaces it.

    Kept are question, source and grade, never who judged. The ranking does not change by itself.
    """
    collection = collections.one(request.collection)
    found = collection.searcher.index.catalogue.entry(request.source)
    if found is None:
        raise unknown_source(request.source)
    source = found.source  # one name for a document, whichever of its copies was judged
    try:
        name = kept.add(request.q, source, request.grade, collection.name)
    except JudgementsFull as error:
        hint = "Whoever keeps the service may move the file away."
        raise ApiError(
            507, "judgements_full", "No more judgements are kept: their file is full.", hint
        ) from error
    except OSError as error:
        log.warning("The judgements cannot be written: %s.", error.strerror or error)
        hint = "The service's log says why."
        raise ApiError(507, "judgements_unwritable", "The judgement could not be kept.", hint) from error
    return json_response(JudgementResponse(question_id=name, source=source, grade=request.grade))
