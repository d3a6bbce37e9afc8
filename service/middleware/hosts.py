"""Answer only to the service's own names, so that no web page reaches it by DNS rebinding."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import ApiError, echo
from service.middleware import refusal_page

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Names that a service answers to besides those it is given."""
_HOST = re.compile(r"(?:\[([^\]]*)\]|([^:]*?)\.?)(?::\d*)?")


class Hosts:
    """ASGI middleware; answers 421 to a Host that is not one of the given names: a page for a browser."""

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self.app = app
        self._names = {*LOOPBACK, *(name.lower() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if len(values) != 1 or host_name(values[0]) not in self._names:
                await refusal_page.answer(_refusal(values), scope)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def host_name(header: str) -> str | None:
    """Return the name or address in a Host header without brackets and port; None when it is malformed."""
    match = _HOST.fullmatch(header.strip().lower())
    return match and (match[1] or match[2])


def _refusal(values: list[str]) -> ApiError:
    message = f"This service does not answer to the name {echo(', '.join(values))}."
    hint = "Ask for it by one of its names; the setting hosts holds them."
    # A body that may follow is not read, so the connection is of no further use.
    return ApiError(421, "unknown_host", message, hint, {"Connection": "close"})
