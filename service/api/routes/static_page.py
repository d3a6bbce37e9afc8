"""GET /, /static/… and /suggestions: the search page, its files, and the questions it suggests.

Starlette's StaticFiles and GZipMiddleware promise less: one ETag for the packed and the plain bytes, made of
the file's date, which differs between machines; gzip even for clients that refuse it with q=0; no
`If-None-Match: *`; and a worker thread for each file, where the model may keep every thread busy.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.exceptions import HTTPException

from service.api.conditional import has_already
from service.api.routes.common import CurrentCollections, index_info, only_parameters
from service.api.schemas import CollectionsRequest
from service.search.suggestions import questions

router = APIRouter(include_in_schema=False)

FILES = Path(__file__).parents[2] / "static"
"""Folder of the page's files."""
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Suffix of a file → its content type."""
HEADERS = {
    # The page is made of its own files alone: whatever a document holds, nothing in it can run or be fetched.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data: blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    " manifest-src 'self'",
    "Cache-Control": "no-cache",  # stored, and revalidated: an unchanged file is answered with 304
    "Vary": "Accept-Encoding",
}
SUGGESTIONS = 3
"""Questions that the empty page suggests."""
TITLES = 24
"""Titles, spread over the corpus, that suggestions are chosen from."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it is sent."""

    type: str
    etag: str
    plain: bytes
    packed: bytes


def read(path: Path) -> _File:
    """Return a file with what is sent of it, of a suffix of TYPES."""
    content = path.read_bytes()
    etag = blake2b(content, digest_size=12).hexdigest()
    return _File(TYPES[path.suffix], etag, content, gzip.compress(content, mtime=0))


# Read once: a name that is no key of this leads nowhere, whatever dots and slashes it holds.
_FILES = {path.name: read(path) for path in sorted(FILES.iterdir()) if path.suffix in TYPES}


@router.head("/")
@router.get("/")
async def page(request: Request) -> Response:
    """The page. It reads the parameters of its address itself."""
    return answer(_FILES["index.html"], request)


@router.head("/static/{name:path}")
@router.get("/static/{name:path}")
async def file(name: str, request: Request) -> Response:
    """A file of the page."""
    if name not in _FILES:
        raise HTTPException(404)
    return answer(_FILES[name], request)


@router.get("/suggestions", dependencies=[only_parameters(CollectionsRequest)])
def suggestions(
    request: Annotated[CollectionsRequest, Query()], collections: CurrentCollections
) -> dict[str, Any]:
    """Questions made of titles of the collections, their size, and the model that reads them."""
    answering = collections.several(request.collection).answering
    titles = [each.searcher.index.catalogue.titles(TITLES) for each in answering]
    by_turns = (title for turn in zip_longest(*titles) for title in turn if title is not None)
    info = index_info(*answering)
    return {
        "questions": questions(by_turns, SUGGESTIONS),
        "documents": info["documents"],
        "passages": info["passages"],
        "model": info["model"],
    }


def answer(file: _File, request: Request, headers: Mapping[str, str] = HEADERS) -> Response:
    """Return the file with these headers, packed for clients that accept gzip; 304 for those that have it."""
    accepted = [part.split(";") for part in request.headers.get("accept-encoding", "").split(",")]
    packed = any(name.strip() == "gzip" and "q=0" not in map(str.strip, rest) for name, *rest in accepted)
    etag = f'"{file.etag}{"-gzip" if packed else ""}"'
    if has_already(request, etag):
        return Response(status_code=304, headers={**headers, "ETag": etag})
    encoding = {"Content-Encoding": "gzip"} if packed else {}
    content = file.packed if packed else file.plain
    return Response(content, media_type=file.type, headers={**headers, "ETag": etag, **encoding})
