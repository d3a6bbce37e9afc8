"""GET /references: documents as CSL-JSON, for citation programs."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from service.api import addresses
from service.api.routes.common import CurrentSearcher, only_parameters, refusals
from service.api.routes.documents import page_of
from service.api.schemas import DocumentsRequest
from service.references import csl

CSL_JSON = "application/vnd.citationstyles.csl+json"

router = APIRouter(tags=["documents"])


@router.get(
    "/references",
    summary="Export the documents as references",
    dependencies=[only_parameters(DocumentsRequest)],
    response_class=Response,
    responses={
        **refusals(400, 422, 500, 503),
        200: {"content": {CSL_JSON: {}}, "description": "A list of CSL-JSON items, one a document."},
    },
)
def references(
    asked: Annotated[DocumentsRequest, Query()], request: Request, searcher: CurrentSearcher
) -> Response:
    """The documents that /documents lists under the same parameters, as CSL-JSON: Zotero and pandoc read it.

    An item's URL is the work's own address, else that of its page here; its id is its source.
    """
    entries, _, _ = page_of(asked, searcher)
    items = [
        csl.item(entry, addresses.of(request, "read", entry.source, collection=asked.collection))
        for entry in entries
    ]
    return Response(json.dumps(items, ensure_ascii=False, indent=1), media_type=CSL_JSON)
