"""What each request leaves behind: its id in the answer, a line in the log, and figures."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.telemetry import logs, metrics

HUNG_UP = 499
"""Stands for the status of a request whose client did not wait for one."""
UNKNOWN = "none"
"""Stands for the route of an address that has none."""
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
QUIET = ("/health", "/metrics")
"""Asked every few seconds by what watches the service; logged only when they fail."""

log = logging.getLogger(__name__)


class Requests:
    """ASGI middleware, the outermost. Logs neither what was asked, nor by whom, nor any header but the id."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute], stopping: Callable[[], bool]) -> None:
        """While stopping() is true, every answer tells its client to close the connection."""
        self.app = app
        self._routes = routes
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = logs.request_id(Headers(scope=scope).get("x-request-id"))
        logs.REQUEST_ID.set(request_id)  # never reset: the server's own words on this request carry it too
        begun = time.perf_counter()
        status, sent = HUNG_UP, 0

        async def told(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                if self._stopping():
                    headers["Connection"] = "close"
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, told)
        except Exception:
            status = 500
            raise
        finally:
            _tell(scope, template(scope, self._routes), status, time.perf_counter() - begun, sent)


def _tell(scope: Scope, route: str, status: int, seconds: float, sent: int) -> None:
    method = scope["method"] if scope["method"] in METHODS else "other"
    metrics.REQUESTS.labels(route, method, str(status)).inc()
    metrics.REQUEST_SECONDS.labels(route).observe(seconds)
    quiet = status < 400 and route.startswith(QUIET)
    fields = {
        "method": method,
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "bytes": 0 if method == "HEAD" else sent,
    }
    log.log(
        logging.DEBUG if quiet else logging.INFO,
        "%(method)s %(route)s %(status)s %(ms)s ms %(bytes)s bytes",
        fields,
        extra={"fields": fields},
    )


def template(scope: Scope, routes: Sequence[BaseRoute]) -> str:
    """The route's path with its parameters' names, as there are only so many; UNKNOWN where there is none."""
    # What is refused on its way never reaches its route, so that nobody has noted which one it is.
    found = scope.get("route") or next((r for r in routes if r.matches(scope)[0] is not Match.NONE), None)
    return getattr(found, "path", UNKNOWN)
