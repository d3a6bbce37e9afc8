"""GET /originals/{source}: the file that a document was read from, while it holds the indexed bytes."""

from __future__ import annotations

import errno
from functools import partial
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.types import Receive, Scope, Send

from service.api import examples
from service.api.conditional import has_already
from service.api.routes.common import CurrentSearcher, only_parameters, refusals
from service.api.routes.documents import unknown_source
from service.api.schemas import CollectionRequest
from service.errors import ApiError, echo
from service.originals import media_types, ranges
from service.originals.finding import UnknownSource, WithinFile, open_original
from service.originals.opening import CorpusUnreachable
from service.originals.verified import Checksums, Original, OriginalChanged
from service.search.searcher import Searcher

PIECE = 256 * 1024
"""Bytes read and sent at a time: a slow client holds no more of the service's memory."""
AT_ONCE = 4
"""Files read at once; one is read through, for its checksum, when it is first asked for."""
NOTHING_RUNS = "default-src 'none'; sandbox; frame-ancestors 'none'"
PDF_ALONE = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'"
"""Policy of a PDF: browsers draw one with a plug-in of theirs, which a sandbox would forbid."""
CACHE = "private, no-cache"
"""Kept by the browser alone, and asked for again each time: whoever has no key any more sees nothing."""

_checksums = Checksums()
_limiter = CapacityLimiter(AT_ONCE)

router = APIRouter(tags=["documents"])

Source = Annotated[
    str, Path(description="Path of the document within the corpus.", examples=[examples.DOCUMENT["source"]])
]


async def served(request: Request) -> bool:
    """Return whether the settings allow originals to be served."""
    allowed: bool = request.app.state.settings.originals
    return allowed


OriginalsServed = Annotated[bool, Depends(served)]


@router.head("/originals/{source:path}", include_in_schema=False)
@router.get(
    "/originals/{source:path}",
    summary="Get the file that a document was read from",
    dependencies=[only_parameters(CollectionRequest)],
    response_class=Response,
    responses={
        **refusals(400, 404, 410, 416, 422, 500, 503),
        200: {"content": {media_types.UNKNOWN: {}}, "description": "The file, with its own media type."},
        206: {"content": {media_types.UNKNOWN: {}}, "description": "The bytes that Range asks for."},
    },
)
async def original(
    source: Source,
    _: Annotated[CollectionRequest, Query()],
    request: Request,
    searcher: CurrentSearcher,
    allowed: OriginalsServed,
) -> Response:
    """The file itself, read from the corpus and served only while its bytes are those that were indexed.

    Takes Range and If-None-Match; its ETag is its checksum. A browser shows PDF, pictures and plain text, and
    is to save anything else.
    """
    file = await opened(source, searcher, allowed)
    try:
        return _response(file, source, request)
    except BaseException:
        file.close()
        raise


async def opened(source: str, searcher: Searcher, allowed: bool) -> Original:
    """Return the open file of a source. Raises ApiError when it may not be served, or is not to be had."""
    if not allowed:
        message = "This service does not hand out the files themselves."
        raise ApiError(404, "original_not_served", message, f"{_TEXT} The setting originals changes that.")
    index = searcher.index
    find = partial(open_original, index.catalogue, index.manifest.corpus, source, _checksums)
    try:
        return await to_thread.run_sync(find, limiter=_limiter)
    except UnknownSource:
        raise unknown_source(source) from None
    except WithinFile as within:
        message = f"{echo(source)} is no file of its own; it is a part of {echo(str(within))}."
        raise ApiError(404, "original_within", message, "GET /originals of that file.") from None
    except CorpusUnreachable as error:
        message = "The folder that this was read from cannot be read by the service."
        hint = f"{_TEXT} For the file, let the service read the folder of the corpus."
        raise ApiError(404, "original_not_here", message, hint) from error
    except OriginalChanged as error:
        raise changed(source) from error
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM):
            message = f"The file {echo(source)} cannot be read by the service."
            raise ApiError(404, "original_not_here", message, _TEXT) from error
        message = f"The file {echo(source)} is no longer where it was indexed."
        raise ApiError(410, "original_gone", message, f"{_TEXT} {_BUILD}") from error


def changed(source: str) -> ApiError:
    """Return the refusal of a file that is not, or no longer, as it was indexed."""
    message = f"The file {echo(source)} does not hold the bytes that were indexed."
    return ApiError(410, "original_changed", message, f"{_TEXT} {_BUILD}")


_TEXT = "GET /documents/{source} has its text as it was indexed."
_BUILD = "'make index' indexes the corpus as it is now."


def _response(file: Original, source: str, request: Request) -> Response:
    """Return the answer to a request for an open file, which is closed with it."""
    etag = f'"{file.sha256}"'
    kind = media_types.media_type(source)
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": CACHE,
        "Content-Disposition": media_types.disposition(source),
        "Content-Security-Policy": PDF_ALONE if kind == "application/pdf" else NOTHING_RUNS,
    }
    if has_already(request, etag):
        file.close()
        return Response(status_code=304, headers=headers)
    whole = range(file.state.size)
    try:
        may = request.headers.get("if-range", etag) == etag
        part = ranges.asked(request.headers.get("range") if may else None, len(whole))
    except ranges.Unsatisfiable:
        message = f"The file has {len(whole)} bytes, none of those that are asked for."
        range_header = {"Content-Range": f"bytes */{len(whole)}"}
        raise ApiError(416, "range_not_satisfiable", message, "Leave Range out.", range_header) from None
    if kind.startswith("text/") and media_types.is_utf8(file.read(0, min(len(whole), PIECE))):
        kind += "; charset=utf-8"
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(whole)}"
    return FileAnswer(file, whole if part is None else part, kind, headers, 200 if part is None else 206)


class FileAnswer(Response):
    """An answer with bytes of an original, read while they are sent and through the proved descriptor.

    A file that changes meanwhile ends the answer short of its length, which every client notices.
    """

    def __init__(
        self, file: Original, part: range, kind: str, headers: dict[str, str], status_code: int
    ) -> None:
        self._file, self._part = file, part
        super().__init__(None, status_code, headers)
        self.headers["Content-Type"] = kind
        self.headers["Content-Length"] = str(len(part))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the answer, then close the file."""
        try:
            start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            await send(start)
            pieces = range(0) if scope["method"] == "HEAD" else self._part[::PIECE]
            for at in pieces:
                count = min(PIECE, self._part.stop - at)
                read = partial(self._file.read, at, count)
                body = await to_thread.run_sync(read, limiter=_limiter)
                await send({"type": "http.response.body", "body": body, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._file.close()
