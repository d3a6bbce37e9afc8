"""POST /mcp: the protocol over HTTP, stateless, behind the same middleware as the API."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.api.opened import Opened
from service.api.routes.common import names_opened
from service.mcp.tools import Asking

router = APIRouter(include_in_schema=False)


class McpResponse(Response):
    """The answer of the protocol's server to one request.

    Nothing is kept between requests: the SDK's manager of sessions lives as long as the request, and answers
    with JSON. The SDK is imported with the first request; a service that none is asked of does without it.
    """

    def __init__(self, request: Request) -> None:
        super().__init__()
        self._request = request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        from service.mcp.server import build_server

        logging.getLogger("mcp").setLevel(logging.WARNING)  # it tells of each request; AccessLog does
        manager = StreamableHTTPSessionManager(build_server(self._asking), json_response=True, stateless=True)
        async with manager.run():
            await manager.handle_request(scope, receive, send)

    def _asking(self) -> Asking:
        state = self._request.app.state
        opened = Opened.by(state.collections, names_opened(self._request))
        return Asking(opened, state.query_log, str(self._request.base_url))


@router.post("/mcp")
async def answer(request: Request) -> Response:
    """A message of the protocol. There is no stream to GET and no session to DELETE."""
    return McpResponse(request)
