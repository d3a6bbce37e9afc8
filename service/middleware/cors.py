"""CORS: which other sites' pages may ask; Starlette's middleware, with refusals in the one error shape."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from service.errors import ApiError

METHODS = ("GET", "HEAD", "POST")
REQUEST_HEADERS = ("Authorization", "X-API-Key", "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name")
"""Headers that a page may send; the last three are those of the Model Context Protocol."""
RESPONSE_HEADERS = (
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "X-Request-ID",
)
"""Headers that a page may read."""


class Cors(CORSMiddleware):
    """ASGI middleware; pages of the given origins may ask, with a key but never with cookies."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        super().__init__(app, origins, METHODS, REQUEST_HEADERS, expose_headers=RESPONSE_HEADERS)

    def preflight_response(self, request_headers: Headers) -> Response:
        """Return the answer to a browser's preflight request."""
        answer = super().preflight_response(request_headers)
        if answer.status_code < 400:
            return answer
        message = "A page of this origin may not ask in this way."
        hint = "The setting cors_origins names those that may, with GET, HEAD and POST."
        refusal = ApiError(400, "refused_origin", message, hint).response()
        refusal.headers["Vary"] = answer.headers["Vary"]
        return refusal
