"""GET /documents and GET /documents/{source}: what the corpus holds, as it was when it was indexed."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from fastapi import APIRouter, Path, Response

from indexer.store.catalogue import DocumentEntry
from service import examples
from service.errors import ApiError, echo
from service.routes.common import CurrentSearcher, answered, refusals, takes
from service.schemas import DocumentDetail, DocumentList, DocumentPassage, DocumentSummary

Source = Annotated[
    str, Path(description="Path of the document within the corpus.", examples=[examples.DOCUMENT["source"]])
]

router = APIRouter(tags=["documents"], responses=refusals(400, 422, 500, 503), dependencies=[takes()])


@router.get("/documents", summary="List the documents", response_model=DocumentList)
def documents(searcher: CurrentSearcher) -> Response:
    """Every document with its metadata and how many passages it was cut into."""
    entries = searcher.index.catalogue.documents()
    return answered(
        DocumentList(
            documents=[DocumentSummary(**_summary(entry)) for entry in entries],
            count=len(entries),
            passages=searcher.index.manifest.passages,
        )
    )


@router.get(
    "/documents/{source:path}",
    summary="Read a document",
    responses=refusals(404),
    response_model=DocumentDetail,
)
def document(source: Source, searcher: CurrentSearcher) -> Response:
    """The document's text and its passages by their offsets in it.

    Read from the index, never from the file system: no source can reach another file.
    """
    found = searcher.index.catalogue.document(unicodedata.normalize("NFC", source))
    if found is None:
        hint = "GET /documents lists every source."
        raise ApiError(404, "unknown_source", f"No document has the source {echo(source)}.", hint)
    entry, text, passages = found
    content = [
        DocumentPassage(
            passage_id=each.passage_id,
            start=each.passage.start,
            end=each.passage.end,
            section=list(each.passage.section),
            page=each.passage.page,
            language=each.passage.language,
            text=each.passage.text,
        )
        for each in passages
    ]
    return answered(DocumentDetail(**_summary(entry), text=text, content=content))


def _summary(entry: DocumentEntry) -> dict[str, object]:
    return {
        "source": entry.source,
        "title": entry.title,
        "date": entry.date.iso if entry.date else None,
        "date_precision": entry.date.precision if entry.date else None,
        "author": entry.author,
        "language": entry.language,
        "format": entry.format,
        "size": entry.size,
        "content_hash": entry.content_hash,
        "passages": entry.passages,
        "copies": list(entry.copies),
    }
