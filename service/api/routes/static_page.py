"""GET / and /static/…: the search page, and the files it is made of."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

router = APIRouter(include_in_schema=False)

FILES = Path(__file__).parents[2] / "static"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
HEADERS = {
    # The page is made of its own files alone: whatever a document holds, nothing in it can run or be fetched.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",  # kept, and asked after: an unchanged file is answered with 304
    "Vary": "Accept-Encoding",
}


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it is sent."""

    type: str
    etag: str
    plain: bytes
    packed: bytes


def _read(path: Path) -> _File:
    content = path.read_bytes()
    etag = blake2b(content, digest_size=12).hexdigest()
    return _File(TYPES[path.suffix], etag, content, gzip.compress(content, mtime=0))


# Read once: a name that is no key of this leads nowhere, whatever dots and slashes it holds.
_FILES = {path.name: _read(path) for path in sorted(FILES.iterdir()) if path.suffix in TYPES}


@router.head("/")
@router.get("/")
async def page(request: Request) -> Response:
    """The page. What its address asks is read by the page itself."""
    return _sent(_FILES["index.html"], request)


@router.head("/static/{name:path}")
@router.get("/static/{name:path}")
async def file(name: str, request: Request) -> Response:
    """A file of the page."""
    if name not in _FILES:
        raise HTTPException(404)
    return _sent(_FILES[name], request)


def _sent(file: _File, request: Request) -> Response:
    """The file, packed for whom takes it so; 304 to whom has it already."""
    accepted = [part.split(";") for part in request.headers.get("accept-encoding", "").split(",")]
    zipped = any(name.strip() == "gzip" and "q=0" not in map(str.strip, rest) for name, *rest in accepted)
    etag = f'"{file.etag}{"-gzip" if zipped else ""}"'
    headers = HEADERS | {"ETag": etag} | ({"Content-Encoding": "gzip"} if zipped else {})
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if known & {etag, "*"}:
        headers.pop("Content-Encoding", None)
        return Response(status_code=304, headers=headers)
    return Response(file.packed if zipped else file.plain, media_type=file.type, headers=headers)
