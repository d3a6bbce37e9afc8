"""GET /documents and GET /documents/{source}: what the corpus holds, as it was when it was indexed."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Path, Query, Response

from indexer.store.catalogue import DocumentEntry, SortKey
from indexer.store.filters import EVERYTHING, Filters
from indexer.store.store import Store
from service.api import examples
from service.api.routes.common import CurrentSearcher, json_response, only_parameters, refusals
from service.api.routes.works import work
from service.api.schemas import (
    DocumentDetail,
    DocumentList,
    DocumentPassage,
    DocumentRequest,
    DocumentsRequest,
    DocumentSummary,
)
from service.errors import ApiError, echo
from service.search.searcher import Searcher

Source = Annotated[
    str, Path(description="Path of the document within the corpus.", examples=[examples.DOCUMENT["source"]])
]

router = APIRouter(tags=["documents"], responses=refusals(400, 422, 500, 503))


@router.get(
    "/documents",
    summary="List the documents",
    dependencies=[only_parameters(DocumentsRequest)],
    response_model=DocumentList,
)
def documents(request: Annotated[DocumentsRequest, Query()], searcher: CurrentSearcher) -> Response:
    """Documents that meet the filters, with their metadata and how many passages each was cut into.

    A document meets the filter of a language when one of its passages does.
    """
    return json_response(documents_response(request, searcher))


def documents_response(request: DocumentsRequest, searcher: Searcher) -> DocumentList:
    """Return the documents that a request asks for."""
    entries, total, among = page_of(request, searcher)
    return DocumentList(
        documents=[_summary(entry) for entry in entries],
        count=len(entries),
        total=total,
        offset=request.offset,
        passages=searcher.index.catalogue.count_passages(among),
        generation=searcher.index.manifest.generation,
    )


def page_of(
    request: DocumentsRequest, searcher: Searcher
) -> tuple[list[DocumentEntry], int, list[int] | None]:
    """Return the documents that a request asks for, how many meet its filters and which (None: all)."""
    catalogue = searcher.index.catalogue
    among = _meeting(searcher.index, request.filters())
    by = cast("SortKey", request.sort.removeprefix("-"))
    numbers = catalogue.ordered(by, descending=request.sort.startswith("-"), among=among)
    entries = catalogue.documents(numbers[request.offset : request.offset + request.limit])
    return entries, len(numbers), among


def _meeting(index: Store, filters: Filters) -> list[int] | None:
    """Numbers of the documents that meet filters; None: all."""
    return None if filters == EVERYTHING else index.documents_meeting(filters)


@router.get(
    "/documents/{source:path}",
    summary="Read a document",
    dependencies=[only_parameters(DocumentRequest)],
    responses=refusals(404),
    response_model=DocumentDetail,
)
def document(
    source: Source, request: Annotated[DocumentRequest, Query()], searcher: CurrentSearcher
) -> Response:
    """The document's text and its passages by their offsets in it.

    Read from the index, never from the file system: no source can reach another file. Asked with the
    generation and content_hash of a hit, it says whether the document is still the one that was found.
    """
    return json_response(document_response(source, request, searcher))


def document_response(source: str, request: DocumentRequest, searcher: Searcher) -> DocumentDetail:
    """Return a document. Raises ApiError when there is none of that source."""
    now = searcher.index.manifest.generation
    stored = searcher.index.catalogue.document(unicodedata.normalize("NFC", source))
    if stored is None:
        raise unknown_source(source, now, request.generation)
    summary, text, passages = stored
    content = [
        DocumentPassage(
            passage_id=entry.passage_id,
            start=entry.passage.start,
            end=entry.passage.end,
            section=list(entry.passage.section),
            page=entry.passage.page,
            page_label=summary.page_label(entry.passage.page),
            last_page=entry.passage.last_page,
            language=entry.passage.language,
            kind=entry.passage.kind,
            text=entry.passage.text,
        )
        for entry in passages
    ]
    return DocumentDetail(
        **_summary(summary),
        generation=now,
        since_hit=_since(request, now, summary.content_hash),
        text=text,
        content=content,
    )


def _since(
    hit: DocumentRequest, generation: str, content_hash: str
) -> Literal["same", "reindexed", "changed", "unknown"] | None:
    """Return what has become of a document since a hit was found in it; None where no hit is given."""
    if hit.generation is None and hit.content_hash is None:
        return None
    if hit.content_hash not in (None, content_hash):
        return "changed"
    if hit.generation == generation:
        return "same"
    return "unknown" if hit.content_hash is None else "reindexed"


def unknown_source(source: str, generation: str = "", before: str | None = None) -> ApiError:
    """Return the refusal of a source that no document has; `before` is a generation that may have had it."""
    hint = "GET /documents lists every source."
    if before not in (None, generation):
        hint = f"{before} may have held it; {generation} serves now. {hint}"
    return ApiError(404, "unknown_source", f"No document has the source {echo(source)}.", hint)


def _summary(entry: DocumentEntry) -> DocumentSummary:
    return DocumentSummary(
        **work(entry.metadata),
        source=entry.source,
        date_precision=entry.date.precision if entry.date else None,
        abstract=entry.metadata.abstract or None,
        language=entry.language,
        format=entry.format,
        size=entry.size,
        content_hash=entry.content_hash,
        passages=entry.passages,
        copies=list(entry.copies),
    )
