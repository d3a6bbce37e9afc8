"""GET /pictures/{source} and GET /boxes/{source}: a page as it looks, and where a text stands on it."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response

from indexer.records import OCR_FOLDER
from indexer.store.catalogue import DocumentEntry
from service.api.conditional import has_already
from service.api.routes.common import CurrentSearcher, json_response, only_parameters, refusals
from service.api.routes.documents import unknown_source
from service.api.routes.originals import CACHE, NOTHING_RUNS, OriginalsServed, Source, changed, opened
from service.api.schemas import BoxesRequest, PageBox, PageBoxes, PictureRequest
from service.errors import ApiError, echo
from service.originals.pages import DrawnPage, Kind, PageDrawer, PageNotDrawn, PageRequest
from service.originals.verified import Original, OriginalChanged
from service.search.searcher import Searcher

KINDS: dict[str, Kind] = {"pdf": "pdf", "picture": "picture"}
"""Format of a document → what draws its pages."""
LONGEST_PIECE = 20_000
"""Characters of a piece whose boxes are looked for: more than a page holds."""

_drawers: dict[Path, PageDrawer] = {}
"""Folder of what OCR has read → what draws the pages of that index."""

router = APIRouter(tags=["documents"])


@router.get(
    "/pictures/{source:path}",
    summary="Get the picture of a page",
    dependencies=[only_parameters(PictureRequest)],
    response_class=Response,
    responses={
        **refusals(400, 404, 410, 422, 500, 503),
        200: {"content": {"image/png": {}}, "description": "The page."},
    },
)
async def picture(
    source: Source,
    request: Annotated[PictureRequest, Query()],
    searcher: CurrentSearcher,
    allowed: OriginalsServed,
    asked: Request,
) -> Response:
    """A page of a PDF or of a picture as PNG, under the conditions of /originals."""
    kind = _kind(source, searcher)
    file = await opened(source, searcher, allowed)
    etag = f'"{file.sha256}-{request.page}-{request.width}"'
    headers = {"ETag": etag, "Cache-Control": CACHE, "Content-Security-Policy": NOTHING_RUNS}
    if has_already(asked, etag):
        file.close()
        return Response(status_code=304, headers=headers)
    drawn = await _drawn(source, file, PageRequest(kind, request.page, request.width), searcher)
    return Response(drawn.picture, media_type="image/png", headers=headers)


@router.get(
    "/boxes/{source:path}",
    summary="Find where a piece of a document's text stands on a page",
    dependencies=[only_parameters(BoxesRequest)],
    response_model=PageBoxes,
    responses=refusals(400, 404, 410, 422, 500, 503),
)
async def boxes(
    source: Source,
    request: Annotated[BoxesRequest, Query()],
    searcher: CurrentSearcher,
    allowed: OriginalsServed,
) -> Response:
    """The lines of a passage or a sentence on its page, by its offsets, under the conditions of /originals.

    On pages that were read by OCR they are the lines that were read.
    """
    kind = _kind(source, searcher)
    entry, text = await to_thread.run_sync(_stored, source, searcher)
    piece = text[request.start : min(request.end, request.start + LONGEST_PIECE)]
    file = await opened(source, searcher, allowed)
    drawn = await _drawn(source, file, PageRequest(kind, request.page, None, piece), searcher)
    return json_response(
        PageBoxes(
            source=entry.source,
            page=request.page,
            page_label=entry.page_label(request.page),
            pages=drawn.pages,
            width=drawn.width,
            height=drawn.height,
            boxes=[
                PageBox(left=box.left, top=box.top, width=box.right - box.left, height=box.bottom - box.top)
                for box in drawn.boxes
            ],
        )
    )


def _kind(source: str, searcher: Searcher) -> Kind:
    """Return what draws the pages of a document. Raises ApiError where nothing does."""
    entry = searcher.index.catalogue.entry(unicodedata.normalize("NFC", source))
    if entry is None:
        raise unknown_source(source)
    if entry.format not in KINDS:
        message = f"{echo(source)} is read as {entry.format}, of which no page is drawn."
        raise ApiError(404, "no_pages", message, "Pages are drawn of PDF files and of pictures.")
    return KINDS[entry.format]


def _stored(source: str, searcher: Searcher) -> tuple[DocumentEntry, str]:
    stored = searcher.index.catalogue.document(unicodedata.normalize("NFC", source))
    assert stored is not None, "it was there a moment ago, in a generation that never changes"
    return stored[:2]


async def _drawn(source: str, file: Original, request: PageRequest, searcher: Searcher) -> DrawnPage:
    """Return a page of an open file, which is closed. Raises ApiError when it cannot be had."""
    read_by_ocr = searcher.index.folder / OCR_FOLDER
    drawer = _drawers.setdefault(read_by_ocr, PageDrawer(read_by_ocr))
    try:
        with file:
            data = await to_thread.run_sync(file.read, 0, file.state.size)
        drawn = await to_thread.run_sync(drawer.draw, data, request)
    except OriginalChanged as error:
        raise changed(source) from error
    except PageNotDrawn as error:
        message = f"Page {request.page} of {echo(source)} cannot be drawn: {error}."
        raise ApiError(404, "page_not_drawn", message, "GET /originals/{source} has the file.") from error
    if request.page > drawn.pages:
        message = f"{echo(source)} has no page {request.page}; its pages are 1 to {drawn.pages}."
        raise ApiError(404, "unknown_page", message, "Ask for one of these.")
    return drawn
