"""Body limits: refuse, before anything reads it, a broken address or a body too large or too slow."""

from __future__ import annotations

import asyncio
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import BODY_SECONDS, MAX_BODY, ApiError, refusal_for

MAX_LENGTH_DIGITS = 18
"""Digits of a Content-Length that are converted; Python refuses to convert thousands of them."""


class BodyLimits:
    """ASGI middleware; answers 400, 408 or 413 in the one error shape."""

    def __init__(self, app: ASGIApp, seconds: float = BODY_SECONDS) -> None:
        """Give a body so many seconds to arrive."""
        self.app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if length.strip(b"0") or b"transfer-encoding" in headers:
            body = _Body(receive, send, self._seconds)
            receive, send = body.receive, body.send
        refusal = _refusal(scope, length)
        if refusal is not None:
            await refusal.response()(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _refusal(scope: Scope, length: bytes) -> ApiError | None:
    for part in (scope["query_string"], scope.get("raw_path") or b""):
        try:
            decoded = unquote_to_bytes(part).decode("utf-8")
        except UnicodeDecodeError:
            hint = "Percent-encode the UTF-8 bytes of the text."
            return ApiError(400, "invalid_encoding", "The address is not UTF-8.", hint)
        if "\0" in decoded:
            return ApiError(400, "invalid_encoding", "The address holds a NUL character.", "Leave it out.")
    if length.isdigit() and (len(length) > MAX_LENGTH_DIGITS or int(length) > MAX_BODY):
        return refusal_for(413)
    return None


class _Body:
    """A body on its way: refused when it is too long, whatever length it declared, or too slow.

    An answer that does not wait for the body's end closes the connection; the rest of the body would
    otherwise keep it open for as long as the client likes.
    """

    def __init__(self, receive: Receive, send: Send, seconds: float) -> None:
        self._receive, self._send, self._seconds = receive, send, seconds
        self._bytes = 0
        self._complete = False
        self._deadline: float | None = None

    async def receive(self) -> Message:
        """Return the next part of the body. Raises ApiError once it is too long or too slow."""
        if self._complete:
            return await self._receive()
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise refusal_for(408) from None
        self._complete = not message.get("more_body", False)
        self._bytes += len(message.get("body", b""))
        if self._bytes > MAX_BODY:
            raise refusal_for(413)
        return message

    async def send(self, message: Message) -> None:
        """Pass on an answer, which closes the connection unless the body has arrived to its end."""
        if message["type"] == "http.response.start" and not self._complete:
            message = {**message, "headers": [*message.get("headers", []), (b"connection", b"close")]}
        await self._send(message)
