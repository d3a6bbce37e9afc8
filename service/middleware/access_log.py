"""The access log: each request's id in its answer, one line in the log, and its share of the metrics."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.middleware.policy import rule_for
from service.telemetry import logs, metrics

HUNG_UP = 499
"""Status logged for a request whose client left before it was answered."""
NO_ROUTE = "none"
"""Route logged for an address that has none: labels of metrics have to be few."""
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
"""Methods logged by their name; any other is logged as "other"."""

log = logging.getLogger(__name__)


class AccessLog:
    """ASGI middleware, the outermost. Logs no question, no caller and no header but the request's id."""

    def __init__(self, app: ASGIApp, stopping: Callable[[], bool]) -> None:
        """Have every answer tell its client to close the connection while stopping() is true."""
        self.app = app
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = logs.request_id(Headers(scope=scope).get("x-request-id"))
        logs.REQUEST_ID.set(request_id)  # never reset: the server's own words on this request carry it too
        start = time.perf_counter()
        status, size = HUNG_UP, 0

        async def send_with_id(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                if self._stopping():
                    headers["Connection"] = "close"
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            status = 500
            raise
        finally:
            _record(scope, status, time.perf_counter() - start, size)


def _record(scope: Scope, status: int, seconds: float, size: int) -> None:
    rule = rule_for(scope["path"])
    route = rule.template if rule else NO_ROUTE
    method = scope["method"] if scope["method"] in METHODS else "other"
    metrics.REQUESTS.labels(route, method, str(status)).inc()
    metrics.REQUEST_SECONDS.labels(route).observe(seconds)
    quiet = rule is not None and rule.policy.quiet and status < 400
    fields = {
        "method": method,
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "bytes": 0 if method == "HEAD" else size,
    }
    log.log(
        logging.DEBUG if quiet else logging.INFO,
        "%(method)s %(route)s %(status)s %(ms)s ms %(bytes)s bytes",
        fields,
        extra={"fields": fields},
    )
